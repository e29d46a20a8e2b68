// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>

/// The number that both operators read to each other: 60 digits over both identity keys.
namespace bakhita::cli {

inline constexpr std::size_t verification_digits = 60;
inline constexpr std::size_t typed_digits = 10;  ///< the last two groups

/// The digits in a text; spaces, hyphens and line ends are dropped. Anything else makes it empty.
std::string digits_only(std::string_view text);

/// Twelve groups of five, four groups a line.
std::string in_groups(std::string_view digits);

}  // namespace bakhita::cli
