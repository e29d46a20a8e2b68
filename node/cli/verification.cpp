// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/verification.h"

namespace bakhita::cli {

std::string digits_only(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9')
      digits += c;
    else if (std::string_view(" -\t\r\n").find(c) == std::string_view::npos)
      return {};
  }
  return digits;
}

std::string in_groups(std::string_view digits) {
  constexpr std::size_t group = 5, groups_a_line = 4;
  std::string out;
  for (std::size_t i = 0; i * group < digits.size(); ++i) {
    if (i > 0) out += i % groups_a_line == 0 ? "\n" : "  ";
    out += digits.substr(i * group, group);
  }
  return out;
}

}  // namespace bakhita::cli
