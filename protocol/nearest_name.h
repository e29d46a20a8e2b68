// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>

namespace bakhita {

/// Edits (insert, delete, replace, swap of neighbours) from `a` to `b`. Both should be names: the
/// cost is the product of their lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name in `names` that `typed` was probably meant to be, or empty.
template <class Names>
std::string nearest_name(std::string_view typed, const Names& names) {
  constexpr std::size_t typed_size_max = 64;  // nothing longer is a mistyped name
  std::string best;
  if (typed.size() > typed_size_max) return best;
  std::size_t best_distance = typed.size() / 3 + 2;  // a third of the letters may be wrong
  for (const auto& name : names) {
    const std::size_t distance = edit_distance(typed, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

}  // namespace bakhita
