// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>

namespace bakhita::intake {

/// The name of an encoding other than UTF-8 that the file's first bytes show, or empty.
std::string foreign_encoding(std::string_view first_bytes);

/// What to say of a byte that is no UTF-8.
std::string describe_invalid_byte(unsigned char byte);

inline constexpr std::string_view utf8_bom = "\xef\xbb\xbf";

}  // namespace bakhita::intake
