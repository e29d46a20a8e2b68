// SPDX-License-Identifier: EUPL-1.2
#include "protocol/lookup/quota.h"

#include <algorithm>
#include <cmath>

namespace bakhita {
namespace {
constexpr double seconds_per_day = 86'400;
constexpr std::uint64_t wait_max = 86'400;
}  // namespace

QuotaAccount fresh_account(const QuotaLimits& limits, std::uint32_t epoch, std::uint64_t now) {
  return {.tokens = static_cast<double>(limits.burst),
          .updated = now,
          .used_epoch = 0,
          .epoch = epoch,
          .onboarding = 0};
}

std::uint64_t take(QuotaAccount& account, const QuotaLimits& limits, std::uint32_t epoch,
                   std::uint64_t elements, std::uint64_t now) {
  QuotaAccount next = account;
  if (epoch > next.epoch) {
    next.epoch = epoch;
    next.used_epoch = 0;
  }
  const double per_second = static_cast<double>(limits.per_day) / seconds_per_day;
  if (now > next.updated) {
    const double refill = static_cast<double>(now - next.updated) * per_second;
    next.tokens = std::min(static_cast<double>(limits.burst), next.tokens + refill);
    next.updated = now;
  }
  if (next.onboarding >= elements) {
    next.onboarding -= elements;
    account = next;
    return 0;
  }
  if (next.used_epoch + elements > limits.per_epoch) return wait_max;
  if (next.tokens < static_cast<double>(elements)) {
    const double missing = static_cast<double>(elements) - next.tokens;
    return std::clamp<std::uint64_t>(
        static_cast<std::uint64_t>(std::ceil(missing / std::max(per_second, 1e-9))), 1, wait_max);
  }
  next.tokens -= static_cast<double>(elements);
  next.used_epoch += elements;
  account = next;
  return 0;
}

}  // namespace bakhita
