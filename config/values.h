// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// How values are written. All are strict: nothing is guessed.
namespace bakhita::config {

/// Decimal without sign or leading zeros.
std::optional<std::uint64_t> parse_number(std::string_view text);
/// `30s`, `5m`, `12h`, `7d`.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);
/// `64KiB`, `64MiB`, `2GiB`.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// The same the other way, in the largest unit that is exact.
std::string duration_text(std::chrono::seconds duration);
std::string size_text(std::uint64_t bytes);
/// `host:port` or `[v6]:port`.
bool is_address(std::string_view text);

}  // namespace bakhita::config
