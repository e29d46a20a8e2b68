// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/terminal_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "protocol/characters.h"

namespace bakhita::cli {
namespace {

struct Range {
  char32_t from, to;
};

/// Controls of C1, of direction, of format; separators; tags. C0 is handled apart.
constexpr std::array steering{Range{0x7f, 0x9f},      Range{0xad, 0xad},     Range{0x61c, 0x61c},
                              Range{0x180e, 0x180e},  Range{0x200b, 0x200f}, Range{0x2028, 0x202e},
                              Range{0x2060, 0x206f},  Range{0xfeff, 0xfeff}, Range{0xfff9, 0xfffb},
                              Range{0xe0000, 0xe007f}};

/// The combining marks of the scripts that reports come in.
constexpr std::array combining{
    Range{0x300, 0x36f},   Range{0x483, 0x489},   Range{0x591, 0x5c7},   Range{0x610, 0x61a},
    Range{0x64b, 0x65f},   Range{0x670, 0x670},   Range{0x6d6, 0x6ed},   Range{0x900, 0x903},
    Range{0x93a, 0x94f},   Range{0x981, 0x983},   Range{0x9bc, 0x9cd},   Range{0xe31, 0xe31},
    Range{0xe34, 0xe3a},   Range{0xe47, 0xe4e},   Range{0x1ab0, 0x1aff}, Range{0x1dc0, 0x1dff},
    Range{0x20d0, 0x20ff}, Range{0xfe00, 0xfe0f}, Range{0xfe20, 0xfe2f}, Range{0xe0100, 0xe01ef}};

constexpr std::array wide{Range{0x1100, 0x115f},   Range{0x2e80, 0x303e},  Range{0x3041, 0xa4cf},
                          Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},  Range{0xfe30, 0xfe6f},
                          Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},  Range{0x1f300, 0x1f64f},
                          Range{0x1f900, 0x1f9ff}, Range{0x20000, 0x3fffd}};

template <class Ranges>
bool is_in(const Ranges& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return range.from <= c && c <= range.to; });
}

std::size_t sequence_size(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/// The character of a well-formed sequence.
char32_t decode(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  constexpr std::array<unsigned, 5> lead_bits{0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t value = lead & lead_bits[sequence.size()];
  for (const char c : sequence.substr(1))
    value = (value << 6) | (static_cast<unsigned char>(c) & 0x3fu);
  return value;
}

/// Calls `use(sequence, character)` for the characters of well-formed text.
template <class Use>
void for_each_character(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t size =
        std::min(sequence_size(static_cast<unsigned char>(text[0])), text.size());
    use(text.substr(0, size), decode(text.substr(0, size)));
    text.remove_prefix(size);
  }
}

std::size_t width_of(char32_t c) {
  if (is_in(combining, c)) return 0;
  return is_in(wide, c) ? 2 : 1;
}

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr std::string_view ellipsis = "\xe2\x80\xa6";

void append_printable(std::string& out, std::string_view well_formed) {
  for_each_character(well_formed, [&out](std::string_view sequence, char32_t c) {
    if (c == '\n' || c == '\t' || c == '\r')
      out += ' ';
    else if (c < 0x20 || is_in(steering, c))
      out += replacement;
    else
      out += sequence;
  });
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (const auto bad = first_invalid_utf8(text)) {
    append_printable(out, text.substr(0, *bad));
    out += replacement;
    text.remove_prefix(*bad + 1);
  }
  append_printable(out, text);
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for_each_character(text, [&width](std::string_view, char32_t c) { width += width_of(c); });
  return width;
}

std::string clipped(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string out;
  std::size_t used = 1;  // the ellipsis
  bool full = false;
  for_each_character(text, [&](std::string_view sequence, char32_t c) {
    full = full || used + width_of(c) > width;
    if (full) return;
    used += width_of(c);
    out += sequence;
  });
  return width == 0 ? std::string() : out.append(ellipsis);
}

}  // namespace bakhita::cli
