// SPDX-License-Identifier: EUPL-1.2
// Members object to what another published.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/desk/challenges.h"
#include "node/desk/recalls.h"
#include "node/desk/withdrawing.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing_support::bytes_of;
using testing_support::Federation;
using testing_support::TestNode;

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
const std::string number = "+33612345678", other_number = "+33612345679";

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

/// FR published two numbers that GB and SE hold too.
class Challenges : public testing::Test {
 protected:
  Challenges() {
    for (auto& node : federation.nodes) {
      node->report(node->country + "1", phone, number);
      node->report(node->country + "2", phone, other_number);
    }
    fr.publish();
    federation.exchange();
    EXPECT_THAT(se.matches(), SizeIs(2));
    const Bytes match = from_hex(se.matches()[0].id()).value();
    disputed = ByteReader(ByteView(match).subspan(4)).u64();
  }
  admin::v1::ChallengeView object(TestNode& node, const std::string& match,
                                  const std::string& ground = "outdated") {
    admin::v1::ChallengeNew request;
    request.set_match(match);
    request.set_ground(ground);
    request.set_operator_("analyst");
    return object_to(*node.desk, request).value();
  }
  /// GB, or somebody with its log key, writes what the program would not.
  void append_by_gb(const std::function<void(v1::Challenge&)>& change, std::size_t count = 1,
                    std::optional<std::uint32_t> hour = {}) {
    std::vector<Record> records;
    const FeedId feed = fr.feed();
    for (std::size_t i = 0; i < count; ++i) {
      v1::Challenge body;
      body.set_origin(bytes_of(fr.id().bytes));
      body.set_generation(1);
      body.set_index(disputed);
      body.set_record(bytes_of(fr.desk->feeds.leaf(feed, disputed).value()));
      body.set_ground(v1::CHALLENGE_GROUND_INACCURATE);
      body.set_salt(bytes_of(gb.desk->random.bytes<32>()));
      change(body);
      const std::string bytes = body.SerializeAsString();
      records.push_back(make_record(RecordKind::challenge, hour.value_or(today(*gb.desk).hour),
                                    today(*gb.desk).day + 100, to_bytes(as_bytes(bytes))));
    }
    const keys::SecretBytes seed = gb.keystore->get(keys::name::log);
    gb.desk->feeds.append(gb.feed(), records, keys::ed25519_public(seed),
                          [&](ByteView message) { return keys::sign(seed, message); }, {});
    federation.exchange();
  }
  static std::size_t known_to(TestNode& node) {
    return static_cast<std::size_t>(list_challenges(*node.desk, {}).challenges_size());
  }

  Federation federation{{"FR", "GB", "SE"}, test_name()};
  TestNode& fr = federation[0];
  TestNode& gb = federation[1];
  TestNode& se = federation[2];
  std::uint64_t disputed = 0;  ///< record of FR's
};

TEST_F(Challenges, ShowWhereverTheMatchShowsAndLowerIt) {
  const auto before = se.matches();
  object(gb, gb.matches()[0].id());
  federation.exchange();
  const auto after = se.matches();
  ASSERT_THAT(after, SizeIs(2));
  EXPECT_EQ(before[0].id(), after[1].id()) << "what is disputed stands behind the rest";
  ASSERT_EQ(1, after[1].disputes_size());
  EXPECT_EQ("GB", after[1].disputes(0).country());
  EXPECT_EQ("outdated", after[1].disputes(0).ground());
  EXPECT_EQ(0, after[0].disputes_size());
  const auto shown = find_match(*se.desk, before[0].id());
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(1, shown->disputes_size());
  EXPECT_EQ(1, gb.matches()[1].disputes_size()) << "also at home";
}

TEST_F(Challenges, TellTheOriginWhichOfItsReportsIsDisputed) {
  object(gb, gb.matches()[0].id());
  federation.exchange();
  EXPECT_EQ(1u, count_against_us(*fr.desk));
  const auto against = list_challenges(*fr.desk, {});
  ASSERT_EQ(1, against.challenges_size());
  EXPECT_TRUE(against.challenges(0).against_us());
  ASSERT_EQ(1, against.challenges(0).report_ids_size());
  EXPECT_THAT(against.challenges(0).report_ids(0), testing::StartsWith("FR"));
}

TEST_F(Challenges, EndWhenTheObjectorTakesThemBack) {
  admin::v1::ChallengeEnd end;
  end.set_id(object(gb, gb.matches()[0].id()).id());
  federation.exchange();
  ASSERT_EQ(1u, known_to(se));
  EXPECT_TRUE(end_objection(*gb.desk, end));
  EXPECT_FALSE(end_objection(*gb.desk, end));
  federation.exchange();
  EXPECT_EQ(0u, known_to(se));
  EXPECT_EQ(0u, known_to(gb));
  EXPECT_EQ(0, se.matches()[0].disputes_size());
}

TEST_F(Challenges, GoWithTheRecordThatIsTakenBack) {
  object(gb, gb.matches()[0].id());
  federation.exchange();
  admin::v1::RecallNew order;
  order.set_report_id(list_challenges(*fr.desk, {}).challenges(0).report_ids(0));
  order.set_kind("dispute");
  order.set_reason("the objection is right");
  ASSERT_EQ(1, order_recall(*fr.desk, *fr.lookups, order)->recalls_size());
  federation.exchange();
  EXPECT_THAT(se.matches(), SizeIs(1));
  EXPECT_EQ(0u, known_to(se));
}

TEST_F(Challenges, OfOneMemberCountOnceForARecord) {
  object(gb, gb.matches()[0].id());
  admin::v1::ChallengeNew again;
  again.set_match(gb.matches()[1].id());  // disputed now, so it stands last
  again.set_ground("unlawful");
  EXPECT_THROW(object_to(*gb.desk, again), ChallengeRefused);
  append_by_gb([](v1::Challenge&) {}, 3);
  EXPECT_EQ(1u, known_to(se));
}

TEST_F(Challenges, ThousandsOfOneMemberDrownNobody) {
  // About records that may come: each another one.
  std::uint64_t next = 1'000'000;
  append_by_gb([&](v1::Challenge& body) { body.set_index(next++); }, 3'000);
  std::size_t kept = se.desk->recalls.all_disputes().size();
  append_by_gb([&](v1::Challenge& body) { body.set_index(next++); }, 3'000);
  EXPECT_EQ(kept, se.desk->recalls.all_disputes().size()) << "the second flood changes nothing";
  EXPECT_LE(kept, 3'000u);
  EXPECT_EQ(0u, known_to(se));
  EXPECT_EQ(0, se.matches()[0].disputes_size());
}

TEST_F(Challenges, OfAnotherRecordThanTheOneThatTheyNameAreIgnored) {
  append_by_gb([](v1::Challenge& body) { body.set_record(std::string(32, 'x')); });
  append_by_gb([&](v1::Challenge& body) { body.set_origin(bytes_of(gb.id().bytes)); });
  append_by_gb([](v1::Challenge& body) { body.set_generation(9); });
  append_by_gb([](v1::Challenge& body) { body.set_ground(v1::ChallengeGround(99)); });
  EXPECT_EQ(0u, known_to(se));
  EXPECT_THAT(se.desk->recalls.all_disputes(), IsEmpty());
}

TEST_F(Challenges, TakenBackInTheSameStepAreNeverLearned) {
  const FeedId feed = gb.feed();  // which still has the body of what it withdraws
  v1::Challenge body;
  body.set_origin(bytes_of(fr.id().bytes));
  body.set_generation(1);
  body.set_index(disputed);
  body.set_record(bytes_of(fr.desk->feeds.leaf(fr.feed(), disputed).value()));
  body.set_ground(v1::CHALLENGE_GROUND_INACCURATE);
  body.set_salt(std::string(32, 's'));
  v1::Withdraw withdraw;
  withdraw.set_index(gb.desk->feeds.open(feed).size);
  withdraw.set_reason(v1::WITHDRAW_REASON_RECTIFIED);
  withdraw.set_salt(std::string(32, 's'));
  const auto record = [&](RecordKind kind, const std::string& bytes) {
    return make_record(kind, today(*gb.desk).hour, today(*gb.desk).day + 100,
                       to_bytes(as_bytes(bytes)));
  };
  const Record records[] = {record(RecordKind::challenge, body.SerializeAsString()),
                            record(RecordKind::withdraw, withdraw.SerializeAsString())};
  const keys::SecretBytes seed = gb.keystore->get(keys::name::log);
  gb.desk->feeds.append(feed, records, keys::ed25519_public(seed),
                        [&](ByteView message) { return keys::sign(seed, message); }, {});
  federation.exchange();
  EXPECT_EQ(0u, known_to(se));
  EXPECT_THAT(se.desk->recalls.all_disputes(), IsEmpty());
}

TEST_F(Challenges, OfOneRecordTwiceInAStepLeaveNothingBehindWhenTheyEnd) {
  append_by_gb([](v1::Challenge&) {}, 3);
  const std::uint32_t objector = se.desk->feeds.find(gb.feed())->number;
  EXPECT_EQ(1u, se.desk->recalls.disputes_by(objector, 10));
}

TEST_F(Challenges, OfOneMemberAreNoMoreThanTheCeilingInOneStepEither) {
  std::uint64_t next = 1'000'000;
  append_by_gb([&](v1::Challenge& body) { body.set_index(next++); }, challenges_max + 100);
  const std::uint32_t objector = se.desk->feeds.find(gb.feed())->number;
  EXPECT_EQ(challenges_max, se.desk->recalls.disputes_by(objector, 10 * challenges_max));
}

TEST_F(Challenges, FromTheFutureAreIgnored) {
  append_by_gb([](v1::Challenge&) {}, 1, 0xffffffff);
  append_by_gb([](v1::Challenge&) {}, 1, today(*gb.desk).hour + 2);
  EXPECT_EQ(0u, known_to(se));
  EXPECT_EQ(0, se.matches()[0].disputes_size());
  append_by_gb([](v1::Challenge&) {}, 1, today(*gb.desk).hour + 1);
  EXPECT_EQ(1u, known_to(se));
}

}  // namespace
}  // namespace bakhita::desk
