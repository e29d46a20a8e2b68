// SPDX-License-Identifier: EUPL-1.2
// Sites and machines that a person wants all members to read.
#include "node/desk/open_indicators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/desk/charters.h"
#include "node/desk/facts.h"
#include "node/desk/live_locks.h"
#include "node/desk/opening.h"
#include "node/desk/own_feed.h"
#include "node/desk/recalls.h"
#include "node/desk/review.h"
#include "node/desk/upkeep.h"
#include "node/desk/withdrawing.h"
#include "protocol/feed/open.h"
#include "tests/support/federation.h"
#include "tests/support/misdeeds.h"

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
  /// Index of the last one in the node's feed.
  static std::uint64_t newest_of(TestNode& node) {
    const auto records = node.desk->feeds.read_held(node.feed(), 0, 10'000);
    std::uint64_t at = records.size() - 1;
    while (records[at].header.kind != RecordKind::open) --at;
    return at;
  }
  static std::uint64_t matched_at(TestNode& node) {
    return record_named(from_hex(node.matches().at(0).id()).value()).index;
  }
  /// GB, or somebody with its log key, writes what the program would not.
  void append_by_gb(const std::vector<Record>& records) {
    append_own(*gb.desk, gb.feed(), records, {});
    federation.exchange();
  }

  /// As GB would say it.
  Record said_of(const std::string& value, std::uint32_t issued_hour, std::uint32_t until) {
    v1::LockSummary summary = summarise(
        *fr.desk,
        fr.desk->identifiers.load(fr.desk->identifiers.hash(IdentifierType::domain, site)).value());
    summary.set_ref(std::string(16, 'r'));
    return make_open(IdentifierType::domain, value, summary, gb.desk->random.bytes<32>(),
                     issued_hour, until);
  }
  static std::size_t audited(TestNode& node, const std::string& action) {
    const auto trail = node.desk->audit.read(0, node.desk->audit.size());
    return static_cast<std::size_t>(std::ranges::count(trail, action, &store::AuditEntry::action));
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

TEST_F(OpenIndicators, OfOneValueAreOneThatIsTheNewest) {
  se.report("SE1", domain, site);
  const Today now = today(*gb.desk);
  const auto again = [&] { return said_of(site, now.hour, now.day + 9); };
  append_by_gb({again(), again(), again(), again()});
  ASSERT_THAT(se.matches(), SizeIs(1));
  ASSERT_THAT(read_by(se), SizeIs(1));
  EXPECT_EQ(newest_of(gb), matched_at(se));
  EXPECT_EQ(1u, audited(se, "match.found"));
  append_by_gb({again()});
  ASSERT_THAT(se.matches(), SizeIs(1));
  EXPECT_EQ(newest_of(gb), matched_at(se));
  EXPECT_EQ(se.matches()[0].id(), read_by(se)[0].id());
  se.lookups->match_open(std::vector{se.desk->identifiers.hash(IdentifierType::domain, site)});
  EXPECT_THAT(se.matches(), SizeIs(1));
  EXPECT_EQ(2u, audited(se, "match.found"));
}

TEST_F(OpenIndicators, OlderOnesThatAreTakenBackLeaveTheNewest) {
  se.report("SE1", domain, site);
  const Today now = today(*gb.desk);
  const auto hash = se.desk->identifiers.hash(IdentifierType::domain, site);
  const auto take_back = [&](std::uint64_t index) {
    store::Batch unused;
    Withdrawal withdrawal;
    withdrawal.index = index;
    withdrawal.reason = v1::WITHDRAW_REASON_RECTIFIED;
    append_by_gb(make_withdrawals(*gb.desk, gb.feed(), {withdrawal},
                                  gb.desk->feeds.find(gb.feed()).value().size, unused));
  };
  append_by_gb({said_of(site, now.hour, now.day + 9)});
  const std::uint64_t older = newest_of(gb);
  append_by_gb({said_of(site, now.hour, now.day + 9)});
  take_back(older);
  ASSERT_THAT(se.matches(), SizeIs(1));
  EXPECT_EQ(newest_of(gb), matched_at(se));
  EXPECT_THAT(read_by(se), SizeIs(1));
  EXPECT_TRUE(is_open_elsewhere(*se.desk, domain, hash));
  take_back(newest_of(gb));
  EXPECT_THAT(se.matches(), IsEmpty());
  EXPECT_THAT(read_by(se), IsEmpty());
  EXPECT_FALSE(is_open_elsewhere(*se.desk, domain, hash));
}

TEST_F(OpenIndicators, ReadAgainOlderOnesDoNotComeBack) {
  se.report("SE1", domain, site);
  const Today now = today(*gb.desk);
  const auto again = [&] { return said_of(site, now.hour, now.day + 9); };
  append_by_gb({again()});
  const std::uint64_t at = newest_of(gb);
  append_by_gb({again()});
  const Record older = se.desk->feeds.record(gb.feed(), at).value();
  MatchChanges changes;
  learn_open(*se.desk, *se.desk->feeds.find(gb.feed()), std::vector{Placed{at, &older}}, changes);
  commit(*se.desk, std::move(changes));
  ASSERT_THAT(se.matches(), SizeIs(1));
  EXPECT_EQ(newest_of(gb), matched_at(se));
  EXPECT_THAT(read_by(se), SizeIs(1));
}

TEST_F(OpenIndicators, OfMembersThatAreNotBelievedAnyMoreAreNotShown) {
  open_and_publish();
  testing_support::suspend(gb, fr);
  EXPECT_THAT(read_by(gb), IsEmpty());
  testing_support::resume(gb, fr);
  EXPECT_THAT(read_by(gb), SizeIs(1));
  testing_support::prove_two_feeds(gb, fr);
  EXPECT_THAT(read_by(gb), IsEmpty());
  gb.report("GB1", domain, site);
  review(*gb.desk, *gb.lookups, "node");
  EXPECT_THAT(gb.matches(), IsEmpty());
  leave_community(*fr.desk, federation.first, "tester");
  se.host->learn_acceptances(fr.id(), fr.host->acceptances(se.id()));
  EXPECT_THAT(read_by(se), IsEmpty());
}

TEST_F(OpenIndicators, CountNoLongerThanTheCharterKeepsAnything) {
  constexpr std::uint32_t never = 0xffff'ffff;
  se.report("SE1", domain, site);
  const Today now = today(*gb.desk);
  append_by_gb({said_of(site, now.hour, never),
                said_of("stale.example", now.hour - 24 * 366, never),
                said_of("early.example", never, never)});
  ASSERT_THAT(read_by(se), SizeIs(2));
  EXPECT_EQ("2027-03-01", read_by(se)[0].until());
  EXPECT_EQ("2027-03-02", read_by(se)[1].until());
  ASSERT_THAT(se.matches(), SizeIs(1));
  se.now += 367 * day;
  EXPECT_THAT(read_by(se), IsEmpty());
  keep_up(*se.desk, *se.lookups);
  EXPECT_THAT(se.matches(), IsEmpty());
  EXPECT_EQ(1u, audited(se, "match.expired"));
  EXPECT_FALSE(
      is_open_elsewhere(*se.desk, domain, se.desk->identifiers.hash(IdentifierType::domain, site)));
}

TEST_F(OpenIndicators, BecomeLocksWhereMembersWouldKeepNoMore) {
  fr.publish();
  const std::uint32_t feed = fr.desk->feeds.find(fr.feed()).value().number;
  const auto hash = fr.desk->identifiers.hash(IdentifierType::domain, "other.example");
  store::Batch batch;
  for (std::size_t i = 0; i < open_indicators_max; ++i)
    note_own_open(batch, {feed, 1'000'000 + i}, hash, today(*fr.desk).day + 9);
  fr.desk->database.commit(std::move(batch));
  ASSERT_TRUE(open_indicator(*fr.desk, change(site)));
  for (const bool first : {true, false}) {
    const auto published = fr.publish().feeds(0);
    EXPECT_EQ(0u, published.open()) << first;
    EXPECT_EQ(1u, published.unchanged()) << "the lock stays";
    ASSERT_EQ(1, published.held_back_size());
    EXPECT_EQ("open-indicators-full", published.held_back(0).rule());
    EXPECT_EQ(1u, published.held_back(0).identifiers());
  }
  store::Batch one_ends;
  forget_open(*fr.desk, feed, 1'000'000, one_ends);
  fr.desk->database.commit(std::move(one_ends));
  EXPECT_EQ(1u, fr.publish().feeds(0).open());
  EXPECT_EQ(1u, fr.publish().feeds(0).unchanged()) << "it keeps its place";
  federation.exchange();
  EXPECT_THAT(read_by(gb), SizeIs(1));
}

TEST_F(OpenIndicators, ThatAreReadAgainAreCountedOnce) {
  const Today now = today(*gb.desk);
  append_by_gb({said_of("first.example", now.hour, now.day + 9)});
  const store::FeedState feed = se.desk->feeds.find(gb.feed()).value();
  std::vector<Record> records;
  for (std::size_t i = 0; i < open_indicators_max * 6 / 10; ++i)
    records.push_back(said_of("site" + std::to_string(i) + ".example", now.hour, now.day + 9));
  const auto learn = [&] {
    std::vector<Placed> placed;
    for (const Record& record : records) placed.push_back({1 + placed.size(), &record});
    MatchChanges changes;
    learn_open(*se.desk, feed, placed, changes);
    commit(*se.desk, std::move(changes));
  };
  learn();
  records.push_back(said_of("last.example", now.hour, now.day + 9));
  learn();
  EXPECT_EQ(open_indicators_max - 1 - records.size(), open_room(*se.desk, gb.feed()));
  while (records.size() < open_indicators_max + 10)
    records.push_back(
        said_of("more" + std::to_string(records.size()) + ".example", now.hour, now.day + 9));
  learn();
  EXPECT_EQ(0u, open_room(*se.desk, gb.feed())) << "and no more than that";
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
