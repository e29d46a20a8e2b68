// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <ostream>

#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest_column = 6;

using Widths = std::vector<std::size_t>;

std::size_t total(const Widths& widths) {
  return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + gap * (widths.size() - 1);
}

void narrow(Widths& widths, std::size_t limit) {
  while (total(widths) > limit) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= narrowest_column) return;
    --*widest;
  }
}

}  // namespace

Table::Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

void Table::add(std::vector<std::string> cells) {
  cells.resize(rows_.front().size());
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& out, std::size_t width) const {
  Widths widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  if (width != 0) narrow(widths, width);
  for (const auto& row : rows_) {
    std::string line;
    std::size_t owed = 0;  // spaces are written only before a cell, so that no line ends in them
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = clipped(row[i], widths[i]);
      if (!cell.empty()) {
        line.append(owed, ' ').append(cell);
        owed = 0;
      }
      owed += widths[i] - display_width(cell) + gap;
    }
    out << line << '\n';
  }
}

std::size_t terminal_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace bakhita::cli
