// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/audit_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/store/sealing.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using admin::v1::AuditList;
using admin::v1::AuditRecords;
using testing::ElementsAre;
using testing_support::Federation;
using testing_support::TestNode;

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

class AuditReading : public testing::Test {
 protected:
  AuditReading() : federation_({"FR", "GB"}, test_name()) {}

  void note(const std::string& actor, const std::string& action, const std::string& object) {
    fr_.desk->audit.commit({}, fr_.desk->entry(actor, action, object, "why"));
  }
  static AuditList asked(const std::string& actor = {}, const std::string& action = {},
                         const std::string& object = {}) {
    AuditList out;
    out.set_actor(actor);
    out.set_action(action);
    out.set_object(object);
    out.set_operator_("auditor");
    return out;
  }
  AuditRecords listed(const AuditList& request) { return list_audit(*fr_.desk, request); }
  static std::vector<std::string> objects(const AuditRecords& records) {
    std::vector<std::string> out;
    for (const auto& record : records.records()) out.push_back(record.object());
    return out;
  }

  /// Many, numbered by their objects; every fifth is anna's.
  void append(int count) {
    std::vector<store::AuditEntry> entries(static_cast<std::size_t>(count),
                                           fr_.desk->entry("carl", "report.read"));
    for (std::size_t i = 0; i < entries.size(); ++i) {
      entries[i].object = std::to_string(i);
      if (i % 5 == 0) entries[i].actor = "anna";
    }
    fr_.desk->audit.commit({}, entries);
  }
  static std::vector<std::string> fifths(int count) {
    std::vector<std::string> out;
    while (count > 0)
      if (--count % 5 == 0) out.push_back(std::to_string(count));
    return out;
  }
  std::vector<std::string> walk(AuditList request, std::uint32_t limit) {
    request.set_limit(limit);
    std::vector<std::string> out;
    for (AuditRecords page = listed(request);; page = listed(request)) {
      for (std::string& object : objects(page)) out.push_back(std::move(object));
      if (page.next().empty()) return out;
      request.set_after(page.next());
    }
  }

  Federation federation_;
  TestNode& fr_ = federation_[0];
};

TEST_F(AuditReading, TheNewestComesFirstAndTheReadingIsInTheTrail) {
  note("anna", "report.read", "FR-1");
  const std::uint64_t size = fr_.desk->audit.size();
  const AuditRecords records = listed(asked());
  ASSERT_GT(records.records_size(), 0);
  EXPECT_EQ("anna", records.records(0).actor()) << "as the trail was when it was asked for";
  EXPECT_EQ(size - 1, records.records(0).number());
  EXPECT_EQ("FR-1", records.records(0).object());
  EXPECT_EQ("why", records.records(0).purpose());
  EXPECT_EQ(size + 1, fr_.desk->audit.size());
  EXPECT_EQ("audit.read", listed(asked()).records(0).action());
}

TEST_F(AuditReading, FiltersNarrowItTogether) {
  note("anna", "report.read", "FR-1");
  note("bert", "report.read", "FR-1");
  note("anna", "report.erase", "FR-2");
  note("anna", "reporting", "FR-3");
  EXPECT_THAT(objects(listed(asked("anna", "report."))), ElementsAre("FR-2", "FR-1"));
  EXPECT_THAT(objects(listed(asked("", "report.read"))), ElementsAre("FR-1", "FR-1"));
  EXPECT_THAT(objects(listed(asked("anna"))), ElementsAre("FR-3", "FR-2", "FR-1"));
  EXPECT_THAT(objects(listed(asked("anna", "report.read", "FR-2"))), ElementsAre());
}

TEST_F(AuditReading, ADayIsMeantWhole) {
  note("anna", "report.read", "FR-1");
  const std::string first = listed(asked("anna")).records(0).at().substr(0, 10);
  federation_.advance(86'400);
  note("anna", "report.read", "FR-2");
  AuditList request = asked("anna");
  request.set_to(first);
  EXPECT_THAT(objects(listed(request)), ElementsAre("FR-1"));
  request.set_from(first);
  EXPECT_THAT(objects(listed(request)), ElementsAre("FR-1"));
  request.clear_to();
  EXPECT_THAT(objects(listed(request)), ElementsAre("FR-2", "FR-1"));
}

TEST_F(AuditReading, PagesFollowEachOtherWithoutGapOverMoreThanOneStep) {
  constexpr int count = 50'000;  // 4,096 are opened at once
  append(count);
  EXPECT_EQ(fifths(count), walk(asked("anna"), 1'000));
  EXPECT_EQ(fifths(count), walk(asked("anna"), 300));
}

TEST_F(AuditReading, WhatIsFarApartStandsOnOnePage) {
  note("bert", "report.read", "first");
  append(9'000);
  note("bert", "report.read", "last");
  EXPECT_THAT(objects(listed(asked("bert"))), ElementsAre("last", "first"));
}

TEST_F(AuditReading, ALongTrailIsLookedAtInPieces) {
  note("bert", "report.read", "first");
  append(250'000);
  const AuditRecords newest = listed(asked("bert"));
  EXPECT_THAT(objects(newest), ElementsAre());
  ASSERT_NE("", newest.next());
  AuditList request = asked("bert");
  request.set_after(newest.next());
  const AuditRecords rest = listed(request);
  EXPECT_THAT(objects(rest), ElementsAre("first"));
  EXPECT_EQ("", rest.next());
}

TEST_F(AuditReading, AClockThatWasSetBackHidesNothing) {
  note("anna", "report.read", "FR-1");
  AuditList request = asked("anna");
  request.set_from(listed(request).records(0).at().substr(0, 10));
  fr_.now -= 30 * testing_support::day;
  append(5'000);
  const std::vector<std::string> found = objects(listed(request));
  EXPECT_THAT(found, ElementsAre("FR-1"));
}

TEST_F(AuditReading, IdsOfReportsAreMeantWholeThoseThatNodesMakeMayBeCut) {
  for (const char* id : {"FR-1", "FR-10", "202601", "2026011"}) note("anna", "report.read", id);
  note("anna", "match.read", "00000002000000000000000e");
  EXPECT_THAT(objects(listed(asked("", "", "FR-1"))), ElementsAre("FR-1"));
  EXPECT_THAT(objects(listed(asked("", "", "202601"))), ElementsAre("202601"));
  EXPECT_THAT(objects(listed(asked("", "match.read", "000000"))),
              ElementsAre("00000002000000000000000e"));
  EXPECT_THAT(objects(listed(asked("", "match.read", "00000"))), ElementsAre()) << "too short";
}

TEST_F(AuditReading, WhatMetSomethingIsRecordedAndWhatDidNotMayBeAValue) {
  note("anna", "report.read", "FR-1");
  listed(asked("anna", "report.", "FR-1"));
  auto record = listed(asked("", "audit.read")).records(0);
  EXPECT_EQ("auditor", record.actor());
  EXPECT_EQ("FR-1", record.object());
  EXPECT_EQ("who=anna what=report.", record.purpose());
  listed(asked("0033612345678", "+33612345678", "33612345678"));
  record = listed(asked("", "audit.read")).records(0);
  EXPECT_EQ("", record.object() + record.purpose());
  EXPECT_EQ("nothing met", record.outcome());
}

TEST_F(AuditReading, AReasonOfAnyLengthLeavesThePageReadable) {
  const std::string long_reason = std::string(1'023, 'a') + "\u00e9\u00e9";
  fr_.desk->audit.commit({}, fr_.desk->entry("anna", "report.read", "FR-1", long_reason));
  AuditRecords parsed;
  ASSERT_TRUE(parsed.ParseFromString(listed(asked("anna")).SerializeAsString()));
  EXPECT_EQ(std::string(1'023, 'a'), parsed.records(0).purpose());
}

TEST_F(AuditReading, ADecisionIsShownByItsRule) {
  const store::Community community = fr_.desk->members.communities().at(0);
  fr_.report("FR-1", v1::IDENTIFIER_TYPE_PHONE, "+33639981234");
  fr_.publish();
  const AuditRecords records = listed(asked("", "publish"));
  ASSERT_GT(records.records_size(), 0);
  const auto& record = records.records(0);
  EXPECT_EQ("allowed", record.rule());
  EXPECT_EQ(to_hex(community.id.bytes), record.community());
  EXPECT_EQ(to_hex(community.charter_hash), record.charter());
  EXPECT_GE(record.count(), 1u);
}

TEST_F(AuditReading, AGapInTheTrailIsSaidAndStopsNobody) {
  note("anna", "report.read", "FR-1");
  const std::uint64_t size = fr_.desk->audit.size();
  store::Batch batch;
  batch.erase(store::Table::audit, store::number_key(size - 2));
  fr_.desk->database.commit(std::move(batch));
  try {
    listed(asked());
    FAIL() << "a record is missing";
  } catch (const DamagedTrail& problem) {
    EXPECT_THAT(problem.what(), testing::HasSubstr("record " + std::to_string(size - 2) + " of"));
  }
}

TEST_F(AuditReading, APeerIsFoundByItsCountry) {
  const std::string gb = to_hex(federation_[1].id().bytes).substr(0, 16);
  note(gb, "lookup.answer", "case");
  note("anna", "lookup", "case");
  const AuditRecords records = listed(asked("GB", "lookup."));
  ASSERT_EQ(1, records.records_size());
  EXPECT_EQ(gb, records.records(0).actor());
  EXPECT_EQ("GB", records.records(0).country());
  EXPECT_EQ(1, listed(asked(gb, "lookup.answer")).records_size());
}

TEST_F(AuditReading, WhatIsNoDateOrNumberIsRefusedAndLeavesNoRecord) {
  const std::uint64_t size = fr_.desk->audit.size();
  AuditList request = asked();
  request.set_from("yesterday");
  EXPECT_THROW(listed(request), BadAuditQuery);
  request.set_from("2026-03-02");
  request.set_to("2026-03-01");
  EXPECT_THROW(listed(request), BadAuditQuery);
  request.clear_from();
  request.set_after("12x");
  EXPECT_THROW(listed(request), BadAuditQuery);
  EXPECT_EQ(size, fr_.desk->audit.size());
}

}  // namespace
}  // namespace bakhita::desk
