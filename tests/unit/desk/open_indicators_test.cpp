// SPDX-License-Identifier: EUPL-1.2
// Sites and machines that a person wants all members to read.
#include "node/desk/open_indicators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/desk/live_locks.h"
#include "node/desk/opening.h"
#include "node/desk/own_feed.h"
#include "node/desk/recalls.h"
#include "node/desk/review.h"
#include "node/desk/upkeep.h"
#include "node/desk/withdrawing.h"
#include "protocol/feed/open.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::day;
using testing_support::Federation;
using testing_support::TestNode;

constexpr auto domain = v1::IDENTIFIER_TYPE_DOMAIN;
constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
const std::string site = "opal-agency.example", number = "+33612345678";

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

admin::v1::IndicatorChange change(const std::string& value, v1::IdentifierType type = domain) {
  admin::v1::IndicatorChange out;
  out.set_type(type);
  out.set_value(value);
  out.set_reason("warn travellers");
  out.set_operator_("analyst");
  return out;
}

class OpenIndicators : public testing::Test {
 protected:
  OpenIndicators() { fr.report("FR1", domain, "www.OPAL-agency.example"); }

  void open_and_publish() {
    ASSERT_TRUE(open_indicator(*fr.desk, change(site)));
    fr.publish();
    federation.exchange();
  }
  static std::vector<admin::v1::IndicatorView> read_by(TestNode& node) {
    const auto all = list_open(*node.desk, {});
    return {all.indicators().begin(), all.indicators().end()};
  }
  static std::vector<RecordKind> kinds_in(TestNode& node) {
    std::vector<RecordKind> out;
    for (const Record& record : node.desk->feeds.read_held(node.feed(), 0, 10'000))
      if (!record.body.empty()) out.push_back(record.header.kind);
    return out;
  }
  static std::size_t open_records(TestNode& node) {
    return static_cast<std::size_t>(std::ranges::count(kinds_in(node), RecordKind::open));
  }
  /// GB, or somebody with its log key, writes what the program would not.
  void append_by_gb(const std::vector<Record>& records) {
    append_own(*gb.desk, gb.feed(), records, {});
    federation.exchange();
  }

  Federation federation{{"FR", "GB", "SE"}, test_name()};
  TestNode& fr = federation[0];
  TestNode& gb = federation[1];
  TestNode& se = federation[2];
};

TEST_F(OpenIndicators, AreReadByMembersThatDoNotHoldTheValue) {
  EXPECT_THAT(read_by(gb), IsEmpty());
  open_and_publish();
  ASSERT_THAT(read_by(gb), SizeIs(1));
  const auto view = read_by(gb)[0];
  EXPECT_EQ("FR", view.country());
  EXPECT_EQ("domain", view.type());
  EXPECT_EQ(site, view.value());
  EXPECT_THAT(view.report_ids(), IsEmpty());
  EXPECT_THAT(gb.matches(), IsEmpty());
  ASSERT_THAT(read_by(fr), SizeIs(1));
  EXPECT_TRUE(read_by(fr)[0].ours());
}

TEST_F(OpenIndicators, MatchWhatAMemberHoldsAlready) {
  gb.report("GB1", domain, site);
  open_and_publish();
  ASSERT_THAT(gb.matches(), SizeIs(1));
  EXPECT_TRUE(gb.matches()[0].open());
  EXPECT_THAT(gb.matches()[0].report_ids(), ElementsAre("GB1"));
  EXPECT_THAT(read_by(gb)[0].report_ids(), ElementsAre("GB1"));
}

TEST_F(OpenIndicators, MatchWhatAMemberComesToHoldLater) {
  open_and_publish();
  gb.report("GB1", domain, site);
  review(*gb.desk, *gb.lookups, "node");
  ASSERT_THAT(gb.matches(), SizeIs(1));
  EXPECT_EQ(read_by(gb)[0].id(), gb.matches()[0].id());
}

TEST_F(OpenIndicators, DoNotMatchAVictimsValue) {
  open_and_publish();
  gb.report("GB1", domain, site, v1::SUBJECT_ROLE_VICTIM);
  review(*gb.desk, *gb.lookups, "node");
  EXPECT_THAT(gb.matches(), IsEmpty());
}

TEST_F(OpenIndicators, TakeThePlaceOfALockAndKeepItsRef) {
  fr.publish();
  federation.exchange();
  gb.report("GB1", domain, site);
  federation.exchange();
  ASSERT_THAT(gb.matches(), SizeIs(1));
  const std::string ref = gb.matches()[0].ref();
  open_and_publish();
  ASSERT_THAT(gb.matches(), SizeIs(1));
  EXPECT_TRUE(gb.matches()[0].open());
  EXPECT_EQ(ref, gb.matches()[0].ref());
}

TEST_F(OpenIndicators, GoAtOnceWhenTheyShallBeReadableNoMore) {
  gb.report("GB1", domain, site);
  open_and_publish();
  const auto closed = close_indicator(*fr.desk, *fr.lookups, change(site));
  ASSERT_TRUE(closed);
  EXPECT_EQ(1u, closed->withdrawn());
  federation.exchange();
  EXPECT_THAT(read_by(gb), IsEmpty());
  EXPECT_THAT(gb.matches(), IsEmpty());
  EXPECT_EQ(0u, open_records(fr));
  fr.publish();
  federation.exchange();
  EXPECT_THAT(read_by(gb), IsEmpty());
  ASSERT_THAT(gb.matches(), SizeIs(1)) << "the lock that takes its place";
  EXPECT_FALSE(gb.matches()[0].open());
}

TEST_F(OpenIndicators, GoWithTheReportThatNamedThem) {
  open_and_publish();
  admin::v1::ReportErase erase;
  erase.set_id("FR1");
  erase.set_reason("test");
  erase.set_operator_("analyst");
  ASSERT_TRUE(erase_report(*fr.desk, *fr.lookups, erase));
  federation.exchange();
  EXPECT_THAT(read_by(gb), IsEmpty());
  EXPECT_THAT(read_by(fr), IsEmpty());
}

TEST_F(OpenIndicators, TakenBackForGoodAreRefusedThoughTheyComeAgain) {
  gb.report("GB1", domain, site);
  open_and_publish();
  std::vector<Record> again;
  for (const Record& record : fr.desk->feeds.read_held(fr.feed(), 0, 10'000))
    if (record.header.kind == RecordKind::open) again.push_back(record);
  admin::v1::RecallNew order;
  order.set_report_id("FR1");
  order.set_kind("erase");
  order.set_reason("court order");
  order.set_operator_("officer");
  ASSERT_TRUE(order_recall(*fr.desk, *fr.lookups, order));
  federation.exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
  append_own(*fr.desk, fr.feed(), again, {});
  federation.exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
  EXPECT_THAT(read_by(gb), IsEmpty());
}

TEST_F(OpenIndicators, AreNeverPersonsNumbers) {
  fr.report("FR2", phone, number);
  try {
    open_indicator(*fr.desk, change(number, phone));
    FAIL() << "a phone number was opened";
  } catch (const OpeningRefused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("not-infrastructure"));
  }
  fr.publish();
  EXPECT_EQ(0u, open_records(fr));
}

TEST_F(OpenIndicators, NeedAReportThatNamesTheValue) {
  EXPECT_FALSE(open_indicator(*fr.desk, change("unknown.example")));
  EXPECT_THROW(open_indicator(*fr.desk, change("no domain at all")), OpeningRefused);
  EXPECT_THROW(close_indicator(*fr.desk, *fr.lookups, change(site)), OpeningRefused);
}

TEST_F(OpenIndicators, WaitForAPublicationThatIsApproved) {
  fr.publish();
  ASSERT_TRUE(open_indicator(*fr.desk, change(site)));
  renew_published(*fr.desk);
  EXPECT_EQ(0u, open_records(fr));
  fr.publish();
  EXPECT_EQ(1u, open_records(fr));
}

TEST_F(OpenIndicators, OfAHostileMemberAreReadOnlyWhenTheyAreWellFormed) {
  open_and_publish();
  const v1::LockSummary summary = read_by(fr)[0].summary();
  const Today now = today(*gb.desk);
  const auto make = [&](IdentifierType type, const std::string& value, std::uint32_t until) {
    v1::LockSummary of = summary;
    of.set_type(static_cast<v1::IdentifierType>(type));
    return make_open(type, value, of, gb.desk->random.bytes<32>(), now.hour, until);
  };
  append_by_gb({make(IdentifierType::phone, number, now.day + 9),
                make(IdentifierType::domain, "Not-Canonical.Example", now.day + 9),
                make(IdentifierType::domain, "over.example", now.day - 1),
                make_record(RecordKind::open, now.hour, now.day + 9, Bytes(300, 0xff)),
                make(IdentifierType::domain, "fine.example", now.day + 9)});
  const auto read = read_by(se);
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_THAT((std::vector{read[0].value(), read[1].value()}),
              testing::UnorderedElementsAre(site, "fine.example"));
}

TEST_F(OpenIndicators, EndWithTheirTime) {
  gb.report("GB1", domain, site);
  open_and_publish();
  for (auto& node : federation.nodes) node->now += 400 * day;
  keep_up(*gb.desk, *gb.lookups);
  keep_up(*fr.desk, *fr.lookups);
  EXPECT_THAT(read_by(gb), IsEmpty());
  EXPECT_THAT(gb.matches(), IsEmpty());
  EXPECT_THAT(read_by(fr), IsEmpty());
}

TEST_F(OpenIndicators, AreFoundAgainInTheOwnFeedAfterALoss) {
  open_and_publish();
  const auto hash = fr.desk->identifiers.hash(IdentifierType::domain, site);
  {
    const auto writing = fr.desk->identifiers.keys().writing();
    auto state = fr.desk->identifiers.load(hash).value();
    state.clear_locks();
    state.clear_open();
    store::Batch batch;
    fr.desk->identifiers.put(batch, hash, state);
    const RecordName name = record_named(from_hex(read_by(fr)[0].id()).value());
    forget_open(*fr.desk, name.feed, name.index, batch);
    fr.desk->database.commit(std::move(batch));
  }
  ASSERT_THAT(read_by(fr), IsEmpty());
  find_live_locks(*fr.desk);
  EXPECT_THAT(read_by(fr), SizeIs(1));
  EXPECT_EQ(1u, close_indicator(*fr.desk, *fr.lookups, change(site))->withdrawn());
}

}  // namespace
}  // namespace bakhita::desk
