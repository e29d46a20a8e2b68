// SPDX-License-Identifier: EUPL-1.2
#include "protocol/lookup/quota.h"

#include <algorithm>
#include <cmath>

namespace bakhita {
namespace {
constexpr double seconds_per_day = 86'400;
constexpr std::uint64_t day = 86'400;
constexpr std::uint64_t wait_max = 86'400;

double per_second(const QuotaLimits& limits) {
  return static_cast<double>(limits.per_day) / seconds_per_day;
}

/// The account as it stands now.
QuotaAccount refilled(QuotaAccount account, const QuotaLimits& limits, std::uint32_t epoch,
                      std::uint64_t now) {
  if (epoch > account.epoch) {
    account.epoch = epoch;
    account.used_epoch = 0;
  }
  if (now > account.updated) {
    const double refill = static_cast<double>(now - account.updated) * per_second(limits);
    account.tokens = std::min(static_cast<double>(limits.burst), account.tokens + refill);
    account.updated = now;
  }
  return account;
}
}  // namespace

bool put_right(QuotaAccount& account, std::uint64_t now) {
  if (account.updated <= now || account.updated - now <= day) return false;
  account.updated = now;
  return true;
}

QuotaAccount fresh_account(const QuotaLimits& limits, std::uint32_t epoch, std::uint64_t now) {
  return {.tokens = static_cast<double>(limits.burst),
          .updated = now,
          .used_epoch = 0,
          .epoch = epoch,
          .onboarding = 0};
}

std::uint64_t take(QuotaAccount& account, const QuotaLimits& limits, std::uint32_t epoch,
                   std::uint64_t elements, std::uint64_t now) {
  QuotaAccount next = refilled(account, limits, epoch, now);
  if (next.onboarding >= elements) {
    next.onboarding -= elements;
    account = next;
    return 0;
  }
  if (next.used_epoch + elements > limits.per_epoch) return wait_max;
  if (next.tokens < static_cast<double>(elements)) {
    const double missing = static_cast<double>(elements) - next.tokens;
    const double refill = std::ceil(missing / std::max(per_second(limits), 1e-9));
    // A clock that ran back refills nothing until it is where it was.
    const double behind = static_cast<double>(next.updated - now);
    return static_cast<std::uint64_t>(
        std::clamp(behind + refill, 1.0, static_cast<double>(wait_max)));
  }
  next.tokens -= static_cast<double>(elements);
  next.used_epoch += elements;
  account = next;
  return 0;
}

std::uint64_t elements_left(const QuotaAccount& account, const QuotaLimits& limits,
                            std::uint32_t epoch, std::uint64_t now) {
  const QuotaAccount held = refilled(account, limits, epoch, now);
  const std::uint64_t epoch_rest =
      limits.per_epoch > held.used_epoch ? limits.per_epoch - held.used_epoch : 0;
  const auto bucket = static_cast<std::uint64_t>(std::max(held.tokens, 0.0));
  // A batch is taken from the grant or from the bucket, never from both.
  return std::max(held.onboarding, std::min(bucket, epoch_rest));
}

}  // namespace bakhita
