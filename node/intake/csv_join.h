// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

#include "node/intake/csv_table.h"

namespace bakhita::intake {

/// The rows of `identifiers.csv` that belong to a report, whatever the order of the file.
///
/// While both files name reports in the same order, they are read side by side in constant memory;
/// a first pass over both finds out. Otherwise an index of 16 bytes a row is made, and rows are
/// read where they stand: 160 MB for ten million identifiers.
class IdentifierRows {
 public:
  /// Reads both files through, the second once more if the orders differ. Throws FileError.
  IdentifierRows(const std::filesystem::path& file, const std::filesystem::path& reports);

  /// From now on next() gives the rows of this report. Reports come in the order of their file,
  /// each once.
  void begin(std::string_view report_id);
  /// The report's next row, or a malformed row that stands before it; false when there is no more.
  bool next(CsvRow& row);
  /// After the last report: the rows that no report took, and malformed ones that next() did not
  /// give.
  bool next_left_over(CsvRow& row);

  const CsvTable& table() const { return table_; }
  bool in_report_order() const { return in_order_; }

 private:
  struct Entry {
    std::uint32_t hash;
    std::uint32_t line;
    std::uint64_t offset;  ///< top bit: taken
  };
  std::string_view report_of(const CsvRow& row) const { return table_.text(row, "report_id"); }
  bool same_order(const std::filesystem::path& reports);
  void make_index();
  std::size_t first_entry(std::uint32_t hash) const;
  bool next_by_index(CsvRow& row);
  bool is_taken(const CsvRow& row) const;
  void rewind();

  CsvTable table_;
  std::uint64_t rows_offset_;  ///< of the first row after the header
  std::uint64_t rows_line_;
  std::string wanted_;
  bool in_order_ = true;
  CsvRow ahead_;  ///< in order: the row that waits for its report
  bool have_ahead_ = false;
  std::vector<Entry> index_;  ///< otherwise; by hash, then offset
  std::size_t cursor_ = 0;    ///< into index_
  bool rewound_ = false;      ///< for the rows left over
};

}  // namespace bakhita::intake
