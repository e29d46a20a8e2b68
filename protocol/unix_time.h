// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string>

namespace bakhita {

/// A time that another node says is believed so many seconds ahead, and no further.
inline constexpr std::uint64_t clock_tolerance = 3'600;

/// Unix seconds as RFC 3339 in UTC, "2026-03-01T00:00:00Z"; 0 (did not happen) is empty. Others'
/// times are shown too: what is later than the year 9999 shows as its last second.
std::string time_text(std::uint64_t unix_seconds);

}  // namespace bakhita
