// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

/// Readers of the files that authorities hand in: one report after the other, in constant memory.
namespace bakhita::intake {

/// Where something is in a file; lines and columns count from 1, columns in characters.
struct Place {
  std::string file{};
  std::uint64_t line = 1;
  std::uint64_t column = 1;
};

/// "file:line:column".
std::string to_string(const Place& place);

/// A row that cannot be imported. `reason` names rule and column, never a value.
struct Problem {
  Place place;
  std::string reason;
};

/// The whole file cannot be read as what it claims to be: wrong encoding, missing column, I/O
/// error.
class FileError : public std::runtime_error {
 public:
  explicit FileError(const Problem& problem)
      : std::runtime_error(to_string(problem.place) + ": " + problem.reason) {}
};

}  // namespace bakhita::intake
