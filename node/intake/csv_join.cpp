// SPDX-License-Identifier: EUPL-1.2
#include "node/intake/csv_join.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "node/intake/csv_columns.h"

namespace bakhita::intake {
namespace {

constexpr std::uint64_t taken_bit = 1ull << 63;

/// Only finds candidates: the row read there says whose it is.
std::uint32_t hash_of(std::string_view report_id) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(report_id));
}

}  // namespace

IdentifierRows::IdentifierRows(const std::filesystem::path& file,
                               const std::filesystem::path& reports)
    : table_(file, identifier_columns()), rows_offset_(table_.offset()), rows_line_(table_.line()) {
  in_order_ = same_order(reports);
  rewind();
  if (!in_order_) make_index();
}

void IdentifierRows::begin(std::string_view report_id) {
  wanted_ = report_id;
  if (!in_order_) cursor_ = first_entry(hash_of(report_id));
}

bool IdentifierRows::next(CsvRow& row) {
  if (!in_order_) return next_by_index(row);
  if (!have_ahead_) have_ahead_ = table_.next(ahead_);
  if (!have_ahead_ || (!ahead_.problem && report_of(ahead_) != wanted_)) return false;
  std::swap(row, ahead_);
  have_ahead_ = false;
  return true;
}

bool IdentifierRows::next_left_over(CsvRow& row) {
  if (in_order_) {
    if (!std::exchange(have_ahead_, false)) return table_.next(row);
    std::swap(row, ahead_);
    return true;
  }
  if (!std::exchange(rewound_, true)) rewind();
  while (table_.next(row))
    if (row.problem || !is_taken(row)) return true;
  return false;
}

/// Whether the reports' order leads through the identifiers' rows without going back.
bool IdentifierRows::same_order(const std::filesystem::path& reports) {
  CsvTable table(reports, report_columns());
  CsvRow report, row;
  std::string current;
  while (table_.next(row)) {
    if (row.problem) continue;
    while (report_of(row) != current) {
      if (!table.next(report)) return false;
      if (!report.problem) current = table.text(report, "report_id");
    }
  }
  return true;
}

void IdentifierRows::make_index() {
  CsvRow row;
  while (table_.next(row))
    if (!row.problem)
      index_.push_back(
          {hash_of(report_of(row)), static_cast<std::uint32_t>(row.line), row.range.offset});
  std::sort(index_.begin(), index_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.hash, a.offset) < std::tie(b.hash, b.offset);
  });
}

std::size_t IdentifierRows::first_entry(std::uint32_t hash) const {
  const auto first = std::lower_bound(index_.begin(), index_.end(), hash,
                                      [](const Entry& e, std::uint32_t h) { return e.hash < h; });
  return static_cast<std::size_t>(first - index_.begin());
}

bool IdentifierRows::next_by_index(CsvRow& row) {
  const std::uint32_t hash = hash_of(wanted_);
  while (cursor_ < index_.size() && index_[cursor_].hash == hash) {
    Entry& entry = index_[cursor_++];
    table_.seek(entry.offset & ~taken_bit, entry.line);
    if (!table_.next(row) || row.problem || report_of(row) != wanted_) continue;
    entry.offset |= taken_bit;
    return true;
  }
  return false;
}

bool IdentifierRows::is_taken(const CsvRow& row) const {
  const std::uint32_t hash = hash_of(report_of(row));
  for (std::size_t i = first_entry(hash); i < index_.size() && index_[i].hash == hash; ++i)
    if ((index_[i].offset & ~taken_bit) == row.range.offset)
      return (index_[i].offset & taken_bit) != 0;
  return false;
}

void IdentifierRows::rewind() { table_.seek(rows_offset_, rows_line_); }

}  // namespace bakhita::intake
