// SPDX-License-Identifier: EUPL-1.2
// Prevention notices, and the registry of positive use.
#include "node/desk/advisories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/desk/adoptions.h"
#include "node/desk/own_feed.h"
#include "node/desk/review.h"
#include "node/desk/upkeep.h"
#include "node/desk/withdrawing.h"
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

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
const std::string number = "+33612345678";

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

class Advisories : public testing::Test {
 protected:
  static admin::v1::AdvisoryNew helpline() {
    admin::v1::AdvisoryNew out;
    out.set_kind("helpline");
    out.set_language("fr");
    out.set_title("Ligne d'urgence");
    out.set_text("Jour et nuit.");
    out.set_tlp("GREEN");
    out.set_region("FR");
    out.set_operator_("officer");
    auto& value = *out.add_values();
    value.set_type(phone);
    value.set_value("06 12 34 56 78");
    return out;
  }
  std::string publish(const admin::v1::AdvisoryNew& request = helpline()) {
    const auto published = publish_advisory(*fr.desk, request);
    federation.exchange();
    return published.advisories(0).id();
  }
  static std::string refusal(TestNode& node, const admin::v1::AdvisoryNew& request) {
    try {
      publish_advisory(*node.desk, request);
    } catch (const AdvisoryRefused& refused) {
      return refused.what();
    }
    return "published";
  }
  static std::vector<admin::v1::AdvisoryView> read_by(TestNode& node) {
    const auto all = list_advisories(*node.desk, {});
    return {all.advisories().begin(), all.advisories().end()};
  }
  static admin::v1::AdvisoryChange change(const std::string& id, bool despite_reports = false) {
    admin::v1::AdvisoryChange out;
    out.set_id(id);
    out.set_reason("checked by phone");
    out.set_operator_("supervisor");
    out.set_despite_reports(despite_reports);
    return out;
  }
  static void adopt(TestNode& node, bool despite_reports = false) {
    ASSERT_TRUE(
        adopt_advisory(*node.desk, *node.lookups, change(read_by(node)[0].id(), despite_reports)));
  }
  static std::uint64_t live_locks(TestNode& node) {
    const auto state =
        node.desk->identifiers.load(node.desk->identifiers.hash(IdentifierType::phone, number));
    return state ? static_cast<std::uint64_t>(state->locks_size()) : 0;
  }

  Federation federation{{"FR", "GB", "SE"}, test_name()};
  TestNode& fr = federation[0];
  TestNode& gb = federation[1];
  TestNode& se = federation[2];
};

TEST_F(Advisories, AreReadByAllMembers) {
  publish();
  ASSERT_THAT(read_by(gb), SizeIs(1));
  const auto view = read_by(gb)[0];
  EXPECT_EQ("FR", view.country());
  EXPECT_EQ("helpline", view.kind());
  EXPECT_EQ("", view.text()) << "a list has no texts";
  EXPECT_EQ("Jour et nuit.", view_of(*gb.desk, find_advisory(*gb.desk, view.id()).value()).text());
  EXPECT_EQ("GREEN", view.tlp());
  EXPECT_THAT(view.values(), ElementsAre("phone:" + number));
  EXPECT_FALSE(view.adopted());
  EXPECT_TRUE(read_by(fr)[0].ours());
}

TEST_F(Advisories, AreListedPageByPage) {
  publish();
  publish();
  admin::v1::AdvisoryList request;
  request.set_limit(1);
  const auto page = list_advisories(*gb.desk, request);
  ASSERT_EQ(1, page.advisories_size());
  EXPECT_EQ(page.advisories(0).id(), page.next());
  request.set_after(page.next());
  const auto last = list_advisories(*gb.desk, request);
  ASSERT_EQ(1, last.advisories_size());
  EXPECT_NE(page.advisories(0).id(), last.advisories(0).id());
  EXPECT_EQ("", last.next());
}

TEST_F(Advisories, ChangeNothingBeforeAPersonAdoptsThem) {
  publish();
  gb.report("GB1", phone, number);
  gb.publish();
  EXPECT_EQ(1u, live_locks(gb));
}

TEST_F(Advisories, AdoptedKeepTheirValuesFromEverySharing) {
  publish();
  adopt(gb);
  EXPECT_TRUE(read_by(gb)[0].adopted());
  gb.report("GB1", phone, number);
  const auto published = gb.publish();
  EXPECT_EQ(0u, live_locks(gb));
  EXPECT_EQ("benign", published.feeds(0).held_back(0).rule());
}

TEST_F(Advisories, AdoptedTakeBackWhatWasPublishedAndForgetWhatMatched) {
  gb.report("GB1", phone, number);
  se.report("SE1", phone, number);
  gb.publish();
  se.publish();
  federation.exchange();
  ASSERT_THAT(gb.matches(), SizeIs(1));
  publish();
  EXPECT_THAT(read_by(gb)[0].report_ids(), ElementsAre("GB1"));
  EXPECT_THROW(adopt(gb), AdvisoryRefused) << "own reports name it";
  adopt(gb, true);
  EXPECT_THAT(gb.matches(), IsEmpty());
  EXPECT_EQ(0u, live_locks(gb));
  federation.exchange();
  EXPECT_THAT(se.matches(), IsEmpty());
  EXPECT_THAT(gb.matches(), IsEmpty()) << "of SE, which publishes it still";
}

TEST_F(Advisories, DroppedAreMatchedAsAnyOtherValue) {
  publish();
  adopt(gb);
  gb.report("GB1", phone, number);
  ASSERT_TRUE(drop_advisory(*gb.desk, change(read_by(gb)[0].id())));
  EXPECT_FALSE(read_by(gb)[0].adopted());
  gb.publish();
  EXPECT_EQ(1u, live_locks(gb));
  EXPECT_THROW(drop_advisory(*gb.desk, change(read_by(gb)[0].id())), AdvisoryRefused);
}

TEST_F(Advisories, TakenBackAreAdoptedNoMore) {
  const std::string id = publish();
  adopt(gb);
  gb.report("GB1", phone, number);
  ASSERT_TRUE(end_advisory(*fr.desk, change(id)));
  federation.exchange();
  EXPECT_THAT(read_by(gb), IsEmpty());
  keep_up(*gb.desk, *gb.lookups);
  gb.publish();
  EXPECT_EQ(1u, live_locks(gb));
}

TEST_F(Advisories, AValueStaysAdoptedWhileOneAdvisoryThatIsAdoptedNamesIt) {
  const std::string id = publish();
  adopt(gb);
  publish();
  for (const auto& one : read_by(gb))
    if (!one.adopted()) {
      ASSERT_TRUE(adopt_advisory(*gb.desk, *gb.lookups, change(one.id())));
    }
  gb.report("GB1", phone, number);
  ASSERT_TRUE(end_advisory(*fr.desk, change(id)));
  federation.exchange();
  keep_up(*gb.desk, *gb.lookups);
  gb.publish();
  EXPECT_EQ(0u, live_locks(gb));
}

TEST_F(Advisories, EndWithTheirTime) {
  admin::v1::AdvisoryNew request = helpline();
  request.set_days(30);
  publish(request);
  adopt(gb);
  for (auto& node : federation.nodes) node->now += 31 * day;
  keep_up(*gb.desk, *gb.lookups);
  EXPECT_THAT(read_by(gb), IsEmpty());
  const Record record = gb.desk->feeds.record(fr.feed(), 0).value_or(Record{});
  EXPECT_THAT(record.body, IsEmpty()) << "the body is deleted";
  gb.report("GB1", phone, number);
  gb.publish();
  EXPECT_EQ(1u, live_locks(gb));
}

TEST_F(Advisories, NeverNameAVictimsValue) {
  fr.report("FR1", phone, number, v1::SUBJECT_ROLE_VICTIM);
  EXPECT_THAT(refusal(fr, helpline()), HasSubstr("shielded-role"));
  EXPECT_THAT(read_by(fr), IsEmpty());
}

TEST_F(Advisories, MayNameAHelplineThatReportsNameAsSuch) {
  fr.report("FR1", phone, number, v1::SUBJECT_ROLE_HELPLINE);
  EXPECT_EQ("published", refusal(fr, helpline()));
}

TEST_F(Advisories, NeedASecondPersonWhereThePolicySaysSo) {
  fr.desk->approvals = 2;
  admin::v1::AdvisoryNew request = helpline();
  EXPECT_THAT(refusal(fr, request), HasSubstr("second-person"));
  request.set_approver("officer");
  EXPECT_THAT(refusal(fr, request), HasSubstr("second-person")) << "the same name twice";
  request.set_approver("supervisor");
  EXPECT_EQ("published", refusal(fr, request));
}

TEST_F(Advisories, StayBelowWhatTheCharterAllows) {
  admin::v1::AdvisoryNew request = helpline();
  request.set_tlp("RED");
  EXPECT_THAT(refusal(fr, request), HasSubstr("tlp-over-charter"));
  request.set_tlp("GREEN");
  request.set_days(366);
  EXPECT_THAT(refusal(fr, request), HasSubstr("retention-over-charter"));
}

TEST_F(Advisories, SayWhatIsWrongWithThem) {
  admin::v1::AdvisoryNew request = helpline();
  request.set_kind("hotline");
  EXPECT_THAT(refusal(fr, request), HasSubstr("prevention, helpline, verified-recruiter"));
  request = helpline();
  request.mutable_values(0)->set_value("12");
  EXPECT_THAT(refusal(fr, request), HasSubstr("no canonical form"));
  request = helpline();
  request.set_community("south");
  EXPECT_THAT(refusal(fr, request), HasSubstr("no community of that name"));
  request = helpline();
  request.set_kind("prevention");
  EXPECT_THAT(refusal(fr, request), HasSubstr("names no values"));
}

TEST_F(Advisories, OfAHostileMemberAreKeptOnlyWhenTheyAreWellFormedAndNotTooMany) {
  const Today now = today(*gb.desk);
  std::vector<Record> records{
      make_record(RecordKind::advisory, now.hour, now.day + 9, Bytes(60'000, 'x'))};
  v1::Advisory notice;
  notice.set_kind(v1::ADVISORY_KIND_PREVENTION);
  notice.set_language("en");
  notice.set_title("one of many");
  notice.set_tlp(1);
  for (std::size_t i = 0; i < advisories_max + 10; ++i) {
    notice.set_salt(testing_support::bytes_of(gb.desk->random.bytes<32>()));
    records.push_back(make_record(RecordKind::advisory, now.hour, now.day + 9,
                                  to_bytes(as_bytes(notice.SerializeAsString()))));
  }
  append_own(*gb.desk, gb.feed(), records, {});
  federation.exchange();
  admin::v1::AdvisoryList request;
  request.set_limit(10'000);
  EXPECT_EQ(static_cast<int>(advisories_max), list_advisories(*fr.desk, request).advisories_size());
}

}  // namespace
}  // namespace bakhita::desk
