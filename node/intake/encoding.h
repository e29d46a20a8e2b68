// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bakhita::intake {

/// Offset of the first byte that is no part of well-formed UTF-8 (Unicode table 3-7), or nothing.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// Characters in well-formed UTF-8; in other bytes, those that begin one.
std::size_t count_characters(std::string_view text);

/// The name of an encoding other than UTF-8 that the file's first bytes show, or empty.
std::string foreign_encoding(std::string_view first_bytes);

/// What to say of a byte that is no UTF-8.
std::string describe_invalid_byte(unsigned char byte);

inline constexpr std::string_view utf8_bom = "\xef\xbb\xbf";

}  // namespace bakhita::intake
