// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/freshness.h"

#include <gtest/gtest.h>

#include "protocol/feed/cosignature.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using testing_support::Federation;
using testing_support::TestNode;

std::string test_name() {
  return std::string("freshness-") + testing::UnitTest::GetInstance()->current_test_info()->name();
}

class FeedAge : public testing::Test {
 protected:
  void SetUp() override {
    fr.report("F1", v1::IDENTIFIER_TYPE_PHONE, "+33612345678");
    fr.publish();
    cosign_own_feeds(*fr.desk);
    Federation::fetch(fr, gb);
  }
  store::FeedState held() { return *gb.desk->feeds.find(fr.feed()); }
  Freshness freshness() { return freshness_of(*gb.desk, held()); }

  Federation federation{{"FR", "GB"}, test_name()};
  TestNode &fr = federation[0], &gb = federation[1];
};

TEST_F(FeedAge, ASilentFeedThatIsConfirmedStaysCurrent) {
  for (int hour = 0; hour < 48; ++hour) {
    federation.advance(3'600);
    EXPECT_EQ(cosign_own_feeds(*fr.desk), 1u);
    Federation::fetch(fr, gb);
    ASSERT_EQ(freshness(), Freshness::current) << hour;
  }
  EXPECT_EQ(confirmed_at(*gb.desk, held()), fr.now);
}

TEST_F(FeedAge, WithoutConfirmationAFeedIsStaleAfterThreeHoursAndWithheldAfterADay) {
  federation.advance(3 * 3'600 - 1);
  EXPECT_EQ(freshness(), Freshness::current);
  federation.advance(1);
  EXPECT_EQ(freshness(), Freshness::stale);
  federation.advance(21 * 3'600);
  EXPECT_EQ(freshness(), Freshness::withheld);
  cosign_own_feeds(*fr.desk);
  Federation::fetch(fr, gb);
  EXPECT_EQ(freshness(), Freshness::current);
}

TEST_F(FeedAge, TheNewestCheckpointIsSignedAtMostOnceAnHour) {
  federation.advance(3'599);
  EXPECT_EQ(cosign_own_feeds(*fr.desk), 0u);
  federation.advance(1);
  EXPECT_EQ(cosign_own_feeds(*fr.desk), 1u);
  EXPECT_EQ(cosign_own_feeds(*fr.desk), 0u);
}

TEST_F(FeedAge, AClockThatJumpedBackSignsNoOlderTimeNotEvenAfterARestart) {
  const std::uint64_t signed_at = fr.now;
  fr.now -= 100'000;
  fr.restart();
  EXPECT_TRUE(clock_ran_back(*fr.desk));
  EXPECT_EQ(cosign_own_feeds(*fr.desk), 0u);
  fr.now = signed_at + 3'600;
  EXPECT_FALSE(clock_ran_back(*fr.desk));
  EXPECT_EQ(cosign_own_feeds(*fr.desk), 1u);
}

TEST_F(FeedAge, ATimeFarInTheFutureIsIgnoredAndASmallDifferenceIsNot) {
  fr.now += 3'600;
  cosign_own_feeds(*fr.desk);
  Federation::fetch(fr, gb);
  EXPECT_EQ(confirmed_at(*gb.desk, held()), fr.now);
  const std::uint64_t before = fr.now;
  fr.now += 365 * 86'400;
  cosign_own_feeds(*fr.desk);
  Federation::fetch(fr, gb);
  EXPECT_EQ(confirmed_at(*gb.desk, held()), before);
}

TEST_F(FeedAge, AForgedOrReplayedCosignatureChangesNothing) {
  v1::FeedHead old = fr.host->heads_for(gb.id()).at(0);
  const std::uint64_t before = confirmed_at(*gb.desk, held());
  federation.advance(7'200);
  v1::FeedHead forged = old;
  const auto key = keys::ed25519_public(fr.keystore->get(keys::name::log));
  forged.set_cosignature(make_cosignature(origin_line(fr.feed()), key, fr.now, Signature{}));
  EXPECT_FALSE(learn_cosignature(*gb.desk, held(), forged, key));
  EXPECT_FALSE(learn_cosignature(*gb.desk, held(), old, key));
  EXPECT_EQ(confirmed_at(*gb.desk, held()), before);
}

}  // namespace
}  // namespace bakhita::desk
