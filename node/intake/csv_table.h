// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <span>
#include <string_view>

#include "node/intake/csv_reader.h"

namespace bakhita::intake {

struct Column {
  std::string_view name;
  bool required = false;
};

/// A CSV file with a header line: fields by column name, in whatever order the file has them.
class CsvTable {
 public:
  /// Throws FileError when the file is empty or its header misses a required column, repeats one,
  /// or has one that is not in `known` (with the nearest that is).
  CsvTable(const std::filesystem::path& file, std::span<const Column> known);

  /// False at the end. A row with another number of fields than the header has a problem.
  bool next(CsvRow& row);
  void seek(std::uint64_t offset, std::uint64_t line) { reader_.seek(offset, line); }

  /// The field of a known column, nothing when the file does not have it. `row` has no problem.
  const CsvField* find(const CsvRow& row, std::string_view column) const;
  /// As find(); empty text for an absent column.
  std::string_view text(const CsvRow& row, std::string_view column) const;
  /// A problem at a column's field.
  Problem problem_at(const CsvRow& row, std::string_view column, std::string reason) const;

  const std::string& file() const { return reader_.source().name(); }
  std::uint64_t size() const { return reader_.source().size(); }
  std::uint64_t offset() const { return reader_.source().offset(); }
  std::uint64_t line() const { return reader_.source().line(); }
  /// The header line as it is in the file.
  ByteRange header_range() const { return header_.range; }
  bool has(std::string_view column) const;

 private:
  CsvReader reader_;
  CsvRow header_;
};

}  // namespace bakhita::intake
