// SPDX-License-Identifier: EUPL-1.2
#include "node/exchange/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/desk/floors.h"
#include "node/desk/names.h"
#include "node/desk/withdrawing.h"
#include "node/exchange/ranges.h"
#include "protocol/feed/lock.h"
#include "protocol/limits.h"
#include "tests/support/federation.h"

namespace bakhita::exchange {
namespace {

namespace fs = std::filesystem;
using testing_support::Federation;
using testing_support::TestNode;

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

class Recovery : public testing::Test {
 protected:
  Recovery() : federation_({"FR", "GB", "SE"}, test_name()) {}

  void copy(const std::string& from, const std::string& to,
            const std::vector<std::string>& parts = {""}) {
    fr_.close();
    for (const std::string& part : parts) {
      const fs::path target = fr_.folder / (to + part);
      fs::remove_all(target);
      fs::copy(fr_.folder / (from + part), target, fs::copy_options::recursive);
      fs::permissions(target, fs::is_directory(target)
                                  ? fs::perms::owner_all
                                  : fs::perms::owner_read | fs::perms::owner_write);
    }
    start();
  }
  /// As the daemon starts.
  void start() {
    fr_.open();
    try {
      for (const auto& community : fr_.desk->members.communities())
        fr_.desk->feeds.finish_signing(desk::feed_of(*fr_.desk, community, fr_.id()), log_key(),
                                       signer());
    } catch (const store::RecoveryNeeded& problem) {
      fr_.desk->anchor.suspend(problem.what());
    }
    fr_.recovery = fr_.desk->anchor.problem();
  }
  void lose_everything() {
    const store::Community community = gb_.desk->members.communities().at(0);
    const auto peers = fr_.desk->members.peers();
    fr_.close();
    fs::remove_all(fr_.folder / "data");
    fs::remove(fr_.folder / "data.anchor");
    start();
    for (const store::Peer& peer : peers)
      fr_.desk->members.put(peer, fr_.desk->entry("tester", "peer.verify"));
    fr_.desk->members.put(community, fr_.desk->entry("tester", "community.join"));
  }
  Standing now(std::size_t peers_needed = 1) {
    return standing(*fr_.desk, fr_.host->own_heads(), peers_needed);
  }
  void finish() {
    ASSERT_EQ("", now().obstacle);
    finish_recovery(*fr_.desk, "tester", "finish");
    ASSERT_EQ("", fr_.desk->anchor.problem());
    fr_.close();
    start();
    ASSERT_EQ("", fr_.recovery);
  }
  void append_dummies(std::size_t count) {
    std::vector<Record> records;
    const auto hour = static_cast<std::uint32_t>(fr_.now / 3'600);
    for (std::size_t i = 0; i < count; ++i)
      records.push_back(make_dummy(
          {.community = federation_.first, .node = fr_.id(), .epoch = 1, .group = 1},
          desk::today(*fr_.desk).period, fr_.desk->random.bytes<208>(), hour, hour / 24 + 365));
    fr_.desk->feeds.append(fr_.feed(), records, log_key(), signer(), {});
  }
  /// FR signs two feeds, of which GB and SE hold one each, loses all, and asks both. GB's goes on
  /// for so many records more.
  void sign_two_pasts(std::size_t longer = 0) {
    const std::vector<std::string> everything = {"", ".anchor", ".written"};
    copy("data", "old", everything);
    fr_.report("F2", phone, "+33612345679");
    fr_.publish();
    if (longer > 0) append_dummies(longer);
    Federation::fetch(fr_, gb_);
    copy("old", "data", everything);
    fr_.report("F3", phone, "+33612345670");
    fr_.publish();
    Federation::fetch(fr_, se_);
    lose_everything();
    Federation::fetch(gb_, fr_);
    Federation::fetch(se_, fr_);
  }
  PublicKey log_key() { return keys::ed25519_public(fr_.keystore->get(keys::name::log)); }
  store::Feeds::Signer signer() {
    return [this](ByteView text) { return fr_.sign(keys::name::log, text); };
  }
  /// Everybody has everything, and nobody saw two feeds.
  void expect_agreement(std::size_t matches) {
    for (int round = 0; round < 3; ++round) federation_.exchange();
    for (auto& node : federation_.nodes)
      for (const store::FeedState& state : node->desk->feeds.all())
        EXPECT_FALSE(state.frozen) << node->country;
    const FeedId feed = fr_.feed();
    EXPECT_EQ(fr_.desk->feeds.find(feed)->root, gb_.desk->feeds.find(feed)->root);
    EXPECT_EQ("", gb_.desk->feeds.verify(feed, log_key()));
    EXPECT_EQ(matches, gb_.matches().size());
  }

  Federation federation_;
  TestNode& fr_ = federation_[0];
  TestNode& gb_ = federation_[1];
  TestNode& se_ = federation_[2];
};

TEST_F(Recovery, APeerInRecoveryModeItselfGivesAFeedBackToItsOrigin) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  gb_.report("G1", phone, "+33612345678");
  gb_.publish();
  federation_.exchange();
  const store::FeedState before = *fr_.desk->feeds.find(fr_.feed());
  gb_.recovery = "an old copy";
  lose_everything();
  Federation::fetch(gb_, fr_);
  EXPECT_EQ(1u, now().answered.size());
  EXPECT_EQ(before.note, fr_.desk->feeds.find(fr_.feed())->note);
  EXPECT_FALSE(fr_.desk->feeds.find(gb_.feed())) << "of its own feed it tells nothing";
  EXPECT_TRUE(gb_.host->heads_for(se_.id()).empty());
  finish();
  gb_.recovery.clear();
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  expect_agreement(1);
}

TEST_F(Recovery, WhoHasLeftTheCommunityHasNotSaidWhatItHolds) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  federation_.exchange();
  lose_everything();
  desk::leave_community(*gb_.desk, federation_.first, "tester");
  ASSERT_TRUE(fr_.host->wanted(gb_.id(), gb_.host->statements_for(fr_.id())));
  EXPECT_EQ(0u, now().answered.size());
  Federation::fetch(se_, fr_);
  EXPECT_EQ(1u, now().answered.size());
}

TEST_F(Recovery, WhatAPeerHeardOfAndDoesNotHoldIsNotSignedAnew) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  v1::Clock clock;
  for (auto& head : fr_.host->heads_for(gb_.id())) *clock.add_heads() = std::move(head);
  v1::Want want = gb_.host->wanted(fr_.id(), clock)->at(0);
  want.set_to(5);  // the connection ends before the rest comes
  ASSERT_TRUE(gb_.host->accept(fr_.id(), {*fr_.host->read(gb_.id(), want)}));
  ASSERT_EQ(5u, gb_.desk->feeds.find(fr_.feed())->size);
  // And another before any of the next records comes.
  fr_.report("F2", phone, "+33612345611");
  fr_.publish();
  const std::uint64_t signed_size = fr_.desk->feeds.find(fr_.feed())->note_size;
  clock.clear_heads();
  for (auto& head : fr_.host->heads_for(gb_.id())) *clock.add_heads() = std::move(head);
  ASSERT_TRUE(gb_.host->wanted(fr_.id(), clock));
  ASSERT_GT(signed_size, gb_.desk->feeds.find(fr_.feed())->note_size);
  lose_everything();
  Federation::fetch(gb_, fr_);
  ASSERT_EQ(1u, now().answered.size());
  EXPECT_EQ(signed_size, now().feeds.at(0).told);
  EXPECT_THAT(now().obstacle, testing::HasSubstr("as far as a peer holds the rest"));
}

TEST_F(Recovery, AnOldCopyTakesItsFeedBackAndPublishesOnWithoutASecondSignature) {
  gb_.report("G1", phone, "+33612345678");
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  copy("data", "old");
  ASSERT_EQ("", fr_.recovery);
  fr_.report("F2", phone, "+33612345678");  // its lock replaces the first
  EXPECT_EQ(1u, fr_.publish().feeds(0).replaced());
  for (int round = 0; round < 2; ++round) federation_.exchange();
  const store::FeedState before = *fr_.desk->feeds.find(fr_.feed());
  copy("old", "data");
  ASSERT_NE("", fr_.recovery);
  EXPECT_THAT(now().obstacle, testing::HasSubstr("0 of 1 peers"));

  fr_.report("F9", phone, "+33612345611");
  EXPECT_THROW(fr_.publish(), store::RecoveryNeeded);
  EXPECT_TRUE(fr_.host->heads_for(gb_.id()).empty());
  EXPECT_TRUE(std::holds_alternative<v1::Busy>(fr_.host->answer(gb_.id(), {})));
  EXPECT_FALSE(fr_.host->next_lookup(gb_.id()).has_value());

  Federation::fetch(gb_, fr_);
  EXPECT_EQ(before.note, fr_.desk->feeds.find(fr_.feed())->note);
  finish();
  fr_.report("F3", phone, "+33612345678", v1::SUBJECT_ROLE_RECRUITER);
  const auto published = fr_.publish();
  EXPECT_EQ(1u, published.feeds(0).replaced()) << "the lock that the old copy did not know of";
  EXPECT_EQ(1u, published.feeds(0).locks()) << "what recovery refused to sign";
  expect_agreement(1);
  EXPECT_EQ(2u, gb_.matches()[0].summary().sightings());
}

TEST_F(Recovery, AnUnfinishedRecoveryIsNotForgottenByARestart) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  copy("data", "old");
  fr_.report("F2", phone, "+33612345679");
  fr_.publish();
  Federation::fetch(fr_, gb_);
  copy("old", "data");
  Federation::fetch(gb_, fr_);
  ASSERT_EQ("", now().obstacle);
  fr_.close();
  start();
  EXPECT_NE("", fr_.recovery) << "the feed is whole, but no operator has said so";
}

TEST_F(Recovery, AfterATotalLossTheFeedComesFromPeersAndReportsFindTheirOldLocks) {
  gb_.report("G1", phone, "+33612345678");
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  for (int round = 0; round < 2; ++round) federation_.exchange();
  ASSERT_EQ(1u, gb_.matches().size());
  const store::FeedState before = *fr_.desk->feeds.find(fr_.feed());
  lose_everything();
  ASSERT_NE("", fr_.recovery);
  Federation::fetch(gb_, fr_);
  EXPECT_THAT(now(2).obstacle, testing::HasSubstr("1 of 2 peers"));
  Federation::fetch(se_, fr_);
  EXPECT_EQ("", now(2).obstacle);
  EXPECT_EQ(before.note, fr_.desk->feeds.find(fr_.feed())->note);
  finish();
  fr_.report("F1", phone, "+33612345678");
  const auto published = fr_.publish();
  EXPECT_EQ(0u, published.feeds(0).locks()) << "no identifier has two live locks";
  fr_.report("F2", phone, "+33612345678");
  EXPECT_EQ(1u, fr_.publish().feeds(0).replaced());
  expect_agreement(1);
}

/// Who held it may be no member today, and one again tomorrow.
TEST_F(Recovery, AfterATotalLossAFeedThatNobodyHoldsIsNotBegunAgainButEnded) {
  gb_.report("G1", phone, "+33612345678");
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  lose_everything();
  for (TestNode* peer : {&gb_, &se_}) Federation::fetch(*peer, fr_);
  EXPECT_THAT(now(2).obstacle, testing::HasSubstr("nobody can say what was signed"));
  EXPECT_EQ(1u, open_generations(*fr_.desk, now(2), "tester"));
  EXPECT_EQ("", now(2).obstacle);
  finish();
  EXPECT_EQ(2u, fr_.feed().generation);
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  expect_agreement(1);
}

TEST_F(Recovery, AfterATotalLossCanariesAreFoundByTheOneWhoLostAllAndByTheOthers) {
  for (TestNode* node : {&fr_, &gb_}) {
    node->report("R1", phone, "+33612345678");
    node->publish();
  }
  federation_.exchange();
  lose_everything();
  Federation::fetch(gb_, fr_);
  Federation::fetch(se_, fr_);
  const std::uint64_t lost = fr_.desk->feeds.find(fr_.feed())->size;
  finish();
  for (int i = 0; i < 5; ++i) {
    federation_.advance(86'400);
    for (int round = 0; round < 2; ++round) federation_.exchange();
  }
  EXPECT_LT(lost, fr_.desk->feeds.find(fr_.feed())->size) << "it does not know that it has some";
  const auto stage = [&](TestNode& asker, TestNode& origin, std::uint8_t group) {
    return asker.lookups->canaries()
        .look(asker.desk->members.communities().at(0), *asker.desk->feeds.find(origin.feed()),
              group)
        .stage;
  };
  for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
    EXPECT_EQ(desk::CanaryStage::found, stage(fr_, gb_, group));
    EXPECT_EQ(desk::CanaryStage::found, stage(gb_, fr_, group));
    EXPECT_EQ(desk::CanaryStage::found, stage(se_, fr_, group));
  }
  EXPECT_EQ(1u, gb_.matches().size());
  expect_agreement(1);
}

TEST_F(Recovery, ADamagedAnchorIsMadeAnewWhenPeersHoldNoMore) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  Federation::fetch(fr_, gb_);
  fr_.report("F2", phone, "+33612345679");
  fr_.publish();  // nobody has this yet
  fr_.close();
  std::fstream anchor(fr_.folder / "data.anchor", std::ios::in | std::ios::out | std::ios::binary);
  anchor.seekg(40);
  const int byte = anchor.get();
  anchor.seekp(40);
  anchor.put(static_cast<char>(byte ^ 1));
  anchor.close();
  start();
  EXPECT_THAT(fr_.recovery, testing::HasSubstr("damaged"));
  Federation::fetch(gb_, fr_);
  finish();
  expect_agreement(0);
}

TEST_F(Recovery, AFeedThatNobodyHasWholeIsEndedByANewGeneration) {
  gb_.report("G1", phone, "+33612345678");
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  for (int round = 0; round < 2; ++round) federation_.exchange();
  ASSERT_EQ(1u, gb_.matches().size());
  const FeedId first = fr_.feed();
  const std::uint64_t ended = fr_.desk->feeds.find(first)->size;
  copy("data", "old");
  fr_.report("F2", phone, "+33612345679");
  fr_.publish();  // and lost before anybody fetched it
  copy("old", "data");
  Federation::fetch(gb_, fr_);
  EXPECT_THAT(now().obstacle, testing::HasSubstr("no peer that answered holds the rest"));
  EXPECT_EQ(1u, open_generations(*fr_.desk, now(), "tester"));
  finish();
  EXPECT_EQ(2u, fr_.feed().generation);
  fr_.publish();
  expect_agreement(1);
  EXPECT_EQ(ended, gb_.desk->feeds.find(first)->closed_size);
  EXPECT_EQ(2u,
            desk::feed_of(*gb_.desk, gb_.desk->members.communities().at(0), fr_.id()).generation);
  // The old generation takes nothing any more, whoever brings it.
  fr_.desk->feeds.append(first,
                         std::vector{make_record(RecordKind::advisory, 1, 30'000, {1, 2, 3})},
                         log_key(), signer(), {});
  Federation::fetch(fr_, gb_);
  EXPECT_EQ(ended, gb_.desk->feeds.find(first)->size);
  gb_.restart();
  EXPECT_EQ(ended, gb_.desk->feeds.find(first)->closed_size);
}

TEST_F(Recovery, AGenerationWithoutTheIdentitysSignatureIsNotBegun) {
  fr_.publish();
  Federation::fetch(fr_, gb_);
  FeedId next = fr_.feed();
  next.generation = 2;
  v1::Close close;
  close.set_size(1);
  close.set_generation(1);
  close.set_signature(std::string(as_text(fr_.sign(keys::name::log, as_bytes("a thief")))));
  fr_.desk->feeds.append(next,
                         std::vector{make_record(RecordKind::close, 1, 30'000,
                                                 to_bytes(as_bytes(close.SerializeAsString())))},
                         log_key(), signer(), {});
  Federation::fetch(fr_, gb_);
  EXPECT_EQ(0u, gb_.desk->feeds.find(next)->size);
  EXPECT_FALSE(gb_.desk->feeds.find({next.community, next.origin, 1})->closed_size.has_value());
}

TEST_F(Recovery, TwoFeedsThatDifferOnlyBehindThousandsOfRecordsAreComparedPieceByPiece) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  append_dummies(2 * limits::data_records_max + 100);
  sign_two_pasts(50);
  EXPECT_NE(gb_.desk->feeds.find(fr_.feed())->size, se_.desk->feeds.find(fr_.feed())->size)
      << "two notes of one size would convict by themselves";
  EXPECT_TRUE(fr_.desk->feeds.find(fr_.feed())->frozen);
  EXPECT_EQ(1u, fr_.desk->feeds.evidence(fr_.feed()).size());
}

TEST_F(Recovery, TwoFeedsOfOurOwnAreEvidenceAgainstUs) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  sign_two_pasts();
  EXPECT_TRUE(fr_.desk->feeds.find(fr_.feed())->frozen);
  EXPECT_EQ(1u, fr_.desk->feeds.evidence(fr_.feed()).size());
  EXPECT_THAT(now().obstacle, testing::HasSubstr("two different feeds"));
  EXPECT_EQ(1u, open_generations(*fr_.desk, now(), "tester"));
  EXPECT_EQ("", now().obstacle);
}

/// FR's feed has a past that is over, which GB holds and SE, who came behind its floor, does not.
class RecoveryBehindAFloor : public Recovery {
 protected:
  RecoveryBehindAFloor() {
    gb_.report("G1", phone, "+33612345678");
    se_.report("S1", phone, "+33612345678");
    fr_.report("F0", phone, "+33612345670");
    fr_.publish();
    copy("data", "early");
    append_dummies(1'300);
    Federation::fetch(fr_, gb_);
    federation_.advance(366 * testing_support::day);
    fr_.report("F1", phone, "+33612345678");
    fr_.publish();
    EXPECT_EQ(1u, desk::raise_floors(*fr_.desk));
    floor_ = fr_.desk->feeds.find(fr_.feed())->ended();
    Federation::fetch(fr_, gb_);
    Federation::fetch(fr_, se_);
    for (TestNode* node : {&gb_, &se_}) {
      node->lookups->match(fr_.feed());
      node->lookups->plan();
      Federation::look_up(*node, fr_);
    }
  }
  std::uint64_t first_at(const TestNode& node) { return node.desk->feeds.find(fr_.feed())->first; }
  std::uint64_t floor_ = 0;
};

TEST_F(RecoveryBehindAFloor, WhatNoPeerHoldsHadEndedAndIsSaidToBeGone) {
  ASSERT_LT(1'024u, floor_);
  ASSERT_EQ(floor_, first_at(se_));
  const store::FeedState before = *fr_.desk->feeds.find(fr_.feed());
  lose_everything();
  Federation::fetch(se_, fr_);
  EXPECT_EQ(floor_, first_at(fr_));
  EXPECT_EQ(floor_, now().feeds.at(0).first);
  EXPECT_EQ(before.note, fr_.desk->feeds.find(fr_.feed())->note);
  finish();
  fr_.report("F1", phone, "+33612345678");
  fr_.report("F2", phone, "+33612345679");
  EXPECT_EQ(1u, fr_.publish().feeds(0).locks()) << "the first one's lock was found again";
  expect_agreement(1);
  EXPECT_EQ("", fr_.desk->feeds.verify(fr_.feed(), log_key()));
}

TEST_F(RecoveryBehindAFloor, AWholeFeedGoesBeforeOneFromAFloorOn) {
  lose_everything();
  Federation::fetch(se_, fr_);
  ASSERT_EQ(floor_, first_at(fr_));
  Federation::fetch(gb_, fr_);
  EXPECT_EQ(0u, first_at(fr_));
  Federation::fetch(se_, fr_);
  EXPECT_EQ(0u, first_at(fr_));
  finish();
  expect_agreement(1);
}

TEST_F(RecoveryBehindAFloor, AnOldCopyIsGivenUpOnlyWhereNobodyHoldsWhatFollowsIt) {
  copy("early", "data");
  ASSERT_NE("", fr_.recovery);
  Federation::fetch(gb_, fr_);
  EXPECT_EQ(0u, first_at(fr_)) << "GB brings what follows";
  copy("early", "data");
  Federation::fetch(se_, fr_);
  EXPECT_EQ(floor_, first_at(fr_));
  finish();
  expect_agreement(1);
}

TEST_F(RecoveryBehindAFloor, WhatIsHeldStaysUntilAPeerHasShownWhatItSaysThatItHolds) {
  copy("early", "data");
  const std::uint64_t held = fr_.desk->feeds.find(fr_.feed())->size;
  ASSERT_LT(0u, held);
  v1::Clock clock;
  for (v1::FeedHead& head : se_.host->heads_for(fr_.id())) {
    if (head.origin() == desk::text(fr_.id().bytes)) head.set_first(head.size() - 1);
    *clock.add_heads() = std::move(head);
  }
  const auto wants = fr_.host->wanted(se_.id(), clock);
  ASSERT_TRUE(wants.has_value());
  EXPECT_EQ(held, fr_.desk->feeds.find(fr_.feed())->size);
  // It shows records that are not what was signed.
  auto range = gb_.desk->feeds.read(fr_.feed(), 0, 8).value();
  range.headers[10] ^= 1;
  static_cast<void>(fr_.host->accept(se_.id(), {to_data(fr_.feed(), range)}));
  EXPECT_EQ(held, fr_.desk->feeds.find(fr_.feed())->size);
  Federation::fetch(gb_, fr_);
  EXPECT_EQ(0u, first_at(fr_)) << "GB holds all";
  finish();
  expect_agreement(1);
}

TEST_F(RecoveryBehindAFloor, OneRecordThatIsTrueDoesNotTakeThePlaceOfAllThatIsHeld) {
  copy("early", "data");
  const std::uint64_t held = fr_.desk->feeds.find(fr_.feed())->size;
  v1::Clock clock;
  for (v1::FeedHead& head : se_.host->heads_for(fr_.id())) {
    if (head.origin() == desk::text(fr_.id().bytes)) head.set_first(head.size() - 1);
    *clock.add_heads() = std::move(head);
  }
  ASSERT_TRUE(fr_.host->wanted(se_.id(), clock).has_value());
  const auto range = gb_.desk->feeds.read(fr_.feed(), 0, 1).value();
  static_cast<void>(fr_.host->accept(se_.id(), {to_data(fr_.feed(), range)}));
  EXPECT_EQ(held, fr_.desk->feeds.find(fr_.feed())->size);
}

TEST_F(Recovery, WhileRecoveryIsFinishedNothingOfTheOwnFeedIsTaken) {
  fr_.report("F1", phone, "+33612345678");
  fr_.publish();
  Federation::fetch(fr_, gb_);
  lose_everything();
  {
    const auto held = fr_.host->hold_own_feeds();
    Federation::fetch(gb_, fr_);
    EXPECT_EQ(0u, fr_.desk->feeds.find(fr_.feed())->size);
  }
  Federation::fetch(gb_, fr_);
  EXPECT_LT(0u, fr_.desk->feeds.find(fr_.feed())->size);
}

TEST_F(Recovery, WithTheAnchorLostAllOtherMembersMustHaveAnswered) {
  EXPECT_EQ(1u, peers_needed(*fr_.desk, 1));
  lose_everything();
  EXPECT_EQ(2u, peers_needed(*fr_.desk, 1));
  EXPECT_EQ(5u, peers_needed(*fr_.desk, 5));
}

TEST_F(Recovery, MoreGenerationsThanAClockTakesAreToldInTurns) {
  for (std::uint32_t generation = 1; generation <= limits::clock_heads_max + 6; ++generation) {
    const Record record = make_record(RecordKind::close, 480'000, 0xffff'ffff, Bytes(40, 1));
    gb_.desk->feeds.append({federation_.first, fr_.id(), generation}, {&record, 1}, log_key(),
                           signer(), {});
  }
  std::set<std::uint32_t> told;
  for (int i = 0; i < 2; ++i) {
    const auto heads = gb_.host->heads_for(fr_.id());
    EXPECT_EQ(limits::clock_heads_max, heads.size());
    for (const v1::FeedHead& head : heads)
      if (head.origin() == desk::text(fr_.id().bytes)) told.insert(head.generation());
  }
  EXPECT_EQ(limits::clock_heads_max + 6, told.size());
}

}  // namespace
}  // namespace bakhita::exchange
