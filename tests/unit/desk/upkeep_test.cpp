// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/upkeep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "node/desk/answering.h"
#include "node/desk/review.h"
#include "node/desk/sightings.h"
#include "node/store/sealing.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using store::Table;
using testing::Contains;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::day;
using testing_support::Federation;
using testing_support::TestNode;

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
constexpr const char* number = "+33612345678";

std::string test_name() {
  return std::string("upkeep-") + testing::UnitTest::GetInstance()->current_test_info()->name();
}

std::size_t rows(TestNode& node, Table table) {
  std::size_t out = 0;
  node.desk->database.scan(table, {}, {}, [&](ByteView, ByteView) { return ++out > 0; });
  return out;
}

/// Both hold the number, FR has published it, and GB knows of the match.
class Upkeep : public testing::Test {
 protected:
  void SetUp() override {
    gb.report("G1", phone, number);
    fr.report("F1", phone, number);
    fr.publish();
    exchange();
    ASSERT_THAT(gb.matches(), SizeIs(1));
  }
  void exchange() {
    federation.exchange();
    federation.exchange();
  }
  void keep_up(TestNode& node) { desk::keep_up(*node.desk, *node.lookups); }
  void report_with_tlp(const std::string& id, const std::string& tlp) {
    admin::v1::ImportRows rows;
    auto& report = *rows.add_rows()->mutable_report();
    report.set_id(id);
    report.set_tlp(tlp);
    report.mutable_received_at()->set_seconds(static_cast<std::int64_t>(fr.now));
    auto* identifier = report.add_identifiers();
    identifier->set_type(phone);
    identifier->set_value(number);
    identifier->set_role(v1::SUBJECT_ROLE_EXPLOITER);
    Importer importer(*fr.desk, "test", "tester", false);
    importer.add(rows);
  }
  std::vector<v1::Withdraw> withdrawals() {
    std::vector<v1::Withdraw> out;
    const auto size = fr.desk->feeds.find(fr.feed())->size;
    for (const Record& record : fr.desk->feeds.read_held(fr.feed(), 0, size)) {
      v1::Withdraw body;
      if (record.header.kind == RecordKind::withdraw &&
          body.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())))
        out.push_back(std::move(body));
    }
    return out;
  }
  std::vector<store::AuditEntry> audit(TestNode& node, const std::string& action) {
    std::vector<store::AuditEntry> out;
    for (auto& entry : node.desk->audit.read(0, node.desk->audit.size()))
      if (entry.action == action) out.push_back(entry);
    return out;
  }

  Federation federation{{"FR", "GB"}, test_name()};
  TestNode &fr = federation[0], &gb = federation[1];
};

TEST_F(Upkeep, AnIdentifierThatBecomesAVictimsIsTakenBackWithoutAnybodyPublishing) {
  fr.report("F2", phone, number, v1::SUBJECT_ROLE_VICTIM);
  keep_up(fr);
  exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
  EXPECT_THAT(audit(fr, "withdraw"), SizeIs(1));
}

TEST_F(Upkeep, ARectificationThatNarrowsTheMarksIsTakenBackAtOnce) {
  report_with_tlp("F1", "AMBER+STRICT");
  keep_up(fr);
  exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
  fr.publish();  // with an approval it is published again, at its new marks
  exchange();
  ASSERT_THAT(gb.matches(), SizeIs(1));
  EXPECT_EQ(gb.matches()[0].summary().tlp(), 4u);
}

TEST_F(Upkeep, WhatReportsSayMoreThanTheLockWaitsForAPublication) {
  const auto size = fr.desk->feeds.find(fr.feed())->size;
  fr.report("F2", phone, number);
  keep_up(fr);
  EXPECT_EQ(fr.desk->feeds.find(fr.feed())->size, size);
}

TEST_F(Upkeep, AWithdrawalIsHiddenAmongDummiesWithItsReason) {
  fr.report("F2", phone, number, v1::SUBJECT_ROLE_VICTIM);
  keep_up(fr);
  const auto all = withdrawals();
  ASSERT_THAT(all, SizeIs(8));
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].reason(), v1::WITHDRAW_REASON_ERASED) << "as any erasure: not a victim's";
    if (i > 0) {
      EXPECT_LT(all[i - 1].index(), all[i].index());
    }
  }
}

TEST_F(Upkeep, AChangeWhoseReviewACrashCutShortIsReviewedAfterTheRestart) {
  fr.report("F2", phone, number, v1::SUBJECT_ROLE_VICTIM);
  fr.restart();
  keep_up(fr);
  exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
}

TEST_F(Upkeep, ErasureTakesBackAtOnceAndOnlyOnce) {
  admin::v1::ReportErase erase;
  erase.set_id("F1");
  const auto erased = erase_report(*fr.desk, *fr.lookups, erase);
  ASSERT_TRUE(erased.has_value());
  EXPECT_EQ(erased->withdrawn(), 1u);
  EXPECT_TRUE(erased->complete());
  const auto size = fr.desk->feeds.find(fr.feed())->size;
  keep_up(fr);
  EXPECT_EQ(fr.desk->feeds.find(fr.feed())->size, size);
  exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
}

TEST_F(Upkeep, WhatExpiredIsDeletedAtBothEnds) {
  federation.advance(400 * day);
  for (auto& node : federation.nodes) keep_up(*node);
  EXPECT_THAT(gb.matches(), IsEmpty());
  EXPECT_THAT(audit(gb, "match.expired"), SizeIs(1));
  EXPECT_THAT(audit(fr, "lock.expired"), SizeIs(1));
  EXPECT_EQ(rows(gb, Table::tokens), 0u);
  EXPECT_EQ(rows(gb, Table::wanted), 0u);
  for (TestNode* node : {&fr, &gb})
    for (const Record& record : node->desk->feeds.read_held(fr.feed(), 0, 100))
      if (record.header.kind == RecordKind::lock) {
        EXPECT_THAT(record.body, IsEmpty());
      }
  EXPECT_EQ(
      gb.desk->feeds.verify(fr.feed(), keys::ed25519_public(fr.keystore->get(keys::name::log))),
      "");
}

TEST_F(Upkeep, NothingExpiresADayEarly) {
  federation.advance(365 * day);
  for (auto& node : federation.nodes) keep_up(*node);
  EXPECT_THAT(gb.matches(), SizeIs(1));
}

TEST_F(Upkeep, WhatLookupsLeftBehindGoesWhenAnIdentifierBecomesAVictims) {
  EXPECT_GT(rows(gb, Table::prks), 0u);
  gb.report("G2", phone, number, v1::SUBJECT_ROLE_VICTIM);
  keep_up(gb);
  for (Table table : {Table::prks, Table::wanted, Table::lookups, Table::matches,
                      Table::match_index, Table::reviews})
    EXPECT_EQ(rows(gb, table), 0u) << static_cast<int>(table);
  exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
  EXPECT_EQ(rows(gb, Table::prks), 0u);
}

TEST_F(Upkeep, AnAnswerForWhatWasErasedMeanwhileIsNotKept) {
  gb.report("G2", phone, "+33612345679");
  gb.lookups->plan();
  const auto request = gb.host->next_lookup(fr.id());
  ASSERT_TRUE(request.has_value());
  admin::v1::ReportErase erase;
  erase.set_id("G2");
  const std::size_t before = rows(gb, Table::prks);
  ASSERT_TRUE(erase_report(*gb.desk, *gb.lookups, erase).has_value());
  const auto answer = fr.host->answer(gb.id(), *request);
  gb.host->finish_lookup(fr.id(), std::get<v1::Evaluated>(answer));
  EXPECT_EQ(rows(gb, Table::prks), before);
  EXPECT_EQ(gb.lookups->waiting(), 0u);
}

TEST_F(Upkeep, WaitingLookupsAreCountedOverRestarts) {
  for (int i = 0; i < 5; ++i)
    gb.report("Q" + std::to_string(i), phone, "+3361234500" + std::to_string(i));
  gb.lookups->plan();
  gb.lookups->plan();
  EXPECT_EQ(gb.lookups->waiting(), 5u);
  gb.restart();
  EXPECT_EQ(gb.lookups->waiting(), 5u);
  EXPECT_EQ(rows(gb, Table::lookups), 5u);
  admin::v1::ReportErase erase;
  erase.set_id("Q3");
  erase_report(*gb.desk, *gb.lookups, erase);
  EXPECT_EQ(gb.lookups->waiting(), 4u);
  exchange();
  EXPECT_EQ(gb.lookups->waiting(), 0u);
  EXPECT_EQ(rows(gb, Table::lookups), 0u);
}

/// Rows as they lie in the files of GB's data folder, and where they belonged.
struct OldRow {
  Table table;
  Bytes key, sealed;
};

class Erasure : public Upkeep {
 protected:
  std::vector<OldRow> rows_of_the_identifier() {
    std::vector<OldRow> out;
    for (Table table : {Table::identifiers, Table::prks, Table::matches})
      gb.desk->database.scan(table, {}, {}, [&](ByteView key, ByteView row) {
        out.push_back({table, to_bytes(key), to_bytes(row)});
        return true;
      });
    return out;
  }
  bool some_secret_opens(const OldRow& row) const {
    const ByteView head = ByteView(row.sealed).first(6), sealed = ByteView(row.sealed).subspan(6);
    const Bytes place =
        ByteWriter().u8(static_cast<std::uint8_t>(row.table)).raw(head).raw(row.key).take();
    for (const std::string& name : gb.keystore->names()) {
      const keys::SecretBytes secret = gb.keystore->get(name);
      // Some secrets are many keys: any 32 bytes may be the one.
      for (std::size_t at = 0; at + 32 <= secret.size(); ++at) try {
          store::unseal(to_array<32>(secret.view().subspan(at, 32)).value(), sealed, place);
          return true;
        } catch (const store::StorageError&) {
        }
    }
    return false;
  }
  std::string all_files() const {
    std::string out;
    for (const auto& file : std::filesystem::recursive_directory_iterator(gb.folder / "data")) {
      std::ifstream in(file.path(), std::ios::binary);
      out.append(std::istreambuf_iterator<char>(in), {});
    }
    return out;
  }
  /// The rows are still in the files, and nothing opens them.
  void erase_and_look() {
    const std::vector<OldRow> old = rows_of_the_identifier();
    ASSERT_THAT(old, SizeIs(3));
    for (const OldRow& row : old) EXPECT_TRUE(some_secret_opens(row)) << "the check itself works";
    admin::v1::ReportErase erase;
    erase.set_id("G1");
    ASSERT_TRUE(erase_report(*gb.desk, *gb.lookups, erase)->complete());
    const std::string files = all_files();
    for (const OldRow& row : old) {
      EXPECT_NE(files.find(as_text(row.sealed)), std::string::npos);
      EXPECT_FALSE(some_secret_opens(row));
    }
    EXPECT_THAT(rows_of_the_identifier(), IsEmpty());
  }
};

TEST_F(Erasure, LeavesNothingInTheLogThatASecretOfTheKeystoreOpens) { erase_and_look(); }

TEST_F(Erasure, LeavesNothingInSortedFilesThatASecretOfTheKeystoreOpens) {
  gb.restart();  // closing writes the tables out
  erase_and_look();
}

TEST_F(Erasure, KeepsOtherIdentifiersOfTheSameBucketsReadable) {
  for (int i = 0; i < 200; ++i)
    gb.report("K" + std::to_string(i), phone, "+3362000" + std::to_string(1'000 + i));
  exchange();
  for (int i = 0; i < 100; i += 2) {
    admin::v1::ReportErase erase;
    erase.set_id("K" + std::to_string(i));
    ASSERT_TRUE(erase_report(*gb.desk, *gb.lookups, erase).has_value());
  }
  gb.restart();
  std::size_t readable = 0;
  gb.desk->identifiers.for_each([&](const auto&, const auto&) { return ++readable > 0; });
  EXPECT_EQ(readable, 151u);
  EXPECT_THAT(gb.matches(), SizeIs(1));
}

TEST_F(Erasure, ThatACrashCutShortIsFinishedAfterTheRestart) {
  const std::vector<OldRow> old = rows_of_the_identifier();
  {
    // What erase_report() commits before it reviews.
    const auto exclusive = gb.desk->identifiers.exclusive();
    const auto head = gb.desk->reports.find("G1");
    SightingChanges changes(*gb.desk);
    changes.remove(head->number, *gb.desk->reports.load(head->number, 1));
    store::Batch batch;
    changes.write(batch, ReviewCause::erasure);
    gb.desk->database.commit(std::move(batch));
  }
  gb.restart();
  keep_up(gb);
  for (const OldRow& row : old) EXPECT_FALSE(some_secret_opens(row));
}

TEST_F(Upkeep, ALookupWhoseSessionEndedIsAskedAgainAtOnceInAnother) {
  gb.report("R1", phone, "+33612346010");
  gb.lookups->plan();
  const auto asked = gb.host->next_lookup(fr.id());
  ASSERT_TRUE(asked);
  EXPECT_FALSE(gb.host->next_lookup(fr.id())) << "one question at a time";
  gb.work_arrived = 0;
  gb.host->fail_lookup(fr.id(), as_bytes(asked->request_id()), 0, std::nullopt);
  EXPECT_EQ(1, gb.work_arrived) << "which wakes the sessions that are left";
  const auto again = gb.host->next_lookup(fr.id());
  ASSERT_TRUE(again);
  EXPECT_NE(asked->request_id(), again->request_id());
}

TEST_F(Upkeep, ARefusedPeerIsAuditedOnceAnHourWithACount) {
  fr.desk->g1 = {0, 16, 16};
  v1::Evaluate request;
  for (int i = 0; i < 20; ++i) {
    gb.report("R" + std::to_string(i), phone, "+336123460" + std::to_string(10 + i));
    gb.lookups->plan();
    if (auto next = gb.host->next_lookup(fr.id())) request = *next;
    gb.lookups->fail(fr.id(), 1);
    gb.now += 2;
    request.set_request_id(std::string(16, static_cast<char>('a' + i)));
    fr.host->answer(gb.id(), request);
  }
  const auto refused = [&] {
    std::vector<std::string> out;
    for (const auto& entry : audit(fr, "lookup.answer"))
      if (entry.outcome.starts_with("quota")) out.push_back(entry.outcome);
    return out;
  };
  EXPECT_THAT(refused(), SizeIs(1));
  fr.now += 3'601;
  request.set_request_id(std::string(16, 'z'));
  fr.host->answer(gb.id(), request);
  EXPECT_THAT(refused(), Contains("quota exhausted; 19 more since the last such record"));
}

TEST_F(Upkeep, LookupsKeepToTheQuotaThatTheOriginPublished) {
  TestNode &asker = gb, &origin = fr;
  for (int i = 0; i < 300; ++i)
    asker.report("M" + std::to_string(i), phone, "+336" + std::to_string(20'000'000 + i));
  asker.lookups->plan();
  int refused = 0, asked = 0;
  for (int hour = 0; hour < 3 * 24; ++hour) {
    while (const auto request = asker.host->next_lookup(origin.id())) {
      ++asked;
      const auto answer = origin.host->answer(asker.id(), *request);
      if (const auto* evaluated = std::get_if<v1::Evaluated>(&answer)) {
        asker.host->finish_lookup(origin.id(), *evaluated);
      } else {
        ++refused;
        asker.host->fail_lookup(origin.id(), as_bytes(request->request_id()), 60, Error::refused);
      }
    }
    federation.advance(3'600);
  }
  EXPECT_GT(asked, 0);
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(asker.lookups->waiting(), 0u);
}

TEST_F(Upkeep, ABusyOriginIsLeftAloneOverARestart) {
  gb.report("G3", phone, "+33612345699");
  gb.lookups->plan();
  const auto request = gb.host->next_lookup(fr.id());
  ASSERT_TRUE(request.has_value());
  gb.host->fail_lookup(fr.id(), as_bytes(request->request_id()), 1'800, Error::quota_exhausted);
  gb.restart();
  gb.now += 1'799;
  EXPECT_FALSE(gb.host->next_lookup(fr.id()).has_value());
  gb.now += 1;
  EXPECT_TRUE(gb.host->next_lookup(fr.id()).has_value());
}

}  // namespace
}  // namespace bakhita::desk
