// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

/// What bytes are text.
namespace bakhita {

/// Offset of the first byte that is no part of well-formed UTF-8 (Unicode table 3-7; RFC 3629), or
/// nothing.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// Characters in well-formed UTF-8; in other bytes, those that begin one.
std::size_t count_characters(std::string_view text);

/// No control character of ASCII is in it, so that it is one line, and steers no terminal.
bool is_printable(std::string_view text);

}  // namespace bakhita
