// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/old_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keys/error.h"
#include "node/desk/review.h"
#include "node/desk/upkeep.h"
#include "node/exchange/recovery.h"
#include "protocol/limits.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::SizeIs;
using testing_support::Federation;
using testing_support::TestNode;

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;

std::string test_name() {
  return std::string("old-copy-") + testing::UnitTest::GetInstance()->current_test_info()->name();
}

class OldCopy : public testing::Test {
 protected:
  /// One part of FR's folder in place of another; the node is stopped meanwhile.
  void copy(const std::string& from, const std::string& to) {
    fs::remove_all(fr_.folder / to);
    fs::copy(fr_.folder / from, fr_.folder / to, fs::copy_options::recursive);
    fs::permissions(fr_.folder / to, fs::is_directory(fr_.folder / to)
                                         ? fs::perms::owner_all
                                         : fs::perms::owner_read | fs::perms::owner_write);
  }
  void take_copy() {
    fr_.close();
    copy("data", "old");
    fr_.open();
  }
  void put_back() {
    fr_.close();
    copy("old", "data");
    start();
  }
  void start() {
    fr_.open();
    fr_.recovery = fr_.desk->anchor.problem();
  }
  void open_with(const fs::path& keystore) {
    fr_.close();
    fr_.keystore.emplace(keys::Keystore::open(
        keystore,
        {keys::Credential::Kind::key_file, keys::SecretBytes::copy_of(ByteArray<32>{42})}));
    fr_.open();
  }
  void erase(TestNode& node, const std::string& id) {
    admin::v1::ReportErase request;
    request.set_id(id);
    request.set_operator_("tester");
    ASSERT_TRUE(erase_report(*node.desk, *node.lookups, request)->complete());
  }
  void finish() {
    Federation::fetch(gb_, fr_);
    ASSERT_EQ("", exchange::standing(*fr_.desk, fr_.host->own_heads(), 1).obstacle);
    exchange::finish_recovery(*fr_.desk, "tester", "finish");
    fr_.close();
    start();
    ASSERT_EQ("", fr_.recovery);
  }
  void exchange_all() {
    for (int round = 0; round < 3; ++round) federation_.exchange();
  }
  std::optional<storage::v1::IdentifierState> state(const std::string& number) {
    return fr_.desk->identifiers.load(fr_.desk->identifiers.hash(IdentifierType::phone, number));
  }
  bool in_bucket_of(const std::string& number, const std::string& other) {
    const auto bucket = [&](const std::string& value) {
      return ByteReader(fr_.desk->identifiers.hash(IdentifierType::phone, value)).u32() >> 22;
    };
    return bucket(number) == bucket(other);
  }
  /// A number that no erasure of the other touches.
  std::string apart_from(const std::string& other) {
    std::string number = "+33612300000";
    while (in_bucket_of(number, other)) ++number.back();
    return number;
  }
  /// The first bucket of reports is full after it.
  void fill_a_bucket() {
    admin::v1::ImportRows rows;
    for (std::uint64_t i = 0; i < limits::reports_per_bucket; ++i) {
      auto& report = *rows.add_rows()->mutable_report();
      report.set_id("fill-" + std::to_string(i));
      report.mutable_received_at()->set_seconds(static_cast<std::int64_t>(fr_.now));
    }
    Importer importer(*fr_.desk, "test", "tester", false);
    importer.add(rows);
  }

  Federation federation_{{"FR", "GB"}, test_name()};
  TestNode& fr_ = federation_[0];
  TestNode& gb_ = federation_[1];
};

TEST_F(OldCopy, FromBeforeAnErasureComesBackWithoutWhatWasErasedAndWithoutASecondLock) {
  for (TestNode* node : {&fr_, &gb_}) {
    node->report("1", phone, "+33612345671");
    node->report("2", phone, "+33612345672");
    node->publish();
  }
  exchange_all();
  ASSERT_THAT(gb_.matches(), SizeIs(2));
  take_copy();
  erase(fr_, "1");
  fr_.report("3", phone, "+33612345673");
  fr_.publish();
  exchange_all();
  ASSERT_THAT(gb_.matches(), SizeIs(1));
  const std::uint64_t size = fr_.desk->feeds.find(fr_.feed())->size;

  put_back();
  EXPECT_NE("", fr_.recovery);
  EXPECT_EQ(2u, fr_.desk->reports.dropped().count);
  EXPECT_EQ(20'260'301u, fr_.desk->reports.dropped().first_day);
  EXPECT_FALSE(fr_.desk->reports.find("2"));
  EXPECT_FALSE(state("+33612345671"));
  finish();
  EXPECT_FALSE(state("+33612345671"));
  EXPECT_THROW(fr_.publish(), PublishRefused);
  fr_.report("2", phone, "+33612345672");
  fr_.report("3", phone, "+33612345673");
  settle_dropped(*fr_.desk, "tester");
  keep_up(*fr_.desk, *fr_.lookups);
  EXPECT_EQ(0u, fr_.desk->reports.dropped().count);
  const auto published = fr_.publish().feeds(0);
  EXPECT_EQ(0u, published.locks() + published.replaced() + published.withdrawn());
  EXPECT_EQ(size, published.size()) << "every lock was found again";
  exchange_all();
  EXPECT_THAT(gb_.matches(), SizeIs(1));
  ASSERT_THAT(fr_.matches(), SizeIs(1));
  EXPECT_THAT(fr_.matches()[0].report_ids(), testing::ElementsAre("2"));
  EXPECT_FALSE(fr_.desk->reports.find("1"));
}

TEST_F(OldCopy, WhatStandsOnNoReportIsTakenBackWhenItIsSettledAndNotBefore) {
  for (TestNode* node : {&fr_, &gb_}) node->report("1", phone, "+33612345671");
  fr_.report("2", phone, apart_from("+33612345671"));
  gb_.report("2", phone, apart_from("+33612345671"));
  fr_.publish();
  exchange_all();
  take_copy();
  erase(fr_, "1");
  exchange_all();
  put_back();
  finish();
  keep_up(*fr_.desk, *fr_.lookups);
  exchange_all();
  EXPECT_THAT(gb_.matches(), SizeIs(1)) << "it may be imported again";
  EXPECT_EQ(1u, settle_dropped(*fr_.desk, "tester"));
  keep_up(*fr_.desk, *fr_.lookups);
  exchange_all();
  EXPECT_THAT(gb_.matches(), SizeIs(0));
}

TEST_F(OldCopy, StatesAreRebuiltFromTheReportsThatCanBeRead) {
  const std::string erased = "+33612345671", victim = apart_from(erased);
  fr_.report("1", phone, erased);
  fr_.report("2", phone, victim, v1::SUBJECT_ROLE_VICTIM);
  fill_a_bucket();
  fr_.report("late-1", phone, erased);
  fr_.report("late-2", phone, victim);
  fr_.publish();
  exchange_all();
  take_copy();
  erase(fr_, "1");
  exchange_all();
  put_back();
  EXPECT_EQ(limits::reports_per_bucket, fr_.desk->reports.dropped().count);
  EXPECT_FALSE(state(erased));
  EXPECT_TRUE(fr_.desk->reports.find("late-1"));
  finish();
  ASSERT_TRUE(state(erased));
  EXPECT_EQ(1, state(erased)->sightings_size());
  EXPECT_EQ(2, state(victim)->sightings_size());
  EXPECT_TRUE(facts_of(*state(victim)).shielded_role) << "until it is settled";
  settle_dropped(*fr_.desk, "tester");
  EXPECT_FALSE(facts_of(*state(victim)).shielded_role);
}

TEST_F(OldCopy, IsDroppedWholeThoughTheNodeCrashesMeanwhile) {
  fr_.report("1", phone, "+33612345671");
  fr_.report("2", phone, "+33612345672");
  take_copy();
  erase(fr_, "1");
  fr_.close();
  copy("old", "data");
  {
    Stores stores(fr_.folder / "data", {}, *fr_.keystore);
    ASSERT_THAT(stores.identifier_keys.outdated(), SizeIs(1));
    ASSERT_THAT(stores.reports.outdated(), SizeIs(1));
    const auto crash = [](store::Batch) { throw store::StorageError("crash"); };
    EXPECT_THROW(stores.reports.drop_outdated(crash), store::StorageError);
    const auto buckets = stores.identifier_keys.outdated();
    stores.database.commit(stores.identifier_keys.drop(buckets[0], [](ByteView) {}));
    stores.identifier_keys.adopt(buckets);
  }
  start();
  EXPECT_NE("", fr_.recovery);
  EXPECT_EQ(2u, fr_.desk->reports.dropped().count);
  EXPECT_THAT(fr_.desk->reports.outdated(), SizeIs(0));
  fr_.restart();
  EXPECT_NE("", fr_.desk->anchor.problem());
  EXPECT_EQ(2u, fr_.desk->reports.dropped().count);
}

TEST_F(OldCopy, AnEmptyDatabaseGoesOnUnderTheKeysThatErasuresLeft) {
  fr_.report("1", phone, "+33612345671");
  erase(fr_, "1");
  fr_.close();
  fs::remove_all(fr_.folder / "data");
  start();
  EXPECT_NE("", fr_.recovery);
  EXPECT_EQ(0u, fr_.desk->reports.dropped().count);
  fr_.report("2", phone, "+33612345671");
  fr_.restart();
  EXPECT_TRUE(fr_.desk->reports.find("2"));
  EXPECT_TRUE(state("+33612345671"));
}

TEST_F(OldCopy, AnOlderKeystoreIsRefused) {
  fr_.report("1", phone, "+33612345671");
  copy("keystore", "older");
  erase(fr_, "1");
  EXPECT_THROW(open_with(fr_.folder / "older"), keys::KeyError);
  open_with(fr_.folder / "keystore");
  EXPECT_EQ("", fr_.desk->anchor.problem());
}

TEST_F(OldCopy, AKeystoreFromBeforeItsLastChangeIsRefusedThoughItHasAllKeys) {
  fr_.report("1", phone, "+33612345671");
  copy("keystore", "older");
  std::map<std::string, std::optional<keys::SecretBytes>> changes;
  changes.emplace("another", keys::SecretBytes::random(32));
  fr_.keystore->change(std::move(changes));
  EXPECT_THROW(open_with(fr_.folder / "older"), keys::KeyError);
  EXPECT_THROW(open_with(fr_.folder / "older"), keys::KeyError) << "nothing was noted meanwhile";
  open_with(fr_.folder / "keystore");
  EXPECT_EQ("", fr_.desk->anchor.problem());
}

TEST_F(OldCopy, AnOlderKeystoreThatIsAcceptedIsNotedByWhoWritesItDown) {
  copy("keystore", "older");
  fr_.report("1", phone, "+33612345671");
  const std::uint64_t newest = fr_.keystore->generation();
  fr_.close();
  store::Anchor anchor(fr_.folder / "data.anchor", fr_.keystore->derive("anchor").view(), false);
  EXPECT_EQ(newest, anchor.state().keystore_generation);
  auto older = keys::Keystore::open(
      fr_.folder / "older",
      {keys::Credential::Kind::key_file, keys::SecretBytes::copy_of(ByteArray<32>{42})});
  {
    const GenerationNote note(older, anchor, OlderKeystore::accepted);
    EXPECT_EQ(newest, note.newest());
    EXPECT_EQ(newest, anchor.state().keystore_generation);
    anchor.note_keystore(older.generation());
  }
  EXPECT_EQ(std::nullopt, GenerationNote(older, anchor, OlderKeystore::refused).newest());
}

TEST_F(OldCopy, AChangeOfTheKeystoreThatTheAnchorDoesNotKnowYetIsFine) {
  fr_.close();  // as a crash between the two writes, or an offline command, leaves them
  std::map<std::string, std::optional<keys::SecretBytes>> changes;
  changes.emplace("another", keys::SecretBytes::random(32));
  fr_.keystore->change(std::move(changes));
  start();
  EXPECT_EQ("", fr_.recovery);
  EXPECT_EQ(fr_.keystore->generation(), fr_.desk->anchor.state().keystore_generation);
}

TEST_F(OldCopy, KeysInNoUseStayUntilTheDatabaseIsKnownToBeTheNewest) {
  fr_.report("1", phone, "+33612345671");
  const auto hash = fr_.desk->identifiers.hash(IdentifierType::phone, "+33612345671");
  take_copy();
  store::Batch rows;
  {  // a crash between commit and the end of the replacement
    store::IdentifierKeys::Replacement replacement(fr_.desk->identifiers.keys(), {&hash, 1});
    rows = replacement.rows();
    fr_.desk->database.commit(std::move(rows));
  }
  fr_.close();
  copy("data", "newest");
  put_back();  // by mistake
  EXPECT_NE("", fr_.recovery);
  fr_.close();
  copy("newest", "data");
  fr_.open();
  EXPECT_TRUE(state("+33612345671"));
}

TEST_F(OldCopy, AnotherNodesKeystoreWithNewerKeysIsRefusedAndDropsNothing) {
  fr_.report("1", phone, "+33612345671");
  gb_.report("1", phone, "+33612345671");
  erase(gb_, "1");
  fs::copy(gb_.folder / "keystore", fr_.folder / "foreign");
  EXPECT_THROW(open_with(fr_.folder / "foreign"), keys::KeyError);
  open_with(fr_.folder / "keystore");
  EXPECT_TRUE(fr_.desk->reports.find("1"));
  EXPECT_TRUE(state("+33612345671"));
  EXPECT_EQ("", fr_.desk->anchor.problem());
}

}  // namespace
}  // namespace bakhita::desk
