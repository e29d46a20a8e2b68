// SPDX-License-Identifier: EUPL-1.2
#include "protocol/characters.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace bakhita {
namespace {

/// The well-formed sequences of Unicode table 3-7, by lead byte: the second byte has its own range.
struct Lead {
  std::uint8_t from, to, size, second_from, second_to;
};
constexpr std::array<Lead, 8> leads{{{0xc2, 0xdf, 2, 0x80, 0xbf},
                                     {0xe0, 0xe0, 3, 0xa0, 0xbf},
                                     {0xe1, 0xec, 3, 0x80, 0xbf},
                                     {0xed, 0xed, 3, 0x80, 0x9f},
                                     {0xee, 0xef, 3, 0x80, 0xbf},
                                     {0xf0, 0xf0, 4, 0x90, 0xbf},
                                     {0xf1, 0xf3, 4, 0x80, 0xbf},
                                     {0xf4, 0xf4, 4, 0x80, 0x8f}}};

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

/// Bytes of the sequence that begins at `at`, 0 if it is malformed.
std::size_t sequence_size(std::string_view text, std::size_t at) {
  const std::uint8_t first = byte_at(text, at);
  if (first < 0x80) return 1;
  const auto lead = std::find_if(leads.begin(), leads.end(), [first](const Lead& l) {
    return l.from <= first && first <= l.to;
  });
  if (lead == leads.end() || text.size() - at < lead->size) return 0;
  const std::uint8_t second = byte_at(text, at + 1);
  if (second < lead->second_from || second > lead->second_to) return 0;
  for (std::size_t i = 2; i < lead->size; ++i)
    if ((byte_at(text, at + i) & 0xc0) != 0x80) return 0;
  return lead->size;
}

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = sequence_size(text, at);
    if (size == 0) return at;
    at += size;
  }
  return std::nullopt;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

}  // namespace bakhita
