// SPDX-License-Identifier: EUPL-1.2
#include "protocol/lookup/quota.h"

#include <gtest/gtest.h>

#include <random>

namespace bakhita {
namespace {

constexpr std::uint64_t day = 86'400;
constexpr std::uint64_t start = 20'000 * day;
constexpr QuotaLimits limits{.per_day = 1'024, .burst = 2'048, .per_epoch = 250'000};

TEST(Quota, AFullBucketIsTakenAtOnceAndRefillsByTheDay) {
  QuotaAccount account = fresh_account(limits, 1, start);
  EXPECT_EQ(0u, take(account, limits, 1, 2'048, start));
  const std::uint64_t wait = take(account, limits, 1, 64, start);
  EXPECT_EQ(5'400u, wait) << "64 of 1,024 a day are a sixteenth of a day";
  EXPECT_GT(take(account, limits, 1, 64, start + wait - 1), 0u);
  EXPECT_EQ(0u, take(account, limits, 1, 64, start + wait));
  EXPECT_EQ(2'048u, elements_left(account, limits, 1, start + 30 * day)) << "never above the burst";
}

TEST(Quota, WhatIsRefusedTakesNothing) {
  QuotaAccount account = fresh_account(limits, 1, start);
  EXPECT_GT(take(account, limits, 1, 2'049, start), 0u);
  EXPECT_EQ(2'048u, elements_left(account, limits, 1, start));
  EXPECT_EQ(0u, account.used_epoch);
}

TEST(Quota, AnEpochHasAnEndAndTheNextBeginsAnew) {
  QuotaAccount account = fresh_account(limits, 1, start);
  std::uint64_t now = start, taken = 0;
  for (; take(account, limits, 1, 256, now) == 0; now += day / 4) taken += 256;
  EXPECT_EQ(249'856u, taken) << "the most that 256 at a time fit into 250,000";
  EXPECT_GT(take(account, limits, 1, 256, now + 300 * day), 0u) << "no time brings more";
  EXPECT_EQ(144u, elements_left(account, limits, 1, now + 300 * day));
  EXPECT_EQ(0u, take(account, limits, 2, 256, now + 300 * day));
  EXPECT_GT(take(account, limits, 2, 250'000, now + 600 * day), 0u);
}

TEST(Quota, AnOlderEpochBringsNothingBack) {
  QuotaAccount account = fresh_account(limits, 2, start);
  ASSERT_EQ(0u, take(account, limits, 2, 2'000, start));
  EXPECT_GT(take(account, limits, 1, 64, start), 0u);
  EXPECT_EQ(2u, account.epoch);
  EXPECT_EQ(2'000u, account.used_epoch);
}

TEST(Quota, OnboardingIsTakenFirstAndLeavesBucketAndEpochAlone) {
  QuotaAccount account = fresh_account(limits, 1, start);
  account.onboarding = 20'000;
  std::uint64_t taken = 0;
  while (account.onboarding >= 256) {
    ASSERT_EQ(0u, take(account, limits, 1, 256, start));
    taken += 256;
  }
  EXPECT_EQ(19'968u, taken);
  EXPECT_EQ(0u, account.used_epoch);
  EXPECT_EQ(0u, take(account, limits, 1, 2'048, start)) << "the bucket is full still";
}

TEST(Quota, AClockThatGoesBackRefillsNothingTwice) {
  std::mt19937_64 random(7);
  for (int history = 0; history < 50; ++history) {
    QuotaAccount account = fresh_account(limits, 1, start);
    std::uint64_t now = start, latest = start, taken = 0;
    for (int step = 0; step < 400; ++step) {
      // Forwards by up to two hours, or back by up to a day: that far a clock is only corrected.
      if (random() % 4 == 0)
        now -= random() % day;
      else
        now += random() % 7'200;
      now = std::max(now, latest > day ? latest - day : 0);
      latest = std::max(latest, now);
      if (take(account, limits, 1, 64, now) == 0) taken += 64;
    }
    EXPECT_LE(taken, limits.burst + (latest - start) * limits.per_day / day + 1)
        << "in history " << history;
  }
}

TEST(Quota, NothingADayIsAWaitWithAnEnd) {
  constexpr QuotaLimits none{.per_day = 0, .burst = 64, .per_epoch = 1'000};
  QuotaAccount account = fresh_account(none, 1, start);
  ASSERT_EQ(0u, take(account, none, 1, 64, start));
  EXPECT_EQ(day, take(account, none, 1, 64, start + 100 * day));
}

}  // namespace
}  // namespace bakhita
