// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text that others wrote, on a terminal: names of peers, notes, identifiers as written.
namespace bakhita::cli {

/// `text` with everything replaced by U+FFFD that could steer a terminal or reorder what stands
/// beside it: control characters (line ends and tabs become spaces), bidi controls, zero-width
/// characters, line separators, tag characters, bytes that are no UTF-8.
std::string printable(std::string_view text);

/// Columns that printable text takes: 2 for East Asian wide characters, 0 for combining ones.
std::size_t display_width(std::string_view text);

/// Printable text cut to a width, with … in place of what is missing.
std::string clipped(std::string_view text, std::size_t width);

}  // namespace bakhita::cli
