// SPDX-License-Identifier: EUPL-1.2
#include <gmock/gmock.h>

#include "node/desk/answering.h"
#include "node/desk/canary_locks.h"
#include "node/desk/review.h"
#include "node/desk/upkeep.h"
#include "node/store/row_count.h"
#include "protocol/feed/canary.h"
#include "tests/support/federation.h"

namespace bakhita {
namespace {

using namespace testing_support;
using desk::CanaryStage;

constexpr std::uint64_t hour = 3'600;

class Canaries : public ::testing::Test {
 protected:
  /// What `asker` knows of this month's canary of `origin`.
  desk::Canary look(TestNode& asker, TestNode& origin, int group) {
    const store::Community community = asker.community(federation_.first);
    const auto feed = asker.desk->feeds.find(desk::feed_of(*asker.desk, community, origin.id()));
    if (!feed) return {};
    return asker.lookups->canaries().look(community, *feed, static_cast<std::uint8_t>(group));
  }
  void expect_found_by_all() {
    for (auto& asker : federation_.nodes)
      for (auto& origin : federation_.nodes)
        for (int group : {1, 2}) {
          if (asker == origin) continue;
          EXPECT_EQ(name_of(look(*asker, *origin, group).stage), "found")
              << asker->country << " asks " << origin->country << ", group " << group;
        }
  }
  std::uint64_t size_of(TestNode& node) { return node.desk->feeds.find(node.feed())->size; }
  void publish_all() {
    for (auto& node : federation_.nodes) {
      const auto i = std::to_string(&node - federation_.nodes.data() + 1);
      node->report(node->country + "-1", v1::IDENTIFIER_TYPE_PHONE, "+3363998123" + i);
      node->publish();
    }
  }
  /// As the daemon works through the hours.
  void pass(std::uint64_t seconds, std::uint64_t step = 6 * hour) {
    for (std::uint64_t gone = 0; gone < seconds; gone += step) {
      federation_.advance(step);
      federation_.exchange();
    }
  }

  Federation federation_{{"FR", "GB", "SE"}, "canaries"};
  TestNode &fr_ = federation_[0], &gb_ = federation_[1];
};

TEST_F(Canaries, EachMemberFindsThoseOfTheOthersAndSeesNoMatch) {
  publish_all();
  pass(4 * day);
  expect_found_by_all();
  for (auto& node : federation_.nodes) {
    EXPECT_TRUE(node->matches().empty());
    EXPECT_EQ(store::count_rows(node->desk->database, store::Table::matches).rows, 0u);
    EXPECT_EQ(node->lookups->waiting(), 0u);
  }
}

TEST_F(Canaries, TakeThePlaceOfADummyAndOfAPad) {
  fr_.report("FR-1", v1::IDENTIFIER_TYPE_PHONE, "+33639981231");
  const auto published = fr_.publish();
  EXPECT_EQ(published.feeds(0).dummies(), 29u) << "one lock, two canaries, and these";
  gb_.report("GB-1", v1::IDENTIFIER_TYPE_PHONE, "+33639981232");
  Federation::fetch(fr_, gb_);
  gb_.lookups->match(fr_.feed());
  gb_.lookups->plan();
  EXPECT_EQ(Federation::look_up(gb_, fr_), 1) << "one batch, for the phone";
  EXPECT_EQ(look(gb_, fr_, 1).stage, CanaryStage::found);
  EXPECT_EQ(look(gb_, fr_, 2).stage, CanaryStage::unasked) << "nothing of this group was asked";
  EXPECT_EQ(desk::quota_of(*fr_.desk, gb_.id(), federation_.first, 1).used_epoch, 64u);
}

TEST_F(Canaries, OfTheNextMonthComeWithoutAPublicationWithinThreeDays) {
  publish_all();
  pass(4 * day);
  const std::uint64_t before = size_of(fr_);
  // To the end of March: nothing is added.
  pass(27 * day - hour, day / 2);
  EXPECT_EQ(size_of(fr_), before);
  pass(8 * day);
  EXPECT_EQ(size_of(fr_), before + 32);
  expect_found_by_all();
  EXPECT_GE(look(gb_, fr_, 1).found_at, start_time + 31 * day);
  pass(2 * day);
  EXPECT_EQ(size_of(fr_), before + 32) << "once a month";
}

TEST_F(Canaries, AreNeitherPublishedNorAskedForWhereThePolicyForbids) {
  publish_all();
  for (auto& to : federation_.nodes)
    for (auto& from : federation_.nodes)
      if (to != from) Federation::fetch(*from, *to);
  gb_.lookups->match(fr_.feed());
  gb_.lookups->plan();
  store::Peer suspended = *gb_.desk->members.known(fr_.id());
  suspended.state = store::PeerState::suspended;
  gb_.desk->members.put(suspended, gb_.desk->entry("tester", "peer.suspend"));
  const store::Community community = gb_.community(federation_.first);
  const auto question = [&] {
    return gb_.lookups->canaries().question(community, *gb_.desk->feeds.find(fr_.feed()), 1, false);
  };
  EXPECT_FALSE(question());
  suspended.state = store::PeerState::trusted;
  gb_.desk->members.put(suspended, gb_.desk->entry("tester", "peer.resume"));
  EXPECT_TRUE(question());
  store::Batch batch;
  fr_.now += 31 * day;
  store::Community frozen = fr_.community(federation_.first);
  EXPECT_EQ(2u, desk::make_missing_canaries(*fr_.desk, frozen, fr_.feed(), batch).size());
  frozen.frozen = true;
  EXPECT_TRUE(desk::make_missing_canaries(*fr_.desk, frozen, fr_.feed(), batch).empty());
}

TEST_F(Canaries, AreAskedForWithADecisionInTheTrailAndTheOriginKnowsWhenItWasAskedLast) {
  publish_all();
  EXPECT_EQ(0u, desk::last_asked(*fr_.desk, gb_.id(), federation_.first));
  pass(4 * day);
  EXPECT_LT(start_time, desk::last_asked(*fr_.desk, gb_.id(), federation_.first));
  EXPECT_GE(fr_.now, desk::last_asked(*fr_.desk, gb_.id(), federation_.first));
  std::size_t decisions = 0;
  gb_.desk->audit.for_each([&](std::uint64_t, const store::AuditEntry& entry) {
    if (entry.outcome == "allowed: 1 canary" && !entry.decision.empty()) ++decisions;
  });
  EXPECT_EQ(4u, decisions) << "of two origins, two groups each";
}

TEST_F(Canaries, AreNotWithdrawnToHideWithdrawals) {
  const auto id = [](int i) { return "FR-" + std::to_string(i); };
  for (int i = 1; i <= 6; ++i)
    fr_.report(id(i), v1::IDENTIFIER_TYPE_PHONE, "+3363998123" + std::to_string(i));
  EXPECT_EQ(fr_.publish().feeds(0).dummies(), 24u);
  // Each withdrawal takes seven dummies along: 24 do not last for five.
  for (int i = 1; i <= 5; ++i) {
    admin::v1::ReportErase erase;
    erase.set_id(id(i));
    erase.set_reason("test");
    desk::erase_report(*fr_.desk, *fr_.lookups, erase);
  }
  pass(4 * day);
  EXPECT_EQ(look(gb_, fr_, 1).stage, CanaryStage::found);
  EXPECT_EQ(look(gb_, fr_, 2).stage, CanaryStage::found);
}

TEST_F(Canaries, AFeedThatLacksThemIsReportedAfterTenDays) {
  // As if they were there: the origin withholds them.
  store::Batch batch;
  batch.put(store::Table::meta, desk::published_canaries_key(fr_.feed()),
            desk::published_canaries(1, period_of(fr_.now)));
  fr_.desk->database.commit(std::move(batch));
  publish_all();
  pass(4 * day);
  const desk::Canary missing = look(gb_, fr_, 1);
  EXPECT_EQ(missing.stage, CanaryStage::absent);
  EXPECT_FALSE(missing.is_overdue(gb_.now));
  EXPECT_EQ(look(fr_, gb_, 1).stage, CanaryStage::found) << "the other way it works";
  pass(7 * day);
  EXPECT_TRUE(look(gb_, fr_, 1).is_overdue(gb_.now));
  // A month that works ends it.
  pass(27 * day, day / 2);
  EXPECT_EQ(look(gb_, fr_, 1).stage, CanaryStage::found);
}

TEST_F(Canaries, AnOriginThatEvaluatesWithAnotherKeyIsReported) {
  publish_all();
  Federation::fetch(fr_, gb_);
  gb_.lookups->match(fr_.feed());
  gb_.lookups->plan();
  const auto request = gb_.host->next_lookup(fr_.id());
  ASSERT_TRUE(request);
  EXPECT_EQ(look(gb_, fr_, 1).stage, CanaryStage::unanswered);
  auto answer = std::get<v1::Evaluated>(fr_.host->answer(gb_.id(), *request));
  // Valid elements, each another's answer: no one key gives them.
  std::string elements = answer.elements();
  std::rotate(elements.begin(), elements.begin() + 32, elements.end());
  answer.set_elements(elements);
  gb_.host->finish_lookup(fr_.id(), answer);
  EXPECT_EQ(gb_.lookup_failures, std::vector<Error>{Error::bad_proof});
  EXPECT_EQ(look(gb_, fr_, 1).stage, CanaryStage::unproven);
  // Asked again with the next questions, and mended.
  gb_.now += 2 * hour;
  Federation::look_up(gb_, fr_);
  EXPECT_EQ(look(gb_, fr_, 1).stage, CanaryStage::found);
}

TEST_F(Canaries, AnOriginThatDoesNotAnswerOrFallsSilentIsReportedWithWhatIsMissing) {
  publish_all();
  for (auto& to : federation_.nodes) Federation::fetch(fr_, *to);
  gb_.lookups->match(fr_.feed());
  gb_.lookups->plan();
  const desk::Canary unasked = look(gb_, fr_, 2);
  EXPECT_EQ(unasked.stage, CanaryStage::unasked);
  EXPECT_TRUE(unasked.is_overdue(gb_.now + 11 * day));
  gb_.now += 40 * day;
  gb_.lookups->plan();
  EXPECT_EQ(look(gb_, fr_, 2).stage, CanaryStage::unpublished);
  EXPECT_TRUE(look(gb_, fr_, 2).is_overdue(gb_.now)) << "since the month that was never found";
  EXPECT_THAT(std::string(explain(CanaryStage::unpublished)), testing::HasSubstr("this month"));
}

TEST_F(Canaries, AreForgottenByARestartNeitherWhenFoundNorWhenPublished) {
  publish_all();
  pass(4 * day);
  const std::uint64_t size = size_of(fr_);
  fr_.restart();
  gb_.restart();
  EXPECT_EQ(look(gb_, fr_, 1).stage, CanaryStage::found);
  desk::renew_published(*fr_.desk);
  EXPECT_EQ(size_of(fr_), size);
}

TEST(CanaryInput, IsNoIdentifiersAndDiffersByMonthScopeAndSecret) {
  const ByteArray<32> secret{1}, other{2};
  Scope scope{.community = {{1}}, .node = {{2}}, .epoch = 1, .group = 1};
  const Bytes input = canary_input(secret, scope, 24'314);
  EXPECT_TRUE(as_text(input).starts_with("bakhita/1/canary"));
  EXPECT_EQ(input, canary_input(secret, scope, 24'314));
  EXPECT_NE(input, canary_input(other, scope, 24'314));
  EXPECT_NE(input, canary_input(secret, scope, 24'315));
  scope.group = 2;
  EXPECT_NE(input, canary_input(secret, scope, 24'314));
  for (IdentifierType type : all_identifier_types)
    EXPECT_FALSE(as_text(id_input(type, as_text(input))).starts_with("bakhita/1/canary"));
}

}  // namespace
}  // namespace bakhita
