// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>

namespace bakhita {

/// Seconds: no peer is waited for longer, whatever it says.
inline constexpr std::uint32_t pause_max = 3'600;

/// Does a pause until `until` last at `now` (both Unix seconds)? One that ends later than any pause
/// can was begun by a clock that has run back since.
constexpr bool is_paused(std::uint64_t until, std::uint64_t now) {
  return now < until && until - now <= pause_max;
}

}  // namespace bakhita
