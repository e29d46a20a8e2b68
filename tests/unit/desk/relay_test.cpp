// SPDX-License-Identifier: EUPL-1.2
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/feed/split_view.h"
#include "tests/support/federation.h"

namespace bakhita::exchange {
namespace {

using testing_support::bytes_of;
using testing_support::Federation;
using testing_support::TestNode;

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

std::uint64_t held(const TestNode& node, const FeedId& feed) {
  const auto state = node.desk->feeds.find(feed);
  return state ? state->size : 0;
}

v1::Clock clock_of(const TestNode& from, const TestNode& to) {
  v1::Clock clock = from.host->statements_for(to.id());
  for (auto& head : from.host->heads_for(to.id())) *clock.add_heads() = std::move(head);
  return clock;
}

v1::Want want_of(const FeedId& feed, std::uint64_t from, std::uint64_t to) {
  v1::Want want;
  want.set_community(bytes_of(feed.community.bytes));
  want.set_origin(bytes_of(feed.origin.bytes));
  want.set_generation(feed.generation);
  want.set_from(from);
  want.set_to(to);
  return want;
}

/// FR – GB – SE: the operators at the two ends have never heard of each other.
class Line : public testing::Test {
 protected:
  Line()
      : federation_({"FR", "GB", "SE"}, test_name(),
                    [](std::size_t a, std::size_t b) { return a + 1 == b || b + 1 == a; }) {}
  Federation federation_;
  TestNode& fr_ = federation_[0];
  TestNode& gb_ = federation_[1];
  TestNode& se_ = federation_[2];
};

TEST_F(Line, AMemberWithOneNeighbourGetsEverythingThroughIt) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  Federation::fetch(fr_, gb_);
  EXPECT_FALSE(se_.desk->members.known(fr_.id()).has_value());
  Federation::fetch(gb_, se_);
  ASSERT_EQ(held(fr_, fr_.feed()), held(se_, fr_.feed()));
  EXPECT_EQ("", se_.desk->feeds.verify(fr_.feed(),
                                       keys::ed25519_public(fr_.keystore->get(keys::name::log))));
  const auto known = se_.desk->members.known(fr_.id());
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ(store::PeerState::vouched, known->state);
  EXPECT_EQ("FR", known->card.country());
}

TEST_F(Line, WhatWasEvaluatedMatchesRecordsThatARelayBrings) {
  se_.report("S1", phone, "+33612345678");
  fr_.publish();
  for (int round = 0; round < 3; ++round)
    federation_.exchange();  // the vouched ends meet directly: SE evaluates at FR
  EXPECT_TRUE(se_.matches().empty());
  fr_.report("F1", phone, "0612345678");
  fr_.publish();
  Federation::fetch(fr_, gb_);
  Federation::fetch(gb_, se_);
  se_.lookups->match(fr_.feed());
  ASSERT_EQ(1u, se_.matches().size());
  EXPECT_EQ("FR", se_.matches()[0].country());
}

TEST_F(Line, AVouchedMemberIsConnectedOnlyByTheKeysThatTheCharterPins) {
  Federation::fetch(gb_, se_);
  const auto dialed = [&] {
    std::vector<NodeId> out;
    for (const auto& peer : se_.host->peers_to_dial()) out.push_back(peer.node);
    return out;
  };
  EXPECT_THAT(dialed(), testing::Contains(fr_.id()));
  v1::NodeCard newer = se_.desk->members.known(fr_.id())->card;
  newer.set_serial(2);
  newer.set_tls_pin(std::string(32, 'x'));
  const Bytes signed_card =
      make_card(newer, [&](ByteView message) { return fr_.sign(keys::name::identity, message); });
  EXPECT_TRUE(se_.desk->members.learn_card(newer, signed_card, se_.id(),
                                           se_.desk->entry("tester", "member.card")));
  EXPECT_EQ(2u, se_.desk->members.known(fr_.id())->card.serial());
  EXPECT_THAT(dialed(), testing::Not(testing::Contains(fr_.id())));
  se_.restart();
  EXPECT_EQ(2u, se_.desk->members.known(fr_.id())->card.serial());
  EXPECT_THAT(dialed(), testing::Not(testing::Contains(fr_.id())));
}

TEST_F(Line, ACardWithThePinOfAnotherNodeIsNotKept) {
  Federation::fetch(gb_, se_);
  v1::NodeCard copied = se_.desk->members.known(fr_.id())->card;
  copied.set_serial(2);
  copied.set_tls_pin(se_.desk->members.known(gb_.id())->card.tls_pin());
  const Bytes signed_card =
      make_card(copied, [&](ByteView message) { return fr_.sign(keys::name::identity, message); });
  EXPECT_FALSE(se_.desk->members.learn_card(copied, signed_card, se_.id(),
                                            se_.desk->entry("tester", "member.card")));
  EXPECT_EQ(1u, se_.desk->members.known(fr_.id())->card.serial());
  store::Peer suspended = se_.desk->members.peer(gb_.id()).value();
  const Hash pin = to_array<32>(as_bytes(suspended.card.tls_pin())).value();
  EXPECT_EQ(gb_.id(), se_.host->peer_by_pin(pin)->node);
  suspended.state = store::PeerState::suspended;
  se_.desk->members.put(suspended, se_.desk->entry("tester", "peer.suspend"));
  EXPECT_FALSE(se_.desk->members.peer_by_pin(pin));
}

TEST_F(Line, ACardOfNobodyInTheCharterIsNotKept) {
  TestNode stranger(fr_.folder / "stranger", "XX");
  const Bytes card = stranger.card();
  v1::Clock clock;
  clock.add_cards(bytes_of(card));
  ASSERT_TRUE(se_.host->wanted(gb_.id(), clock).has_value());
  EXPECT_FALSE(se_.desk->members.known(stranger.id()).has_value());
}

TEST_F(Line, NothingIsRelayedToOrOfANodeThatANewerCharterLeavesOut) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  Federation::fetch(fr_, gb_);
  const v1::Want want = want_of(fr_.feed(), 0, 3);
  ASSERT_TRUE(gb_.host->read(se_.id(), want).has_value());
  const auto leave_out = [&](const TestNode& node) {
    store::Community community = gb_.desk->members.communities().at(0);
    auto& members = *community.charter.mutable_members();
    members.erase(std::remove_if(members.begin(), members.end(),
                                 [&](const v1::Member& member) {
                                   return member.node() == bytes_of(node.id().bytes);
                                 }),
                  members.end());
    gb_.desk->members.put(community, gb_.desk->entry("tester", "community.join"));
  };
  const store::Community before = gb_.desk->members.communities().at(0);
  leave_out(se_);
  EXPECT_TRUE(gb_.host->heads_for(se_.id()).empty());
  EXPECT_EQ(0, gb_.host->statements_for(se_.id()).cards_size());
  EXPECT_EQ(Error::not_a_member, gb_.host->read(se_.id(), want).error());
  gb_.desk->members.put(before, gb_.desk->entry("tester", "community.join"));
  leave_out(fr_);
  EXPECT_EQ(Error::not_a_member, gb_.host->read(se_.id(), want).error());
}

TEST_F(Line, ARelayHandsOnOnlyWhatALegalBasisLetsFlowFromTheOriginToTheReader) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  Federation::fetch(fr_, gb_);
  const v1::Want want = want_of(fr_.feed(), 0, 3);
  ASSERT_TRUE(gb_.host->read(se_.id(), want).has_value());
  // Rows as (from, to): FR, GB and SE have the places 0, 1 and 2.
  const auto allow = [](const TestNode& node,
                        const std::vector<std::pair<std::uint32_t, std::uint32_t>>& rows) {
    store::Community community = node.desk->members.communities().at(0);
    community.charter.clear_bases();
    for (const auto& [from, to] : rows) {
      v1::LegalBasis& basis = *community.charter.add_bases();
      basis.add_from(from);
      basis.add_to(to);
    }
    node.desk->members.put(community, node.desk->entry("tester", "community.join"));
  };
  const auto told = [&] {
    for (const v1::FeedHead& head : gb_.host->heads_for(se_.id()))
      if (head.origin() == bytes_of(fr_.id().bytes)) return true;
    return false;
  };
  EXPECT_TRUE(told());
  allow(gb_, {{0, 1}, {1, 2}, {2, 1}});
  EXPECT_FALSE(told()) << "no row from FR to SE";
  EXPECT_EQ(Error::not_a_member, gb_.host->read(se_.id(), want).error());
  allow(gb_, {{0, 2}, {1, 2}});
  EXPECT_FALSE(told()) << "GB may not hold it any more itself";
  allow(gb_, {{0, 1}, {0, 2}});
  EXPECT_FALSE(told()) << "no row between GB and SE";
  allow(gb_, {{0, 1}, {0, 2}, {2, 1}});
  EXPECT_TRUE(told());
  EXPECT_TRUE(gb_.host->read(se_.id(), want).has_value());
  allow(se_, {{0, 1}, {1, 2}, {2, 1}});
  Federation::fetch(gb_, se_);
  EXPECT_EQ(0u, held(se_, fr_.feed())) << "what SE may not hold it does not take";
  allow(se_, {{0, 1}, {0, 2}, {2, 1}});
  Federation::fetch(gb_, se_);
  EXPECT_EQ(held(fr_, fr_.feed()), held(se_, fr_.feed()));
}

TEST(Relay, AFeedIsFetchedFromOneNeighbourUntilThatStalls) {
  Federation federation({"FR", "GB", "RO", "SE"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1], &ro = federation[2], &se = federation[3];
  fr.report("F1", phone, "+33612345678");
  fr.publish();
  Federation::fetch(fr, gb);
  Federation::fetch(fr, ro);
  EXPECT_EQ(1u, se.host->wanted(gb.id(), clock_of(gb, se))->size());
  EXPECT_EQ(0u, se.host->wanted(ro.id(), clock_of(ro, se))->size()) << "one upstream is enough";
  se.now += 6;
  EXPECT_EQ(0u, se.host->wanted(ro.id(), {})->size());
  EXPECT_EQ(1u, se.host->wanted(fr.id(), clock_of(fr, se))->size()) << "the origin goes first";
  se.now += 30;
  EXPECT_EQ(1u, se.host->wanted(ro.id(), {})->size()) << "the origin stalls";
  se.host->report(ro.id(), {peers::PeerEvent::Kind::closed, "", std::nullopt});
  EXPECT_EQ(1u, se.host->wanted(gb.id(), {})->size()) << "the relay went";
  Federation::fetch(gb, se);
  EXPECT_EQ(held(fr, fr.feed()), held(se, fr.feed()));
}

TEST(Relay, WhatTwoNeighboursBringTwiceIsTakenOnce) {
  Federation federation({"FR", "GB", "SE"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1], &se = federation[2];
  fr.publish();
  Federation::fetch(fr, gb);
  ASSERT_TRUE(se.host->wanted(fr.id(), clock_of(fr, se)).has_value());
  const std::uint64_t size = held(fr, fr.feed());
  const auto all = [&](TestNode& from, std::uint64_t first, std::uint64_t to) {
    return from.host->read(se.id(), want_of(fr.feed(), first, to)).value();
  };
  ASSERT_TRUE(se.host->accept(fr.id(), {all(fr, 0, 2)}).has_value());
  const auto behind = se.host->accept(gb.id(), {all(gb, 0, size)});
  ASSERT_TRUE(behind.has_value()) << "nobody's fault";
  ASSERT_TRUE(behind->has_value());
  EXPECT_EQ(2u, (*behind)->from());
  ASSERT_TRUE(se.host->accept(gb.id(), {all(gb, 2, size)}).has_value());
  EXPECT_EQ(size, held(se, fr.feed()));
}

TEST(Relay, ABodyThatARelayWithheldIsHadFromAnotherAndMatched) {
  Federation federation({"FR", "GB", "SE"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1], &se = federation[2];
  se.report("S1", phone, "+33612345678");
  fr.publish();
  federation.exchange();
  federation.exchange();
  const std::uint64_t before = held(fr, fr.feed());
  fr.report("F1", phone, "+33612345678");
  fr.publish();
  const std::uint64_t size = held(fr, fr.feed());
  Federation::fetch(fr, gb);
  std::vector<std::uint64_t> withheld;
  for (std::uint64_t i = before; i < size; ++i) withheld.push_back(i);
  gb.desk->feeds.erase_bodies(fr.feed(), withheld, {});
  Federation::fetch(gb, se);
  se.lookups->match(fr.feed());
  EXPECT_EQ(size - before, se.desk->feeds.find(fr.feed())->missing);
  EXPECT_TRUE(se.matches().empty());
  Federation::fetch(gb, se);  // has them no more than before
  EXPECT_EQ(size - before, se.desk->feeds.find(fr.feed())->missing);
  Federation::fetch(fr, se);
  EXPECT_EQ(0u, se.desk->feeds.find(fr.feed())->missing);
  se.lookups->match(fr.feed());
  EXPECT_EQ(1u, se.matches().size());
  EXPECT_EQ("", se.desk->feeds.verify(fr.feed(),
                                      keys::ed25519_public(fr.keystore->get(keys::name::log))));
}

/// FR shows GB one feed and SE another: its data folder with the anchor was copied and used twice.
class SplitView : public testing::Test {
 protected:
  SplitView() : federation_({"FR", "GB", "RO", "SE"}, test_name()) {
    fr_.report("F1", phone, "+33612345678");
    fr_.publish();
    copy(fr_.folder / "data", fr_.folder / "twin");
    fr_.report("F2", phone, "+33612345679");
    fr_.publish();
    Federation::fetch(fr_, gb_);
    copy(fr_.folder / "twin", fr_.folder / "data");
    fr_.report("F3", phone, "+33612345670");
    fr_.publish();
    Federation::fetch(fr_, se_);
  }
  void copy(const testing_support::fs::path& from, const testing_support::fs::path& to) {
    namespace fs = testing_support::fs;
    fr_.close();
    for (const char* part : {"", ".anchor", ".written"}) {
      fs::remove_all(to.string() + part);
      fs::copy(from.string() + part, to.string() + part, fs::copy_options::recursive);
      fs::permissions(to.string() + part, *part == 0
                                              ? fs::perms::owner_all
                                              : fs::perms::owner_read | fs::perms::owner_write);
    }
    fr_.open();
  }
  Federation federation_;
  TestNode& fr_ = federation_[0];
  TestNode& gb_ = federation_[1];
  TestNode& ro_ = federation_[2];
  TestNode& se_ = federation_[3];
};

TEST_F(SplitView, IsProvenWhereTwoMembersCompareAndPassedToAll) {
  const FeedId feed = fr_.feed();
  Federation::fetch(gb_, se_);  // heads of two relays
  ASSERT_TRUE(se_.desk->feeds.find(feed)->frozen);
  EXPECT_FALSE(ro_.desk->feeds.find(feed).has_value());
  Federation::fetch(se_, ro_);  // only the proof goes on, not the feed
  Federation::fetch(se_, gb_);
  for (TestNode* node : {&gb_, &ro_}) {
    ASSERT_TRUE(node->desk->feeds.find(feed)->frozen) << node->country;
    node->restart();
    ASSERT_TRUE(node->desk->feeds.find(feed)->frozen) << node->country;
    const auto proofs = node->desk->feeds.evidence(feed);
    ASSERT_EQ(1u, proofs.size()) << node->country;
    EXPECT_TRUE(
        verify_split_view(proofs[0], keys::ed25519_public(fr_.keystore->get(keys::name::log)))
            .has_value());
  }
  EXPECT_EQ(0u, held(ro_, feed));
  fr_.publish();
  Federation::fetch(fr_, gb_);
  EXPECT_TRUE(gb_.desk->feeds.find(feed)->frozen);
}

TEST_F(SplitView, IsNoFaultOfTheRelayThatHoldsTheOtherFeed) {
  const FeedId feed = fr_.feed();
  fr_.report("F4", phone, "+33612345671");
  fr_.publish();
  Federation::fetch(fr_, se_);
  ASSERT_LT(held(gb_, feed), held(se_, feed));
  const auto longer = se_.host->read(gb_.id(), want_of(feed, held(gb_, feed), held(se_, feed)));
  ASSERT_TRUE(longer.has_value());
  const auto from_relay = gb_.host->accept(se_.id(), {*longer});
  ASSERT_TRUE(from_relay.has_value());
  EXPECT_FALSE(from_relay->has_value());
  EXPECT_FALSE(gb_.host->accept(fr_.id(), {*longer}).has_value())
      << "the origin itself is to blame";
}

TEST_F(SplitView, TellsTheOriginItself) {
  Federation::fetch(gb_, fr_);
  EXPECT_THAT(fr_.recovery, testing::HasSubstr("signed two different feeds"));
  EXPECT_TRUE(fr_.desk->feeds.find(fr_.feed())->frozen);
  EXPECT_TRUE(fr_.host->heads_for(gb_.id()).empty()) << "it serves nothing any more";
}

TEST_F(SplitView, IsNotBelievedWithoutBothSignatures) {
  Federation::fetch(gb_, se_);
  auto proof = se_.desk->feeds.evidence(fr_.feed()).at(0);
  const auto learns = [&](const v1::SplitView& told) {
    v1::Clock clock;
    *clock.add_split_views() = told;
    EXPECT_TRUE(ro_.host->wanted(se_.id(), clock).has_value());
    const auto state = ro_.desk->feeds.find(fr_.feed());
    return state && state->frozen;
  };
  v1::SplitView forged = proof;
  forged.set_smaller(proof.larger());
  EXPECT_FALSE(learns(forged)) << "one note twice";
  forged = proof;
  forged.mutable_larger()->at(proof.larger().size() - 10) ^= 1;
  EXPECT_FALSE(learns(forged));
  forged = proof;
  forged.set_prefix_root(std::string(32, 'r'));
  EXPECT_FALSE(learns(forged));
  EXPECT_TRUE(learns(proof));
}

}  // namespace
}  // namespace bakhita::exchange
