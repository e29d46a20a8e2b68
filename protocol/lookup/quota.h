// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>

/// The token bucket that bounds what a peer can test by guessing (exchange: quotas). Pure.
namespace bakhita {

struct QuotaLimits {
  std::uint64_t per_day = 0;
  std::uint64_t burst = 0;
  std::uint64_t per_epoch = 0;
};

struct QuotaAccount {
  double tokens = 0;
  std::uint64_t updated = 0;  ///< Unix seconds
  std::uint64_t used_epoch = 0;
  std::uint32_t epoch = 0;
  std::uint64_t onboarding = 0;  ///< elements granted beside the bucket, once
};

/// An account that nobody has used yet: a full bucket.
QuotaAccount fresh_account(const QuotaLimits& limits, std::uint32_t epoch, std::uint64_t now);

/// A clock that was put back by more than a day: the account refills from its present time on, and
/// not only when that clock is where it was. True when it did; it must be kept then, whatever is
/// taken.
bool put_right(QuotaAccount& account, std::uint64_t now);

/// Takes `elements`, from the onboarding grant first. Returns 0, or the seconds to wait; then
/// nothing was taken. A clock that ran backwards refills nothing until it is where it was.
std::uint64_t take(QuotaAccount& account, const QuotaLimits& limits, std::uint32_t epoch,
                   std::uint64_t elements, std::uint64_t now);

/// How many elements take() would grant now.
std::uint64_t elements_left(const QuotaAccount& account, const QuotaLimits& limits,
                            std::uint32_t epoch, std::uint64_t now);

}  // namespace bakhita
