// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Bugs that can be switched on in this program to see whether the oracles find them. They are in
/// no source of the product: planted.py puts them into copies (see bugs.py).
namespace bakhita::simulation {

/// Switches one on and all others off; the empty name switches all off.
void plant(std::string_view name);
const std::vector<std::string>& planted_names();
namespace planted_detail {
extern int active;
}
inline bool planted(int number) { return planted_detail::active == number; }

}  // namespace bakhita::simulation
