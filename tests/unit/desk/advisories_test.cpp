// SPDX-License-Identifier: EUPL-1.2
// Prevention notices, and the registry of positive use.
#include "node/desk/advisories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/desk/adoptions.h"
#include "node/desk/charters.h"
#include "node/desk/live_locks.h"
#include "node/desk/own_feed.h"
#include "node/desk/proposing.h"
#include "node/desk/recalls.h"
#include "node/desk/review.h"
#include "node/desk/upkeep.h"
#include "node/desk/withdrawing.h"
#include "protocol/policy/record.h"
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

  /// Of GB, or of somebody with its log key.
  static Record notice(TestNode& node, std::uint32_t issued_hour, std::uint32_t expiry_day) {
    v1::Advisory notice;
    notice.set_kind(v1::ADVISORY_KIND_PREVENTION);
    notice.set_language("en");
    notice.set_title("one of many");
    notice.set_tlp(1);
    notice.set_salt(testing_support::bytes_of(node.desk->random.bytes<32>()));
    return make_record(RecordKind::advisory, issued_hour, expiry_day,
                       to_bytes(as_bytes(notice.SerializeAsString())));
  }
  static std::vector<v1::Withdraw> withdrawals_in(TestNode& node) {
    std::vector<v1::Withdraw> out;
    for (const Record& record : node.desk->feeds.read_held(node.feed(), 0, 10'000))
      if (v1::Withdraw withdraw;
          record.header.kind == RecordKind::withdraw &&
          withdraw.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())))
        out.push_back(withdraw);
    return out;
  }
  /// GB adopted what FR published, and holds the value.
  void have_adopted() {
    publish();
    adopt(gb);
    gb.report("GB1", phone, number);
    ASSERT_TRUE(is_benign_at_gb());
  }
  bool is_benign_at_gb() {
    return gb.desk->identifiers.load(gb.desk->identifiers.hash(IdentifierType::phone, number))
        .value()
        .benign();
  }
  void expect_over_at_gb(const std::string& id) {
    EXPECT_THAT(read_by(gb), IsEmpty());
    EXPECT_FALSE(find_advisory(*gb.desk, id));
    EXPECT_FALSE(adopt_advisory(*gb.desk, *gb.lookups, change(id, true)));
    keep_up(*gb.desk, *gb.lookups);
    EXPECT_FALSE(is_benign_at_gb()) << "the adoption ends by itself";
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

TEST_F(Advisories, AreTakenBackWhenALaterReportNamesAVictimsValue) {
  const std::string id = publish();
  const RecordName name = record_named(from_hex(id).value());
  adopt(gb);
  gb.report("GB1", phone, number);
  fr.report("FR1", phone, number, v1::SUBJECT_ROLE_VICTIM);
  fr.restart();
  keep_up(*fr.desk, *fr.lookups);
  EXPECT_THAT(read_by(fr), IsEmpty());
  EXPECT_FALSE(fr.desk->feeds.record(fr.feed(), name.index)) << "its body is gone";
  const auto trail = fr.desk->audit.read(0, fr.desk->audit.size());
  const auto entry = std::ranges::find(trail, "advisory.withdraw", &store::AuditEntry::action);
  ASSERT_NE(trail.end(), entry);
  EXPECT_EQ(id, entry->object);
  EXPECT_EQ("ERASED", entry->outcome);
  EXPECT_EQ("shielded-role", policy::decode_recorded(entry->decision).value().rule);
  const auto recalls = fr.desk->recalls.recalls(name.feed);
  ASSERT_THAT(recalls, SizeIs(1));
  EXPECT_EQ("shielded-role", recalls[0].second.cause());
  federation.exchange();
  expect_over_at_gb(id);
  keep_up(*fr.desk, *fr.lookups);
  EXPECT_THAT(withdrawals_in(fr), SizeIs(1)) << "once";
}

TEST_F(Advisories, AreTakenBackWhenAVictimWantsIt) {
  fr.report("FR1", phone, number);
  publish();
  admin::v1::RecallNew order;
  order.set_report_id("FR1");
  order.set_kind("victim");
  order.set_reason("a victim called");
  order.set_operator_("officer");
  const auto ordered = order_recall(*fr.desk, *fr.lookups, order);
  ASSERT_TRUE(ordered);
  EXPECT_THAT(ordered->recalls(), SizeIs(1));
  EXPECT_THAT(read_by(fr), IsEmpty());
}

TEST_F(Advisories, TakenBackLookAlikeWhateverTheReason) {
  const std::string ended = publish();
  ASSERT_TRUE(end_advisory(*fr.desk, change(ended)));
  fr.report("FR1", phone, number);
  publish();
  admin::v1::RecallNew order;
  order.set_report_id("FR1");
  order.set_kind("victim");
  order.set_reason("a victim called");
  order.set_done_by("2026-03-05");
  ASSERT_TRUE(order_recall(*fr.desk, *fr.lookups, order));
  auto withdrawals = withdrawals_in(fr);
  ASSERT_THAT(withdrawals, SizeIs(2));
  for (v1::Withdraw& one : withdrawals) {
    one.clear_index();
    one.clear_salt();
  }
  EXPECT_EQ(withdrawals[0].SerializeAsString(), withdrawals[1].SerializeAsString());
}

TEST_F(Advisories, StayWhenALaterReportNamesTheHelplineAsSuch) {
  publish();
  fr.report("FR1", phone, number, v1::SUBJECT_ROLE_HELPLINE);
  keep_up(*fr.desk, *fr.lookups);
  EXPECT_THAT(read_by(fr), SizeIs(1));
}

TEST_F(Advisories, AreFoundAgainInTheOwnFeedAfterALoss) {
  const std::string ended = publish();
  const std::string id = publish();
  ASSERT_TRUE(end_advisory(*fr.desk, change(ended)));
  const RecordName name = record_named(from_hex(id).value());
  store::Batch batch;
  forget_advisory(*fr.desk, name.feed, name.index, batch);
  fr.desk->database.commit(std::move(batch));
  ASSERT_THAT(read_by(fr), IsEmpty());
  find_live_locks(*fr.desk);
  ASSERT_THAT(read_by(fr), SizeIs(1));
  EXPECT_EQ(id, read_by(fr)[0].id());
  fr.report("FR1", phone, number, v1::SUBJECT_ROLE_VICTIM);
  keep_up(*fr.desk, *fr.lookups);
  EXPECT_THAT(read_by(fr), IsEmpty());
}

TEST_F(Advisories, OfAMemberThatLeftAreOver) {
  have_adopted();
  leave_community(*fr.desk, federation.first, "tester");
  gb.host->learn_acceptances(fr.id(), fr.host->acceptances(gb.id()));
  expect_over_at_gb(read_by(fr)[0].id());
}

TEST_F(Advisories, OfAMemberThatWasRemovedAreOver) {
  have_adopted();
  admin::v1::CommunityPropose wish;
  wish.add_remove("FR");
  wish.set_steward("GB");
  CharterPackage package = write_next_charter(*gb.desk, gb.community(federation.first), wish);
  for (TestNode* node : {&gb, &se})
    add_signature(package.signed_charter, node->id(),
                  [&](ByteView message) { return node->sign(keys::name::identity, message); });
  ASSERT_EQ(Learned::in_force, learn_charter(*gb.desk, package.serialise(), "tester").learned);
  expect_over_at_gb(read_by(fr)[0].id());
}

TEST_F(Advisories, OfAFrozenCommunityAreOver) {
  have_adopted();
  store::Community frozen = gb.community(federation.first);
  frozen.frozen = true;
  frozen.derive();
  gb.desk->members.put(frozen, gb.desk->entry("tester", "community.frozen"));
  expect_over_at_gb(read_by(fr)[0].id());
}

TEST_F(Advisories, OfAMemberThatSignedTwoFeedsAreOver) {
  have_adopted();
  testing_support::prove_two_feeds(gb, fr);
  expect_over_at_gb(read_by(fr)[0].id());
}

TEST_F(Advisories, OfAMemberThatIsSuspendedHereAreOver) {
  have_adopted();
  testing_support::suspend(gb, fr);
  expect_over_at_gb(read_by(fr)[0].id());
}

TEST_F(Advisories, CountNoLongerThanTheCharterKeepsAnything) {
  constexpr std::uint32_t never = 0xffff'ffff;
  const Today now = today(*gb.desk);
  append_own(*gb.desk, gb.feed(),
             std::vector{notice(gb, now.hour, never), notice(gb, never, never),
                         notice(gb, now.hour - 24 * 366, never)},
             {});
  federation.exchange();
  const auto read = read_by(fr);
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ("2027-03-01", read[0].until());
  EXPECT_EQ("2027-03-02", read[1].until());
  fr.now += 366 * day;
  EXPECT_THAT(read_by(fr), SizeIs(1));
  fr.now += day;
  EXPECT_THAT(read_by(fr), IsEmpty());
  keep_up(*fr.desk, *fr.lookups);
  fr.now -= 300 * day;
  EXPECT_THAT(read_by(fr), IsEmpty()) << "its row is gone";
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
  for (std::size_t i = 0; i < advisories_max + 10; ++i)
    records.push_back(notice(gb, now.hour, now.day + 9));
  append_own(*gb.desk, gb.feed(), records, {});
  federation.exchange();
  admin::v1::AdvisoryList request;
  request.set_limit(10'000);
  EXPECT_EQ(static_cast<int>(advisories_max), list_advisories(*fr.desk, request).advisories_size());
}

TEST_F(Advisories, ThatAreReadAgainAreCountedOnce) {
  const Today now = today(*gb.desk);
  std::vector<Record> records;
  for (std::size_t i = 0; i < advisories_max * 6 / 10; ++i)
    records.push_back(notice(gb, now.hour, now.day + 9));
  append_own(*gb.desk, gb.feed(), records, {});
  federation.exchange();
  store::Batch again;
  fr.desk->feeds.set_matched_size(gb.feed(), 0, again);
  fr.desk->database.commit(std::move(again));
  append_own(*gb.desk, gb.feed(), std::vector{notice(gb, now.hour, now.day + 9)}, {});
  federation.exchange();
  EXPECT_THAT(read_by(fr), SizeIs(records.size() + 1));
}

TEST_F(Advisories, SayWhereTheyWerePublishedAndWhereNot) {
  federation.found_community({0, 1}, "second");
  const Today now = today(*fr.desk);
  const auto communities = fr.desk->members.communities();
  const store::Community full = communities.at(1);
  const std::vector<Record> records(advisories_max, notice(fr, now.hour, now.day + 9));
  append_own(*fr.desk, feed_of(*fr.desk, full, fr.id()), records, {});
  find_own_advisories(*fr.desk);
  admin::v1::AdvisoryNew request = helpline();
  const auto published = publish_advisory(*fr.desk, request);
  ASSERT_EQ(1, published.advisories_size());
  EXPECT_EQ(communities.at(0).charter.name(), published.advisories(0).community());
  ASSERT_EQ(1, published.refused_size());
  EXPECT_EQ(full.charter.name(), published.refused(0).community());
  EXPECT_THAT(published.refused(0).reason(), HasSubstr("end some first"));
  request.set_community(full.charter.name());
  EXPECT_THAT(refusal(fr, request), HasSubstr("end some first"));
  request.clear_community();
  request.set_tlp("RED");
  EXPECT_THAT(refusal(fr, request), HasSubstr("second: ")) << "each with its reason";
}

}  // namespace
}  // namespace bakhita::desk
