// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/intake/byte_source.h"

namespace bakhita::intake {

struct CsvField {
  std::string text;
  std::uint64_t line = 1;
  std::uint64_t column = 1;
};

struct CsvRow {
  std::vector<CsvField> fields;
  std::optional<Problem> problem;  ///< the first; `fields` are then incomplete
  ByteRange range;                 ///< with its line end
  std::uint64_t line = 1;          ///< on which it begins
};

/// RFC 4180, strictly, in memory bounded by limits.h: LF or CRLF; quotes only around whole fields;
/// UTF-8. Empty lines are skipped.
///
/// A malformed row does not take others with it. A row that is merely too large is passed over
/// whole. After broken quoting reading goes on at the line after the one on which the row began,
/// since a stray quote would otherwise swallow what follows; no byte is read more than a few times
/// so, as a wrong quote ends at the next one.
class CsvReader {
 public:
  /// Throws FileError as ByteSource does.
  explicit CsvReader(const std::filesystem::path& file) : source_(file) {}
  /// False at the end of the file. `row` is overwritten; reusing it saves allocations.
  bool next(CsvRow& row);
  /// Goes on with the row that begins at a range's offset and line, as an earlier next() gave them.
  void seek(std::uint64_t offset, std::uint64_t line) { source_.seek(offset, line); }
  const ByteSource& source() const { return source_; }

 private:
  void read_row(CsvRow& row);
  void read_plain(CsvRow& row, CsvField& field);
  void read_quoted(CsvRow& row, CsvField& field);
  void store(CsvRow& row, CsvField& field, int byte);
  void note(CsvRow& row, std::string reason);
  void check_text(CsvRow& row, const CsvField& field);
  void skip_line();
  CsvField& add_field(CsvRow& row);
  int get();

  ByteSource source_;
  std::size_t fields_ = 0;         ///< of the row, stored or not
  std::size_t stored_ = 0;         ///< bytes of the row
  bool quotes_broken_ = false;     ///< in the row
  std::uint64_t second_line_ = 0;  ///< offset at which the row's second line begins; 0: not seen
};

}  // namespace bakhita::intake
