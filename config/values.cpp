// SPDX-License-Identifier: EUPL-1.2
#include "config/values.h"

#include <charconv>
#include <utility>

namespace bakhita::config {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t out = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::uint64_t number_max = 1'000'000;
  if (text.size() < 2) return std::nullopt;
  const auto number = parse_number(text.substr(0, text.size() - 1));
  if (!number || *number > number_max) return std::nullopt;
  const auto count = static_cast<std::int64_t>(*number);
  switch (text.back()) {
    case 's':
      return std::chrono::seconds(count);
    case 'm':
      return std::chrono::minutes(count);
    case 'h':
      return std::chrono::hours(count);
    case 'd':
      return std::chrono::hours(24 * count);
    default:
      return std::nullopt;
  }
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::uint64_t number_max = 1 << 20;
  for (auto [unit, shift] : {std::pair{"KiB", 10}, {"MiB", 20}, {"GiB", 30}}) {
    if (!text.ends_with(unit)) continue;
    const auto number = parse_number(text.substr(0, text.size() - 3));
    if (!number || *number > number_max) return std::nullopt;
    return *number << shift;
  }
  return std::nullopt;
}

std::string duration_text(std::chrono::seconds duration) {
  std::int64_t count = duration.count();
  for (auto [unit, seconds] : {std::pair{"d", 86'400}, {"h", 3'600}, {"m", 60}})
    if (count != 0 && count % seconds == 0) return std::to_string(count / seconds) + unit;
  return std::to_string(count) + "s";
}

std::string size_text(std::uint64_t bytes) {
  for (auto [unit, shift] : {std::pair{"GiB", 30}, {"MiB", 20}})
    if (bytes != 0 && bytes % (1ull << shift) == 0) return std::to_string(bytes >> shift) + unit;
  return std::to_string(bytes >> 10) + "KiB";
}

bool is_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || text.size() > 255) return false;
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && !(host.front() == '[' && host.back() == ']'))
    return false;
  const auto port = parse_number(text.substr(colon + 1));
  return port && *port <= 65'535;
}

}  // namespace bakhita::config
