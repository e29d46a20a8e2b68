// SPDX-License-Identifier: EUPL-1.2
// A member that joins years later begins with what still lives, from whoever holds it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/desk/floors.h"
#include "node/desk/proposing.h"
#include "node/desk/recalls.h"
#include "node/desk/upkeep.h"
#include "node/exchange/ranges.h"
#include "protocol/feed/lock.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace testing_support;

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
const std::string number = "+33612345678";

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

/// FR has published for years; GB and RO hold all of it. SE is admitted afterwards, by a charter.
class Bootstrap : public testing::Test {
 protected:
  Bootstrap() {
    const auto remove = [](admin::v1::CommunityPropose& wish) { wish.add_remove("SE"); };
    const auto admit = [](admin::v1::CommunityPropose& wish) {
      wish.add_add("SE");
      wish.set_basis("invented treaty, article 2");
    };
    change_charter(remove);
    fr.publish();
    append_dummies(1'300, 365);
    spread();
    federation.advance(400 * day);
    fr.report("F1", phone, number);
    fr.publish();
    append_dummies(700, 365);
    keep_up(*fr.desk, *fr.lookups);
    spread();
    const Bytes charter = change_charter(admit);
    EXPECT_TRUE(join_under(*se.desk, open_package(charter).value(), "tester"));
    for (TestNode* node : {&fr, &gb, &ro}) {
      Federation::fetch(se, *node);  // its acceptance
      Federation::fetch(*node, se_elsewhere(*node));
    }
    se.report("S1", phone, number);
  }
  /// Nobody: charters were told already.
  TestNode& se_elsewhere(TestNode& node) { return &node == &fr ? gb : fr; }

  Bytes change_charter(const std::function<void(admin::v1::CommunityPropose&)>& wish_for) {
    admin::v1::CommunityPropose wish;
    wish_for(wish);
    CharterPackage package = write_next_charter(*fr.desk, fr.community(federation.first), wish);
    for (TestNode* node : {&fr, &gb, &ro})
      add_signature(package.signed_charter, node->id(),
                    [&](ByteView message) { return node->sign(keys::name::identity, message); });
    const Bytes out = package.serialise();
    for (TestNode* node : {&fr, &gb, &ro})
      EXPECT_EQ(Learned::in_force, learn_charter(*node->desk, out, "tester").learned);
    return out;
  }
  void append_dummies(std::uint32_t count, std::uint32_t days) {
    std::vector<Record> records;
    const auto hour = static_cast<std::uint32_t>(fr.now / 3'600);
    for (std::uint32_t i = 0; i < count; ++i)
      records.push_back(
          make_dummy({.community = federation.first, .node = fr.id(), .epoch = 1, .group = 1},
                     period_of(fr.now), fr.desk->random.bytes<208>(), hour, hour / 24 + days));
    append(records);
  }
  void append(std::span<const Record> records) {
    fr.desk->feeds.append(fr.feed(), records, log_key(),
                          [&](ByteView text) { return fr.sign(keys::name::log, text); }, {});
  }
  PublicKey log_key() const { return keys::ed25519_public(fr.keystore->get(keys::name::log)); }
  void spread() {
    for (TestNode* node : {&gb, &ro}) {
      Federation::fetch(fr, *node);
      node->lookups->match(fr.feed());
    }
  }
  store::FeedState at(const TestNode& node) const { return *node.desk->feeds.find(fr.feed()); }
  /// SE asks FR, from whom it takes no feed.
  void match_at_se() {
    se.lookups->match(fr.feed());
    se.lookups->plan();
    Federation::look_up(se, fr);
    se.lookups->match(fr.feed());
  }
  static v1::Clock clock_of(const TestNode& from, const TestNode& to) {
    v1::Clock clock = from.host->statements_for(to.id());
    for (auto& head : from.host->heads_for(to.id())) *clock.add_heads() = std::move(head);
    return clock;
  }
  /// What SE asks the peer of FR's feed.
  std::optional<v1::Want> wanted_by_se(TestNode& from) {
    const auto wants = se.host->wanted(from.id(), clock_of(from, se));
    EXPECT_TRUE(wants.has_value());
    for (const v1::Want& want : *wants)
      if (want.origin() == bytes_of(fr.id().bytes)) return want;
    return std::nullopt;
  }

  Federation federation{{"FR", "GB", "RO", "SE"}, "bootstrap-" + test_name()};
  TestNode &fr = federation[0], &gb = federation[1], &ro = federation[2], &se = federation[3];
};

TEST_F(Bootstrap, ANewMemberBeginsAtTheFloorOfRelaysAndFindsTheMatch) {
  ASSERT_EQ(1'280u, at(fr).ended());
  Federation::fetch(gb, se);
  EXPECT_EQ(1'280u, at(se).first);
  EXPECT_EQ(at(fr).root, at(se).root);
  EXPECT_EQ(0u, at(se).missing);
  EXPECT_EQ("", se.desk->feeds.verify(fr.feed(), log_key()));
  match_at_se();
  ASSERT_THAT(se.matches(), SizeIs(1)) << "by keys that were said again behind the floor";
  EXPECT_EQ(0u, at(gb).first) << "who holds all keeps it";
  // What comes later is matched and handed on like any feed.
  se.report("S2", phone, "+33612345679");
  fr.report("F2", phone, "+33612345679");
  fr.publish();
  spread();
  Federation::fetch(ro, se);
  match_at_se();
  EXPECT_THAT(se.matches(), SizeIs(2));
  se.restart();
  Federation::fetch(gb, se);
  EXPECT_EQ("", se.desk->feeds.verify(fr.feed(), log_key()));
}

TEST_F(Bootstrap, TheOriginItselfServesItsFloor) {
  Federation::fetch(fr, se);
  EXPECT_EQ(1'280u, at(se).first);
  EXPECT_EQ(at(fr).root, at(se).root);
}

TEST_F(Bootstrap, ARelayThatHidesLivingRecordsIsNamedAndAnotherIsAsked) {
  const FeedId feed = fr.feed();
  const v1::Want want = wanted_by_se(gb).value();
  ASSERT_TRUE(want.may_start());
  const store::Range sound = gb.desk->feeds.read(feed, 0, want.to(), true).value();
  store::Range lie = gb.desk->feeds.read(feed, 1'536, want.to()).value();
  lie.start = sound.start;
  lie.start->first = 1'536;
  Frontier before;
  for (std::uint64_t i = 0; i < 1'536; ++i) before.append(gb.desk->feeds.leaf(feed, i).value());
  lie.start->peaks = before.peaks();
  const auto taken = se.host->accept(gb.id(), {exchange::to_data(feed, lie)});
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(Error::hidden_records, taken.error());
  EXPECT_EQ(0u, at(se).size);
  bool named = false;
  se.desk->audit.for_each([&](std::uint64_t, const store::AuditEntry& entry) {
    named = named || (entry.action == "feed.start-refused" &&
                      entry.actor == to_hex(gb.id().bytes).substr(0, 16));
  });
  EXPECT_TRUE(named);
  EXPECT_FALSE(wanted_by_se(gb).has_value()) << "not of this one again, for a while";
  EXPECT_TRUE(wanted_by_se(ro).has_value());
  Federation::fetch(ro, se);
  match_at_se();
  EXPECT_THAT(se.matches(), SizeIs(1));
}

TEST_F(Bootstrap, BodiesThatARelayLeavesOutOfTheStartAreHadFromAnother) {
  std::vector<std::uint64_t> withheld;
  for (std::uint64_t i = at(gb).ended(); i < at(gb).size; ++i) withheld.push_back(i);
  gb.desk->feeds.erase_bodies(fr.feed(), withheld, {});
  Federation::fetch(gb, se);
  // It has no floor to show any more, so SE has all headers of it.
  EXPECT_LT(700u, at(se).missing);
  match_at_se();
  EXPECT_THAT(se.matches(), IsEmpty()) << "not even the keys are there";
  Federation::fetch(ro, se);
  EXPECT_EQ(0u, at(se).missing);
  match_at_se();
  EXPECT_THAT(se.matches(), SizeIs(1));
}

TEST_F(Bootstrap, WhoBeganLaterIsNotAskedForWhatItCannotHave) {
  Federation::fetch(gb, se);
  v1::Clock clock = clock_of(se, ro);
  for (const v1::FeedHead& head : clock.heads())
    EXPECT_EQ(head.origin() == bytes_of(fr.id().bytes) ? 1'280u : 0u, head.first());
  v1::Want want = wanted_by_se(ro).value_or(v1::Want());
  want.set_community(bytes_of(federation.first.bytes));
  want.set_origin(bytes_of(fr.id().bytes));
  want.set_generation(1);
  want.set_from(100);
  want.set_to(200);
  EXPECT_EQ(Error::not_found, se.host->read(ro.id(), want).error());
  // RO, which holds a part, goes on with what goes on from it.
  const std::uint64_t size = at(ro).size;
  fr.publish();
  append_dummies(32, 100);
  Federation::fetch(fr, gb);
  Federation::fetch(gb, se);
  Federation::fetch(se, ro);
  EXPECT_LT(size, at(ro).size);
  EXPECT_EQ(at(se).root, at(ro).root);
}

TEST_F(Bootstrap, AMemberThatHoldsAnEarlyPartWaitsForWhoeverHoldsTheRest) {
  const FeedId feed = fr.feed();
  auto part = exchange::to_data(feed, gb.desk->feeds.read(feed, 0, 256).value());
  Federation::fetch(gb, se);
  se.desk->feeds.begin_again(feed);
  ASSERT_TRUE(se.host->accept(gb.id(), {part}).has_value());
  v1::Clock clock = clock_of(gb, se);
  for (v1::FeedHead& head : *clock.mutable_heads())
    if (head.origin() == bytes_of(fr.id().bytes)) head.set_first(1'280);
  ASSERT_TRUE(wanted_by_se(ro).has_value());
  EXPECT_THAT(se.host->wanted(gb.id(), clock).value(), IsEmpty());
  Federation::fetch(ro, se);
  EXPECT_EQ(at(fr).root, at(se).root);
  EXPECT_EQ(0u, at(se).first);
}

TEST_F(Bootstrap, WhatAnOriginEndsIsGoneWhereItWasHeldAsWell) {
  Federation::fetch(gb, se);
  match_at_se();
  ASSERT_THAT(se.matches(), SizeIs(1));
  const Record floor =
      make_floor(at(fr).size / tile_width * tile_width, static_cast<std::uint32_t>(fr.now / 3'600));
  append({&floor, 1});
  Federation::fetch(fr, se);
  federation.advance(day);
  keep_up(*se.desk, *se.lookups);
  EXPECT_THAT(se.matches(), IsEmpty()) << "so no origin shows new members less than others";
}

TEST_F(Bootstrap, AWithdrawalIsReceiptedByWhoHoldsOnlyWhatLives) {
  Federation::fetch(gb, se);
  match_at_se();
  ASSERT_THAT(se.matches(), SizeIs(1));
  admin::v1::RecallNew order;
  order.set_report_id("F1");
  order.set_kind("erase");
  order.set_reason("court order");
  order.set_operator_("officer");
  const auto ordered = order_recall(*fr.desk, *fr.lookups, order);
  ASSERT_TRUE(ordered.has_value());
  Federation::fetch(fr, se);
  se.lookups->match(fr.feed());
  EXPECT_THAT(se.matches(), IsEmpty());
  keep_up(*se.desk, *se.lookups);
  const auto sealed = se.host->next_letter(fr.id());
  ASSERT_TRUE(sealed.has_value());
  EXPECT_TRUE(fr.host->take_letter(se.id(), *sealed).has_value());
}

TEST_F(Bootstrap, FloorsAreRareAndComeWhenEnoughHasEnded) {
  EXPECT_EQ(0u, raise_floors(*fr.desk));
  renew_published(*fr.desk);  // under the charter that admitted SE
  federation.advance(366 * day);
  EXPECT_EQ(0u, raise_floors(*fr.desk)) << "too few ended since";
  append_dummies(1'024, 0);
  federation.advance(day);
  const std::uint64_t size = at(fr).size;
  EXPECT_EQ(1u, raise_floors(*fr.desk));
  EXPECT_EQ(size / tile_width * tile_width, at(fr).ended());
  EXPECT_EQ(0u, raise_floors(*fr.desk));
}

}  // namespace
}  // namespace bakhita::desk
