// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "node/intake/problem.h"

namespace bakhita::intake {

/// The reports' numbers of one file, by 64-bit hashes, with their lines: some 20 bytes a report. A
/// number that stands twice would become a version of itself with every import.
class SeenIds {
 public:
  /// Remembers the number; a reason when another line of the file has it already.
  std::optional<std::string> add(std::string_view id, std::uint64_t line) {
    const auto [first, is_new] = lines_.try_emplace(std::hash<std::string_view>()(id), line);
    if (is_new) return std::nullopt;
    return "stands twice in this file: on line " + std::to_string(first->second) + " and on line " +
           std::to_string(line);
  }

 private:
  boost::unordered_flat_map<std::size_t, std::uint64_t> lines_;
};

}  // namespace bakhita::intake
