// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace bakhita::cli {

/// Rows under a header, in columns as wide as needed. Cells may hold anything: they are made
/// printable.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  /// Missing cells stay empty, surplus ones are dropped.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.size() == 1; }
  /// The widest columns are cut so that no line is longer than `width` (0: as long as needed).
  void print(std::ostream& out, std::size_t width) const;

 private:
  std::vector<std::vector<std::string>> rows_;  ///< the first is the header
};

/// Columns of the terminal on stdout, 0 when it is none.
std::size_t terminal_width();

}  // namespace bakhita::cli
