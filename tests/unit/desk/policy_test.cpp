// SPDX-License-Identifier: EUPL-1.2
#include <random>

#include "node/desk/answering.h"
#include "node/desk/charters.h"
#include "node/desk/correspondence.h"
#include "node/desk/deciding.h"
#include "node/desk/exporting.h"
#include "node/desk/proposing.h"
#include "node/desk/reading.h"
#include "node/desk/replaying.h"
#include "node/desk/simulating.h"
#include "node/store/charters.h"
#include "tests/support/federation.h"

/// The policy as the desk asks it: what is recorded, made again, and shown beforehand.
namespace bakhita::desk {
namespace {

using namespace testing_support;

constexpr v1::IdentifierType phone = v1::IDENTIFIER_TYPE_PHONE;
constexpr const char* shared_number = "+33612345678";

std::string test_name() { return ::testing::UnitTest::GetInstance()->current_test_info()->name(); }

std::vector<std::pair<store::AuditEntry, policy::Recorded>> decisions(
    const TestNode& node, const std::string& action = {}) {
  std::vector<std::pair<store::AuditEntry, policy::Recorded>> out;
  node.desk->audit.for_each([&](std::uint64_t, const store::AuditEntry& entry) {
    if (!entry.decision.empty() && (action.empty() || entry.action == action))
      out.emplace_back(entry, policy::decode_recorded(entry.decision).value());
  });
  return out;
}

/// FR's indicators may go to GB alone.
v1::Charter one_way(const Federation& federation) {
  v1::Charter out = federation.nodes[0]->community(federation.first).newest;
  out.clear_bases();
  v1::LegalBasis& basis = *out.add_bases();
  basis.set_basis("invented treaty, article 2");
  basis.add_from(0);
  basis.add_to(1);
  return out;
}

/// The next charter with that content, signed by all.
Bytes next_with(Federation& federation, v1::Charter charter) {
  const store::Community now = federation[0].community(federation.first);
  charter.set_epoch(now.newest.epoch() + 1);
  charter.set_previous(bytes_of(now.charter_hash));
  v1::SignedCharter package = make_package(charter);
  for (auto& node : federation.nodes)
    add_signature(package, node->id(),
                  [&](ByteView message) { return node->sign(keys::name::identity, message); });
  return to_bytes(as_bytes(package.SerializeAsString()));
}

class Policy : public ::testing::Test {
 protected:
  Federation federation{{"FR", "GB", "SE"}, test_name()};
  TestNode &fr = federation[0], &gb = federation[1], &se = federation[2];

  void everybody_exchanges() {
    for (auto& node : federation.nodes) {
      node->report(node->country + "1", phone, shared_number);
      node->report(node->country + "2", phone, "+33698765432", v1::SUBJECT_ROLE_VICTIM);
      node->publish();
    }
    for (int round = 0; round < 3; ++round) federation.exchange();
  }
  void expect_clean(const TestNode& node) {
    const auto replayed = replay(*node.desk, {});
    EXPECT_EQ("", replayed.problem());
    EXPECT_LT(0u, replayed.decisions());
    EXPECT_EQ(0u, replayed.differing()) << replayed.DebugString();
  }
};

TEST_F(Policy, EveryRecordedDecisionIsMadeAgainAfterCharterKeysAndTimeHaveChanged) {
  everybody_exchanges();
  admin::v1::LetterWrite letter;
  letter.set_match(fr.matches().at(0).id());
  letter.mutable_content()->mutable_marks()->set_purpose("investigation");
  letter.set_operator_("analyst");
  write(*fr.desk, letter);
  TestNode& asked = fr.matches().at(0).node() == to_hex(gb.id().bytes) ? gb : se;
  while (const auto sealed = fr.host->next_letter(asked.id())) {
    ASSERT_TRUE(asked.host->take_letter(fr.id(), *sealed));
    fr.host->letter_delivered(asked.id(), receipt_of(*sealed));
  }
  admin::v1::CommunityPropose wish;
  wish.set_renew_keys(true);
  CharterPackage renewal = write_next_charter(*fr.desk, fr.community(federation.first), wish);
  for (auto& node : federation.nodes)
    add_signature(renewal.signed_charter, node->id(),
                  [&](ByteView message) { return node->sign(keys::name::identity, message); });
  for (auto& node : federation.nodes) learn_charter(*node->desk, renewal.serialise(), "tester");
  for (int round = 0; round < 3; ++round) federation.exchange();
  const Bytes narrower = next_with(federation, one_way(federation));
  for (auto& node : federation.nodes) learn_charter(*node->desk, narrower, "tester");
  federation.exchange();
  federation.advance(40 * day);
  for (auto& node : federation.nodes) {
    node->restart();
    expect_clean(*node);
  }
  for (const char* action : {"publish", "policy.release", "policy.lookup", "lookup.answer",
                             "feed.serve", "letter.draft"})
    EXPECT_FALSE(decisions(fr, action).empty()) << action;
  EXPECT_FALSE(decisions(asked, "letter.receive").empty());
}

TEST_F(Policy, APublicationRecordsEachKindOfDecisionOnceWithHowManyGotIt) {
  for (int i = 0; i < 40; ++i)
    fr.report("P" + std::to_string(i), phone, "+336123456" + std::to_string(10 + i));
  for (int i = 0; i < 7; ++i)
    fr.report("V" + std::to_string(i), phone, "+336987654" + std::to_string(10 + i),
              v1::SUBJECT_ROLE_VICTIM);
  fr.publish();
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [entry, recorded] : decisions(fr, "policy.release"))
    counts[recorded.rule] += recorded.count;
  EXPECT_EQ((std::map<std::string, std::uint64_t>{{"allowed", 40}, {"shielded-role", 7}}), counts);
  EXPECT_EQ(2u, decisions(fr, "policy.release").size());
}

TEST_F(Policy, ReplayFindsAnAnswerThatTheRulesWouldNotGive) {
  everybody_exchanges();
  const auto all = decisions(fr, "policy.release");
  auto [entry, recorded] = *std::ranges::find_if(
      all, [](const auto& decision) { return decision.second.rule == "allowed"; });
  recorded.question.marks.tlp = 5;  // the charter ends at AMBER+STRICT
  entry.decision = policy::encode(recorded);
  fr.desk->audit.commit({}, entry);
  const auto replayed = replay(*fr.desk, {});
  ASSERT_EQ(1u, replayed.differing());
  EXPECT_EQ("allowed", replayed.differences(0).recorded());
  EXPECT_EQ("tlp-over-charter", replayed.differences(0).recomputed());
  EXPECT_EQ(fr.desk->audit.size() - 1, replayed.differences(0).record());
}

TEST_F(Policy, ReplayFindsWhatNoKeptCharterAndNoVersionExplains) {
  everybody_exchanges();
  auto [entry, recorded] = decisions(fr, "policy.release").at(0);
  recorded.terms.newest[0] ^= 1;
  entry.decision = policy::encode(recorded);
  fr.desk->audit.commit({}, entry);
  entry.decision.back() ^= 1;
  entry.decision.push_back(0);
  fr.desk->audit.commit({}, entry);
  const auto replayed = replay(*fr.desk, {});
  ASSERT_EQ(2u, replayed.differing());
  EXPECT_EQ("charter-unknown", replayed.differences(0).recomputed());
  EXPECT_EQ("unreadable", replayed.differences(1).recomputed());
}

TEST_F(Policy, ReplayUnderAnotherCharterTellsWhatItWouldHaveDecidedOtherwise) {
  everybody_exchanges();
  const auto other = open_package(next_with(federation, one_way(federation))).value();
  const auto replayed = replay(*fr.desk, {}, other);
  ASSERT_LT(0u, replayed.differing());
  for (const auto& row : replayed.differences()) {
    EXPECT_EQ("allowed", row.recorded());
    EXPECT_EQ("no-legal-basis", row.recomputed());
  }
}

TEST_F(Policy, ReplayIsOfTheDaysThatAreAskedFor) {
  everybody_exchanges();
  const auto today = static_cast<std::uint32_t>(fr.now / day);
  EXPECT_LT(0u, replay(*fr.desk, {today, today}).decisions());
  EXPECT_EQ(0u, replay(*fr.desk, {today + 1, today + 9}).records());
  EXPECT_EQ(0u, replay(*fr.desk, {0, today - 1}).records());
}

TEST_F(Policy, SimulationSaysForEachMemberWhatItWouldHoldAndWhy) {
  fr.report("F1", phone, shared_number);
  fr.report("F2", phone, "+33698765432", v1::SUBJECT_ROLE_VICTIM);
  const Bytes charter = next_with(federation, one_way(federation));
  for (auto& node : federation.nodes) learn_charter(*node->desk, charter, "tester");
  admin::v1::PolicySimulate request;
  request.set_report("F1");
  std::map<std::string, std::pair<std::string, std::string>> found;  // who → rule, basis
  const auto first = simulate(*fr.desk, request);
  for (const auto& answer : first.answers())
    for (const std::string& country : answer.countries())
      found[answer.act() + " " + country] = {answer.rule(), answer.legal_basis()};
  const std::pair<std::string, std::string> none{"no-legal-basis", ""};
  EXPECT_EQ((std::pair<std::string, std::string>{"allowed", "invented treaty, article 2"}),
            found["release GB"]);
  EXPECT_EQ(none, found["release SE"]);
  EXPECT_EQ(none, found["lookup-ask GB"]);
  request.set_report("F2");
  const auto second = simulate(*fr.desk, request);
  for (const auto& answer : second.answers()) EXPECT_EQ("shielded-role", answer.rule());
  request.set_report("none");
  EXPECT_THROW(simulate(*fr.desk, request), NothingToSimulate);
  request.clear_report();
  request.set_type(phone);
  request.set_value("+33639990000");
  EXPECT_EQ("no-sighting", simulate(*fr.desk, request).answers(0).rule());
}

TEST_F(Policy, SimulationOfAProposalIsAsIfAllHadAcceptedIt) {
  fr.report("F1", phone, shared_number);
  v1::Charter charter = one_way(federation);
  charter.set_epoch(2);
  charter.set_previous(bytes_of(fr.community(federation.first).charter_hash));
  charter.set_proposer(bytes_of(gb.id().bytes));
  v1::SignedCharter package = make_package(charter);
  add_signature(package, gb.id(),
                [&](ByteView message) { return gb.sign(keys::name::identity, message); });
  const auto proposed = open_package(as_bytes(package.SerializeAsString())).value();
  ASSERT_EQ(Learned::proposed, learn_charter(*fr.desk, proposed.serialise(), "tester").learned);
  admin::v1::PolicySimulate request;
  request.set_report("F1");
  EXPECT_EQ(2, simulate(*fr.desk, request).answers(0).countries_size()) << "now both";
  request.set_charter(to_hex(proposed.hash).substr(0, 12));
  const auto answers = simulate(*fr.desk, request);
  EXPECT_EQ("GB", answers.answers(0).countries(0));
  EXPECT_TRUE(answers.answers(0).allowed());
  EXPECT_EQ("SE", answers.answers(1).countries(0));
  EXPECT_EQ("no-legal-basis", answers.answers(1).rule());
  EXPECT_EQ(2u, answers.answers(1).epoch());
}

/// Of many reports the strictest mark of each kind counts.
TEST_F(Policy, TheStrictestOfAllMarksWins) {
  std::mt19937 random(7);
  const auto upto = [&](std::uint32_t most) {
    return static_cast<std::uint32_t>(random() % (most + 1));
  };
  store::Community community = fr.community(federation.first);
  community.charter.set_highest_tlp(3);
  int allowed = 0;
  for (int draw = 0; draw < 5'000; ++draw) {
    storage::v1::IdentifierState all;
    all.set_type(phone);
    bool each = true;
    for (std::uint32_t count = 1 + upto(2); count > 0; --count) {
      storage::v1::IdentifierState one;
      one.set_type(phone);
      storage::v1::Sighting& sighting = *one.add_sightings();
      sighting.set_role(static_cast<v1::SubjectRole>(upto(4) == 0 ? 16 : 1 + upto(5)));
      sighting.set_handling(upto(3));
      sighting.set_tlp(upto(4) == 0 ? 4 : 1 + upto(2));
      sighting.set_pap(1 + upto(3));
      *all.add_sightings() = sighting;
      each = each && decide(release_question(*fr.desk, community, one), community) ==
                         policy::RuleId::allowed;
    }
    const bool together =
        decide(release_question(*fr.desk, community, all), community) == policy::RuleId::allowed;
    ASSERT_EQ(each, together) << all.DebugString();
    allowed += together ? 1 : 0;
  }
  EXPECT_LT(500, allowed);
}

TEST_F(Policy, RefusalsThatAPeerBringsAboutStandOnceAnHourInTheTrailWithTheirNumber) {
  v1::Evaluate request;
  request.set_request_id(std::string(16, 'r'));
  request.set_community(bytes_of(federation.first.bytes));
  request.set_epoch(7);
  request.set_purpose("investigation");
  const std::uint64_t before = fr.desk->audit.size();
  for (int i = 0; i < 50; ++i) answer_lookup(*fr.desk, gb.id(), request);
  EXPECT_EQ(before + 1, fr.desk->audit.size());
  fr.now += 3'601;
  answer_lookup(*fr.desk, gb.id(), request);
  EXPECT_EQ(before + 2, fr.desk->audit.size());
  const auto last = decisions(fr, "lookup.answer").back();
  EXPECT_EQ("former-keys-over", last.second.rule);
  EXPECT_EQ(50u, last.second.count) << "the one now, and 49 since the first";
  expect_clean(fr);
}

TEST_F(Policy, ReportsLeaveInPlainOnlyForAReason) {
  fr.report("F1", phone, shared_number);
  admin::v1::ReportExport request;
  request.set_operator_("analyst");
  int seen = 0;
  const auto count = [&](const admin::v1::ReportView&) { ++seen; };
  EXPECT_THROW(export_reports(*fr.desk, request, count), ExportRefused);
  EXPECT_EQ(0, seen);
  request.set_reason("audit");
  export_reports(*fr.desk, request, count);
  EXPECT_EQ(1, seen);
  EXPECT_EQ("no-reason", decisions(fr, "report.export").at(0).second.rule);
  EXPECT_EQ("allowed", decisions(fr, "report.export").at(1).second.rule);
}

TEST_F(Policy, AnothersFeedIsWrittenToAFileOnlyWhileItMayBeHeld) {
  const auto rule = [&](const NodeId& origin) {
    const store::Community community = fr.community(federation.first);
    return decide_export(*fr.desk, policy::FileKind::feed, origin, &community,
                         fr.desk->entry("analyst", "feed.export"))
        .rule;
  };
  EXPECT_EQ("allowed", rule(gb.id()));
  const Bytes charter = next_with(federation, one_way(federation));
  learn_charter(*fr.desk, charter, "tester");
  EXPECT_EQ("no-legal-basis", rule(gb.id()));
  EXPECT_EQ("allowed", rule(fr.id()));
}

TEST_F(Policy, ALetterByAKeyThatAnotherReplacedIsTakenOnlyIfItIsDatedBefore) {
  everybody_exchanges();
  admin::v1::LetterWrite request;
  request.set_match(fr.matches().at(0).id());
  request.mutable_content()->mutable_marks()->set_purpose("investigation");
  write(*fr.desk, request);
  TestNode& peer = fr.matches().at(0).node() == to_hex(gb.id().bytes) ? gb : se;
  const auto sealed = fr.host->next_letter(peer.id());
  ASSERT_TRUE(sealed);
  store::Peer sender = peer.desk->members.peer(fr.id()).value();
  const auto replaced_at = [&](std::uint64_t time) {
    sender.former_log_keys = {{to_array<32>(as_bytes(sender.card.log_key())).value(), time}};
    store::Peer rotated = sender;
    rotated.card.set_log_key(std::string(32, 'n'));
    v1::SignedNodeCard outer;
    outer.ParseFromArray(sender.signed_card.data(), static_cast<int>(sender.signed_card.size()));
    outer.set_card(rotated.card.SerializeAsString());
    rotated.signed_card = to_bytes(as_bytes(outer.SerializeAsString()));
    peer.desk->members.put(rotated, peer.desk->entry("tester", "peer.update"));
    return peer.host->take_letter(fr.id(), *sealed);
  };
  EXPECT_EQ(Error::bad_signature, replaced_at(fr.now).error());
  EXPECT_TRUE(replaced_at(fr.now + 1));
}

// ---- what a member can make others keep

class Proposals : public Policy {
 protected:
  Bytes proposal(TestNode& by, const std::string& name) {
    const store::Community now = fr.community(federation.first);
    v1::Charter charter = now.newest;
    charter.set_epoch(2);
    charter.set_previous(bytes_of(now.charter_hash));
    charter.set_proposer(bytes_of(by.id().bytes));
    charter.set_name(name);
    v1::SignedCharter package = make_package(charter);
    add_signature(package, by.id(),
                  [&](ByteView message) { return by.sign(keys::name::identity, message); });
    return to_bytes(as_bytes(package.SerializeAsString()));
  }
  Learned tell(ByteView package) { return learn_charter(*fr.desk, package, "tester").learned; }
};

TEST_F(Proposals, OfOneMemberLeaveRoomForThoseOfOthers) {
  int taken = 0;
  for (int i = 0; i < 40; ++i)
    taken += tell(proposal(gb, "gb " + std::to_string(i))) == Learned::proposed ? 1 : 0;
  EXPECT_EQ(4, taken);
  EXPECT_EQ(Learned::proposed, tell(proposal(se, "se")));
  EXPECT_EQ(Learned::proposed, tell(proposal(fr, "fr")));
}

TEST_F(Proposals, LoseTheSignaturesOfNodesThatNoCharterNames) {
  const Bytes bytes = proposal(gb, "crowded");
  v1::SignedCharter crowded;
  crowded.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  for (std::uint8_t i = 0; i < 200; ++i) {
    keys::SecretBytes seed(32);
    seed.writable()[0] = i;
    seed.writable()[1] = 1;
    add_signature(crowded, NodeId{keys::ed25519_public(seed)},
                  [&](ByteView message) { return keys::sign(seed, message); });
  }
  ASSERT_EQ(Learned::proposed, tell(as_bytes(crowded.SerializeAsString())));
  const auto kept = store::proposals(fr.desk->database, federation.first);
  ASSERT_EQ(1u, kept.size());
  EXPECT_EQ(std::vector<NodeId>{gb.id()}, open_package(kept[0])->signers);
}

TEST_F(Proposals, ThatWereInForceTwiceFillOnlySoManyRowsAsEvidence) {
  v1::Charter first = fr.community(federation.first).newest;
  for (int i = 0; i < 20; ++i) {
    first.set_name("other " + std::to_string(i));
    v1::SignedCharter package = make_package(first);
    add_signature(package, fr.id(),
                  [&](ByteView message) { return fr.sign(keys::name::identity, message); });
    tell(as_bytes(package.SerializeAsString()));
  }
  EXPECT_TRUE(fr.community(federation.first).frozen);
  EXPECT_EQ(8u, store::forks(fr.desk->database, federation.first).size());
}

}  // namespace
}  // namespace bakhita::desk
