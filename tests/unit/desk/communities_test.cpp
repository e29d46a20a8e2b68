// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/answering.h"
#include "node/desk/proposing.h"
#include "node/desk/review.h"
#include "node/store/charters.h"
#include "protocol/community/terms.h"
#include "protocol/session/error_code.h"
#include "tests/support/federation.h"

/// Communities that change: who gets what, from the moment at which a node knows of a charter.
namespace bakhita {
namespace {

using namespace testing_support;
using desk::Learned;

constexpr v1::IdentifierType phone = v1::IDENTIFIER_TYPE_PHONE;
constexpr const char* shared_number = "+33612345678";

std::string test_name() { return ::testing::UnitTest::GetInstance()->current_test_info()->name(); }

/// The next charter as the first signer writes it, signed by all of them; nobody knows it yet.
Bytes next_charter(Federation& federation, const CommunityId& id,
                   const admin::v1::CommunityPropose& wish,
                   const std::vector<std::size_t>& signers) {
  TestNode& writer = federation[signers[0]];
  CharterPackage package = desk::write_next_charter(*writer.desk, writer.community(id), wish);
  for (std::size_t i : signers)
    add_signature(package.signed_charter, federation[i].id(), [&](ByteView message) {
      return federation[i].sign(keys::name::identity, message);
    });
  return package.serialise();
}

Bytes removal_of(Federation& federation, const std::string& country,
                 const std::vector<std::size_t>& signers) {
  admin::v1::CommunityPropose wish;
  wish.add_remove(country);
  return next_charter(federation, federation.first, wish, signers);
}

Learned tell(TestNode& node, ByteView package) {
  return desk::learn_charter(*node.desk, package, "tester").learned;
}

std::uint64_t records_held(const TestNode& node) {
  std::uint64_t out = 0;
  for (const auto& feed : node.desk->feeds.all()) out += feed.size;
  return out;
}

Error refusal_of_lookup(TestNode& asker, TestNode& origin, const CommunityId& id,
                        std::uint32_t key_epoch) {
  v1::Evaluate request;
  request.set_request_id(std::string(16, 'r'));
  request.set_community(bytes_of(id.bytes));
  request.set_epoch(key_epoch);
  request.set_group(1);
  std::string elements(16 * 32, 'e');
  for (std::size_t i = 0; i < 16; ++i) elements[i * 32] = static_cast<char>(i);
  request.set_elements(elements);
  request.set_purpose("investigation");
  request.set_case_hash(std::string(32, 'h'));
  request.set_public_key(std::string(32, 'k'));
  const auto answer = origin.host->answer(asker.id(), request);
  const auto* refused = std::get_if<v1::ProtocolError>(&answer);
  return refused ? session::error_of(refused->code()).value_or(Error::unexpected)
                 : Error::unexpected;
}

class Communities : public ::testing::Test {
 protected:
  Federation federation{{"FR", "GB", "SE", "RO"}, test_name()};
  TestNode &fr = federation[0], &gb = federation[1], &se = federation[2], &ro = federation[3];

  void everybody_reports() {
    for (auto& node : federation.nodes) {
      node->report(node->country + "1", phone, shared_number);
      node->publish();
    }
    federation.exchange();
    federation.exchange();
  }
};

TEST_F(Communities, ARemovedMemberGetsNothingMoreFromThoseWhoKnow) {
  everybody_reports();
  ASSERT_EQ(3u, se.matches().size());
  const Bytes removal = removal_of(federation, "SE", {0, 1, 3});
  ASSERT_EQ(Learned::in_force, tell(fr, removal));
  ASSERT_EQ(Learned::in_force, tell(gb, removal));
  for (TestNode* knows : {&fr, &gb}) {
    knows->report(knows->country + "2", phone, "+33698765432");
    knows->publish();
    EXPECT_TRUE(knows->host->heads_for(se.id()).empty());
    EXPECT_FALSE(knows->host->shares_community(se.id()));
    v1::Want want;
    want.set_community(bytes_of(federation.first.bytes));
    want.set_origin(bytes_of(knows->id().bytes));
    want.set_generation(1);
    want.set_from(0);
    want.set_to(1);
    EXPECT_EQ(Error::not_a_member, knows->host->read(se.id(), want).error());
    EXPECT_EQ(static_cast<int>(Error::not_a_member),
              static_cast<int>(refusal_of_lookup(se, *knows, federation.first, 1)));
    EXPECT_EQ(static_cast<int>(Error::not_a_member),
              static_cast<int>(refusal_of_lookup(se, *knows, federation.first, 2)));
  }
  // It keeps what it has, learns why, and holds no secret of the new keys.
  const std::uint64_t held = records_held(se);
  Federation::fetch(fr, se);
  Federation::fetch(gb, se);
  EXPECT_EQ(held, records_held(se));
  EXPECT_EQ(3u, se.matches().size());
  EXPECT_EQ(2u, se.community(federation.first).newest.epoch());
  EXPECT_FALSE(se.community(federation.first).has_member(se.id()));
  EXPECT_FALSE(se.keystore->has(keys::name::community_secret(federation.first, 2)));
}

TEST_F(Communities, AMemberThatSawTheProposalToRemoveItIsStillToldWhenItIsRemoved) {
  const Bytes removal = removal_of(federation, "SE", {0, 1, 3});
  v1::SignedCharter proposal;
  ASSERT_TRUE(proposal.ParseFromArray(removal.data(), static_cast<int>(removal.size())));
  proposal.mutable_signatures()->DeleteSubrange(1, 2);
  for (TestNode* node : {&fr, &se})
    ASSERT_EQ(Learned::proposed, tell(*node, as_bytes(proposal.SerializeAsString())));
  Federation::fetch(se, fr);
  ASSERT_EQ(Learned::in_force, tell(fr, removal));
  Federation::fetch(se, fr);
  EXPECT_EQ(1u, se.community(federation.first).newest.epoch());
  federation.advance(60 * testing_support::day);
  Federation::fetch(fr, se);
  EXPECT_EQ(2u, se.community(federation.first).newest.epoch());
  // From when on its operators are told is its own time, and nothing that comes later moves it.
  EXPECT_EQ(se.now, se.community(federation.first).in_force_since);
  const std::uint64_t learned = se.now;
  federation.advance(testing_support::day);
  Federation::fetch(fr, se);
  se.restart();
  EXPECT_EQ(learned, se.community(federation.first).in_force_since);
}

TEST_F(Communities, ARemovedMemberIsServedByANodeOnlyUntilThatNodeLearnsOfIt) {
  everybody_reports();
  ASSERT_EQ(Learned::in_force, tell(fr, removal_of(federation, "SE", {0, 1, 3})));
  EXPECT_FALSE(ro.host->heads_for(se.id()).empty());
  Federation::fetch(fr, ro);
  EXPECT_TRUE(ro.host->heads_for(se.id()).empty());
  ro.report("RO2", phone, "+33698765432");
  ro.publish();
  const std::uint64_t held = records_held(se);
  Federation::fetch(ro, se);
  EXPECT_EQ(held, records_held(se));
}

TEST_F(Communities, WhatARemovedMemberPublishesIsTakenFromNobodyAnyMore) {
  everybody_reports();
  tell(fr, removal_of(federation, "SE", {0, 1, 3}));
  se.report("SE2", phone, "+33698765432");
  se.publish();
  const std::uint64_t held = records_held(fr);
  Federation::fetch(se, fr);
  EXPECT_EQ(held, records_held(fr));
}

TEST_F(Communities, AMemberThatWasAwayForSeveralChartersGetsThemAll) {
  admin::v1::CommunityPropose wish;
  for (const char* name : {"second", "third", "fourth"}) {
    wish.set_name(name);
    const Bytes package = next_charter(federation, federation.first, wish, {0, 1, 3});
    for (TestNode* node : {&fr, &gb, &ro}) ASSERT_EQ(Learned::in_force, tell(*node, package));
  }
  Federation::fetch(se, fr);  // says where it is
  Federation::fetch(fr, se);
  EXPECT_EQ("fourth", se.community(federation.first).newest.name());
  EXPECT_EQ(4u, store::charters(se.desk->database, federation.first).size());
}

TEST_F(Communities, ACharterThatANodeMissedBeforeItJoinedAgainIsNoFork) {
  const Bytes removal = removal_of(federation, "SE", {0, 1, 3});
  for (auto& node : federation.nodes) ASSERT_EQ(Learned::in_force, tell(*node, removal));
  admin::v1::CommunityPropose admission;
  admission.add_add("SE");
  admission.set_basis("invented treaty, article 2");
  const Bytes missed = next_charter(federation, federation.first, admission, {0, 1, 3});
  for (TestNode* node : {&fr, &gb, &ro}) ASSERT_EQ(Learned::in_force, tell(*node, missed));
  admin::v1::CommunityPropose wish;
  wish.set_name("fourth");
  const Bytes newest = next_charter(federation, federation.first, wish, {0, 1, 3});
  for (TestNode* node : {&fr, &gb, &ro}) ASSERT_EQ(Learned::in_force, tell(*node, newest));
  ASSERT_TRUE(desk::join_under(*se.desk, open_package(newest).value(), "tester"));
  EXPECT_EQ(Learned::nothing, tell(se, missed));
  EXPECT_FALSE(se.community(federation.first).frozen);
}

TEST_F(Communities, NobodyGoesBackToAnOlderCharterAlsoAfterARestart) {
  const Bytes first = fr.community(federation.first).signed_charter;
  tell(fr, removal_of(federation, "SE", {0, 1, 3}));
  EXPECT_EQ(Learned::nothing, tell(fr, first));
  fr.restart();
  EXPECT_EQ(2u, fr.community(federation.first).newest.epoch());
  EXPECT_EQ(Learned::nothing, tell(fr, first));
  EXPECT_TRUE(fr.host->heads_for(se.id()).empty());
}

TEST_F(Communities, AfterARemovalAllIsPublishedAgainUnderNewKeysAndMatchesStay) {
  everybody_reports();
  const Bytes removal = removal_of(federation, "SE", {0, 1, 3});
  for (TestNode* node : {&fr, &gb, &ro}) ASSERT_EQ(Learned::in_force, tell(*node, removal));
  EXPECT_LT(0u, desk::renew_published(*fr.desk));
  EXPECT_EQ(0u, desk::renew_published(*fr.desk));
  // The lock that GB matched is gone, its successor is not asked about yet.
  Federation::fetch(fr, gb);
  gb.lookups->match(fr.feed());
  const auto from_fr = [&] {
    std::size_t count = 0;
    for (const auto& match : gb.matches()) count += match.country() == "FR" ? 1 : 0;
    return count;
  };
  EXPECT_EQ(1u, from_fr());
  federation.exchange();
  federation.exchange();
  EXPECT_EQ(1u, from_fr());
  const auto hash = gb.desk->identifiers.hash(IdentifierType::phone, shared_number);
  EXPECT_TRUE(gb.lookups->is_evaluated(hash, fr.feed()));
  EXPECT_EQ(static_cast<int>(Error::not_a_member),
            static_cast<int>(refusal_of_lookup(gb, fr, federation.first, 1)));
}

TEST_F(Communities, AfterARemovalTheCanariesUnderTheNewKeysAreFoundByThoseWhoStay) {
  everybody_reports();
  const Bytes removal = removal_of(federation, "SE", {0, 1, 3});
  for (TestNode* node : {&fr, &gb, &ro}) ASSERT_EQ(Learned::in_force, tell(*node, removal));
  const auto canary = [&](std::uint8_t group) {
    return gb.lookups->canaries().look(gb.community(federation.first),
                                       *gb.desk->feeds.find(fr.feed()), group);
  };
  EXPECT_EQ(desk::CanaryStage::unpublished, canary(1).stage) << "under the new keys";
  for (int i = 0; i < 4; ++i) {
    federation.exchange();
    federation.advance(day);
  }
  federation.exchange();
  EXPECT_EQ(2u, gb.community(federation.first).charter.key_epoch());
  for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}})
    EXPECT_EQ(desk::CanaryStage::found, canary(group).stage);
}

TEST_F(Communities, AMatchEndsWhenItsSuccessorUnderNewKeysWasTakenBack) {
  for (const bool seen_between : {true, false}) {
    Federation two({"FR", "GB"}, test_name() + (seen_between ? "-seen" : "-unseen"));
    TestNode &origin = two[0], &reader = two[1];
    for (auto& node : two.nodes) {
      node->report(node->country + "1", phone, shared_number);
      node->publish();
    }
    two.exchange();
    two.exchange();
    ASSERT_EQ(1u, reader.matches().size());
    admin::v1::CommunityPropose wish;
    wish.set_renew_keys(true);
    const Bytes renewal = next_charter(two, two.first, wish, {0, 1});
    for (auto& node : two.nodes) ASSERT_EQ(Learned::in_force, tell(*node, renewal));
    EXPECT_LT(0u, desk::renew_published(*origin.desk));
    if (seen_between) {
      Federation::fetch(origin, reader);
      reader.lookups->match(origin.feed());
      EXPECT_EQ(1u, reader.matches().size()) << "it waits for its successor";
    }
    admin::v1::ReportErase erasure;
    erasure.set_id("FR1");
    ASSERT_EQ(1u, desk::erase_report(*origin.desk, *origin.lookups, erasure)->withdrawn());
    for (int round = 0; round < 2; ++round) two.exchange();
    EXPECT_TRUE(reader.matches().empty());
  }
}

TEST_F(Communities, ARenewalSaysNothingThatNobodyApprovedAndNoLockLivesLongerByIt) {
  everybody_reports();
  const auto shown = [&] {
    for (const auto& match : gb.matches())
      if (match.country() == "FR") return match;
    return admin::v1::MatchView();
  };
  const auto before = shown();
  ASSERT_EQ(1u, before.summary().sightings());
  const auto live = [&] {
    const auto hash = fr.desk->identifiers.hash(IdentifierType::phone, shared_number);
    return fr.desk->identifiers.load(hash)->locks(0);
  };
  const std::uint32_t expiry_day = live().expiry_day();
  federation.advance(2 * day);
  fr.report("F-more", v1::IDENTIFIER_TYPE_PHONE, shared_number);
  admin::v1::CommunityPropose wish;
  wish.set_renew_keys(true);
  const Bytes renewal = next_charter(federation, federation.first, wish, {0, 1, 3});
  for (auto& node : federation.nodes) ASSERT_EQ(Learned::in_force, tell(*node, renewal));
  for (int round = 0; round < 3; ++round) federation.exchange();
  EXPECT_EQ(2u, live().epoch());
  EXPECT_EQ(expiry_day, live().expiry_day());
  EXPECT_NE(before.id(), shown().id());
  EXPECT_EQ(1u, shown().summary().sightings()) << "the second report waits for an approval";
  EXPECT_EQ(1u, fr.publish().feeds(0).replaced());
  for (int round = 0; round < 2; ++round) federation.exchange();
  EXPECT_EQ(2u, shown().summary().sightings());
}

TEST_F(Communities, ARenewalOfKeysAnswersUnderTheFormerOnesForThirtyDays) {
  everybody_reports();
  admin::v1::CommunityPropose wish;
  wish.set_renew_keys(true);
  const Bytes renewal = next_charter(federation, federation.first, wish, {0, 1, 3});
  for (auto& node : federation.nodes) ASSERT_EQ(Learned::in_force, tell(*node, renewal));
  // The elements are none: what is refused is their form, not the key epoch.
  const auto answer = [&](std::uint32_t epoch) {
    return static_cast<int>(refusal_of_lookup(gb, fr, federation.first, epoch));
  };
  EXPECT_NE(static_cast<int>(Error::not_a_member), answer(1));
  EXPECT_NE(static_cast<int>(Error::not_a_member), answer(2));
  EXPECT_EQ(static_cast<int>(Error::not_a_member), answer(3));
  federation.advance(31 * day);
  EXPECT_EQ(static_cast<int>(Error::not_a_member), answer(1));
  EXPECT_NE(static_cast<int>(Error::not_a_member), answer(2));
}

TEST_F(Communities, ANewNameCostsNobodyAnEvaluation) {
  everybody_reports();
  admin::v1::CommunityPropose wish;
  wish.set_name("other");
  const Bytes renamed = next_charter(federation, federation.first, wish, {0, 1, 3});
  for (auto& node : federation.nodes) ASSERT_EQ(Learned::in_force, tell(*node, renamed));
  for (auto& node : federation.nodes) {
    EXPECT_EQ(0u, desk::renew_published(*node->desk));
    node->lookups->plan();
    EXPECT_EQ(0u, node->lookups->waiting());
  }
}

TEST_F(Communities, ANewMemberIsMetOnlyByThoseWhoAcceptedAndHoldsNoOlderSecret) {
  const CommunityId three = federation.found_community({0, 1, 2}, "three");
  admin::v1::CommunityPropose wish;
  wish.set_renew_keys(true);
  const Bytes renewal = next_charter(federation, three, wish, {0, 1});
  for (TestNode* node : {&fr, &gb, &se}) ASSERT_EQ(Learned::in_force, tell(*node, renewal));
  wish.Clear();
  wish.add_add("RO");
  wish.set_basis("invented treaty, article 2");
  const Bytes admission = next_charter(federation, three, wish, {0, 1});
  for (TestNode* node : {&fr, &gb, &se}) ASSERT_EQ(Learned::in_force, tell(*node, admission));
  ASSERT_TRUE(desk::join_under(*ro.desk, open_package(admission).value(), "tester"));
  EXPECT_TRUE(ro.keystore->has(keys::name::community_secret(three, 2)));
  EXPECT_FALSE(ro.keystore->has(keys::name::community_secret(three, 1)));
  for (TestNode* node : {&fr, &gb, &se}) {
    const std::lock_guard governing(node->desk->governing);
    for (const auto& acceptance : ro.host->acceptances(node->id()))
      node->desk->members.add(acceptance, node->desk->entry("tester", "community.accepted"));
  }
  EXPECT_TRUE(fr.community(three).may_flow(fr.id(), ro.id()));
  EXPECT_FALSE(se.community(three).may_flow(se.id(), ro.id()));
  EXPECT_TRUE(se.community(three).may_flow(se.id(), fr.id()));
  desk::sign_charter(*se.desk, three, se.community(three).charter_hash, "tester");
  EXPECT_TRUE(se.community(three).may_flow(se.id(), ro.id()));
}

TEST_F(Communities, ANewMemberOnABasisOpensItsOwnPairsAndNoneThatTheRulesShut) {
  const CommunityId three = federation.found_community({0, 1, 2}, "three");
  admin::v1::CommunityPropose wish;
  *wish.mutable_rules() = desk::rules_of(fr.community(three).newest);
  wish.mutable_rules()->clear_bases();
  auto* row = wish.mutable_rules()->add_bases();
  row->add_from("FR");
  row->add_to("GB");
  row->set_basis("invented treaty, article 1");
  const Bytes shut = next_charter(federation, three, wish, {0, 1});
  for (TestNode* node : {&fr, &gb, &se}) ASSERT_EQ(Learned::in_force, tell(*node, shut));
  wish.Clear();
  wish.add_add("RO");
  wish.set_basis("invented treaty, article 2");
  const v1::Charter next =
      open_package(next_charter(federation, three, wish, {0, 1})).value().charter;
  const TestNode* nodes[] = {&fr, &gb, &se, &ro};
  for (const TestNode* from : nodes)
    for (const TestNode* to : nodes)
      EXPECT_EQ(from != to && (from == &ro || to == &ro || (from == &fr && to == &gb)),
                may_flow(next, from->id(), to->id()))
          << from->country << " to " << to->country;
  std::vector<std::string> opened;
  for (const Difference& difference : differences(fr.community(three).newest, next))
    if (difference.widens) opened.push_back(difference.to);
  EXPECT_EQ((std::vector<std::string>{
                "RO", "RO to all members: invented treaty, article 2 (all purposes)",
                "FR, GB, SE to RO: invented treaty, article 2 (all purposes)"}),
            opened);
  wish.Clear();
  wish.set_basis("invented treaty, article 3");
  const v1::Charter all =
      open_package(next_charter(federation, three, wish, {0, 1})).value().charter;
  EXPECT_TRUE(may_flow(all, se.id(), gb.id())) << "the operator named all";
}

TEST_F(Communities, AHigherTlpWaitsForThisNodesAcceptanceALowerOneDoesNot) {
  admin::v1::CommunityPropose wish;
  *wish.mutable_rules() = desk::rules_of(fr.community(federation.first).newest);
  wish.mutable_rules()->set_highest_tlp(5);
  const Bytes higher = next_charter(federation, federation.first, wish, {0, 1, 3});
  ASSERT_EQ(Learned::in_force, tell(se, higher));
  ASSERT_EQ(Learned::in_force, tell(fr, higher));
  EXPECT_EQ(4u, se.community(federation.first).charter.highest_tlp());
  EXPECT_EQ(5u, fr.community(federation.first).charter.highest_tlp());
  wish.mutable_rules()->set_highest_tlp(1);
  const Bytes lower = next_charter(federation, federation.first, wish, {0, 1, 3});
  ASSERT_EQ(Learned::in_force, tell(se, lower));
  EXPECT_EQ(1u, se.community(federation.first).charter.highest_tlp());
}

TEST_F(Communities, WhatANarrowerCharterNoLongerAllowsIsWithdrawnByItself) {
  everybody_reports();
  ASSERT_EQ(3u, gb.matches().size());
  admin::v1::CommunityPropose wish;
  *wish.mutable_rules() = desk::rules_of(fr.community(federation.first).newest);
  wish.mutable_rules()->add_identifier_types("iban");
  ASSERT_EQ(Learned::in_force,
            tell(fr, next_charter(federation, federation.first, wish, {0, 1, 3})));
  EXPECT_LT(0u, desk::renew_published(*fr.desk));
  EXPECT_EQ(0u, desk::renew_published(*fr.desk));
  Federation::fetch(fr, gb);
  gb.lookups->match(fr.feed());
  EXPECT_EQ(2u, gb.matches().size());
}

TEST_F(Communities, AProposalTravelsAndIsInForceWithTheLastSignatureThatItNeeds) {
  admin::v1::CommunityPropose wish;
  wish.set_name("other");
  ASSERT_EQ(Learned::proposed, tell(fr, next_charter(federation, federation.first, wish, {0})));
  const auto sign = [&](TestNode& node) {
    const auto proposals = store::proposals(node.desk->database, federation.first);
    return desk::sign_charter(*node.desk, federation.first, open_package(proposals.at(0))->hash,
                              "tester")
        .learned;
  };
  Federation::fetch(fr, gb);
  EXPECT_EQ(Learned::proposed, sign(gb));
  Federation::fetch(gb, ro);
  EXPECT_EQ(Learned::in_force, sign(ro));
  EXPECT_EQ("test", fr.community(federation.first).newest.name());
  for (TestNode* node : {&fr, &gb, &se}) {
    Federation::fetch(ro, *node);
    EXPECT_EQ("other", node->community(federation.first).newest.name());
    EXPECT_TRUE(store::proposals(node->desk->database, federation.first).empty());
  }
}

TEST_F(Communities, WithoutARowForTheDirectionNothingGoesThatWay) {
  admin::v1::CommunityPropose wish;
  *wish.mutable_rules() = desk::rules_of(fr.community(federation.first).newest);
  wish.mutable_rules()->clear_bases();
  auto* row = wish.mutable_rules()->add_bases();
  row->add_from("FR");
  row->add_to("GB");
  row->set_basis("invented treaty");
  const Bytes package = next_charter(federation, federation.first, wish, {0, 1, 3});
  for (auto& node : federation.nodes) ASSERT_EQ(Learned::in_force, tell(*node, package));
  everybody_reports();
  const auto published = fr.publish();
  EXPECT_EQ(1, published.feeds(0).recipients_size());
  EXPECT_EQ("GB", published.feeds(0).recipients(0));
  EXPECT_EQ(1u, gb.matches().size());
  for (TestNode* node : {&fr, &se, &ro}) EXPECT_TRUE(node->matches().empty());
  EXPECT_FALSE(fr.desk->feeds.find(gb.feed()));
  EXPECT_TRUE(se.host->heads_for(ro.id()).empty());
  EXPECT_EQ(static_cast<int>(Error::not_a_member),
            static_cast<int>(refusal_of_lookup(fr, gb, federation.first, 1)));
}

TEST_F(Communities, APurposeThatTheRowDoesNotNameIsNotAnswered) {
  admin::v1::CommunityPropose wish;
  *wish.mutable_rules() = desk::rules_of(fr.community(federation.first).newest);
  wish.mutable_rules()->mutable_bases(0)->add_purposes("victim-identification");
  const Bytes package = next_charter(federation, federation.first, wish, {0, 1, 3});
  for (auto& node : federation.nodes) tell(*node, package);
  EXPECT_EQ(static_cast<int>(Error::refused),
            static_cast<int>(refusal_of_lookup(gb, fr, federation.first, 1)));
}

TEST_F(Communities, TwoChartersOfOneEpochFreezeTheCommunityUntilItsMembersSettleIt) {
  everybody_reports();
  admin::v1::CommunityPropose one, other;
  one.set_name("one");
  other.set_name("other");
  const Bytes first = next_charter(federation, federation.first, one, {0, 1, 3});
  const Bytes second = next_charter(federation, federation.first, other, {0, 2, 3});
  ASSERT_EQ(Learned::in_force, tell(fr, first));
  ASSERT_EQ(Learned::fork, tell(fr, second));
  EXPECT_EQ(Learned::nothing, tell(fr, second));
  EXPECT_TRUE(fr.host->heads_for(gb.id()).empty());
  fr.restart();
  EXPECT_TRUE(fr.community(federation.first).frozen);
  EXPECT_EQ(1u, store::forks(fr.desk->database, federation.first).size());
  // The evidence goes to the others, who freeze, too.
  ASSERT_EQ(Learned::in_force, tell(gb, first));
  Federation::fetch(fr, gb);
  EXPECT_TRUE(gb.community(federation.first).frozen);
  const Hash kept = open_package(second)->hash;
  const auto named = [&](const std::string& beginning) {
    return desk::rivals_named(*fr.desk, fr.community(federation.first), beginning);
  };
  EXPECT_EQ(std::vector{kept}, named(to_hex(kept).substr(0, 8)));
  EXPECT_EQ(2u, named("").size());
  EXPECT_TRUE(named(std::string(64, '0')).empty());
  for (TestNode* node : {&fr, &gb})
    ASSERT_TRUE(desk::settle_fork(*node->desk, federation.first, kept, "tester"));
  EXPECT_EQ("other", fr.community(federation.first).newest.name());
  EXPECT_FALSE(fr.host->heads_for(gb.id()).empty());
  EXPECT_EQ(Learned::nothing, tell(fr, first));
}

TEST_F(Communities, AForkIsNotSettledByAProposalThatTooFewSigned) {
  admin::v1::CommunityPropose one, other, third;
  one.set_name("one");
  other.set_name("other");
  third.set_name("third");
  ASSERT_EQ(Learned::in_force,
            tell(fr, next_charter(federation, federation.first, one, {0, 1, 3})));
  const Bytes proposal = next_charter(federation, federation.first, third, {0});
  ASSERT_EQ(Learned::proposed, tell(fr, proposal));
  // SE knows only the first charter.
  const Bytes rival = next_charter(federation, federation.first, other, {2, 0, 3});
  ASSERT_EQ(Learned::fork, tell(fr, rival));
  EXPECT_FALSE(
      desk::settle_fork(*fr.desk, federation.first, open_package(proposal)->hash, "tester"));
  EXPECT_TRUE(fr.community(federation.first).frozen);
}

TEST_F(Communities, AfterAForkTheSecretIsThatOfTheBranchThatIsKept) {
  everybody_reports();
  admin::v1::CommunityPropose renewal;
  renewal.set_renew_keys(true);
  const Bytes first = next_charter(federation, federation.first, renewal, {0, 1, 3});
  const Bytes second = next_charter(federation, federation.first, renewal, {0, 2, 3});
  const auto kept = open_package(second).value();
  const auto secret = [&](TestNode& node) {
    return as_text(commit_to_secret(
               desk::community_secret(*node.desk, federation.first, kept.charter.key_epoch()))) ==
           kept.charter.key_commitment();
  };
  ASSERT_EQ(open_package(first)->charter.key_epoch(), kept.charter.key_epoch());
  ASSERT_EQ(Learned::in_force, tell(fr, first));
  ASSERT_EQ(Learned::fork, tell(fr, second));
  EXPECT_FALSE(secret(fr));
  ASSERT_TRUE(desk::settle_fork(*fr.desk, federation.first, kept.hash, "tester"));
  EXPECT_TRUE(secret(fr));
}

TEST_F(Communities, AMemberThatLeavesIsServedByNobodyWhoWasTold) {
  everybody_reports();
  desk::leave_community(*se.desk, federation.first, "tester");
  EXPECT_TRUE(se.host->heads_for(fr.id()).empty());
  fr.host->learn_acceptances(se.id(), se.host->acceptances(fr.id()));
  EXPECT_TRUE(fr.community(federation.first).has_left(se.id()));
  EXPECT_TRUE(fr.host->heads_for(se.id()).empty());
  EXPECT_FALSE(fr.host->heads_for(gb.id()).empty());
}

TEST_F(Communities, ARemovedMemberComesBackWithANewCharter) {
  everybody_reports();
  const Bytes removal = removal_of(federation, "SE", {0, 1, 3});
  for (auto& node : federation.nodes) tell(*node, removal);
  admin::v1::CommunityPropose wish;
  wish.add_add("SE");
  wish.set_basis("invented treaty, article 1");
  const Bytes readmission = next_charter(federation, federation.first, wish, {0, 1, 3});
  for (TestNode* node : {&fr, &gb, &ro}) ASSERT_EQ(Learned::in_force, tell(*node, readmission));
  ASSERT_TRUE(desk::join_under(*se.desk, open_package(readmission).value(), "tester"));
  se.report("SE3", phone, shared_number);
  se.publish();
  for (int round = 0; round < 3; ++round) federation.exchange();
  EXPECT_TRUE(fr.community(federation.first).may_flow(se.id(), fr.id()));
  EXPECT_EQ(3u, fr.matches().size());
}

TEST_F(Communities, ALockPublishedInOneCommunityNeverAppearsInAnotherAndQuotasAreApart) {
  const CommunityId neighbours = federation.found_community({0, 1}, "neighbours");
  fr.report("FR1", phone, shared_number);
  gb.report("GB1", phone, shared_number);
  admin::v1::Publish request;
  request.set_operator_("tester");
  request.set_community("neighbours");
  desk::publish(*fr.desk, request);
  federation.exchange();
  federation.exchange();
  for (const auto& feed : gb.desk->feeds.all())
    EXPECT_TRUE(feed.id.origin != fr.id() || feed.id.community == neighbours);
  ASSERT_EQ(1u, gb.matches().size());
  EXPECT_EQ(to_hex(neighbours.bytes), gb.matches()[0].community());
  EXPECT_FALSE(se.desk->feeds.find({neighbours, fr.id(), 1}));
  for (const auto& head : fr.host->heads_for(se.id()))
    EXPECT_NE(bytes_of(neighbours.bytes), head.community());
  const auto used = [&](const CommunityId& id) {
    return desk::quota_of(*fr.desk, gb.id(), id, 1).used_epoch;
  };
  EXPECT_LT(0u, used(neighbours));
  EXPECT_EQ(0u, used(federation.first));
}

TEST_F(Communities, MoreLiveLocksThanTheCharterAllowsAreNotPublished) {
  admin::v1::CommunityPropose wish;
  *wish.mutable_rules() = desk::rules_of(fr.community(federation.first).newest);
  wish.mutable_rules()->set_live_locks_per_origin(1);
  tell(fr, next_charter(federation, federation.first, wish, {0, 1, 3}));
  fr.report("FR1", phone, shared_number);
  fr.publish();
  fr.report("FR2", phone, "+33698765432");
  EXPECT_THROW(fr.publish(), desk::PublishRefused);
}

TEST_F(Communities, ASecretOtherThanTheOneThatWasSignedForIsNotTaken) {
  CharterPackage package = open_package(removal_of(federation, "SE", {0, 1, 3})).value();
  for (auto& sealed : *package.signed_charter.mutable_secrets())
    sealed.set_sealed(bytes_of(keys::seal_to(
        keys::x25519_public(gb.keystore->get(keys::name::encryption)), ByteArray<32>{7})));
  // The removal holds all the same; what needs the secret waits for a package that has it.
  ASSERT_EQ(Learned::in_force, tell(gb, package.serialise()));
  EXPECT_FALSE(desk::has_secret(*gb.desk, gb.community(federation.first)));
  EXPECT_TRUE(gb.host->heads_for(se.id()).empty());
}

}  // namespace
}  // namespace bakhita
