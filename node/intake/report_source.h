// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "bakhita/v1/report.pb.h"
#include "node/intake/byte_source.h"
#include "node/intake/problem.h"

namespace bakhita::intake {

/// A row as it was handed in: which of the source's files, and where in it.
struct SourceRow {
  std::size_t file = 0;  ///< index into ReportSource::files()
  ByteRange range;
  std::uint64_t line = 1;    ///< of what the row is about: an identifier's value, else its begin
  std::uint64_t column = 1;  ///< in characters
};

/// A report with the rows that made it: the first is the report's own, the rest its identifiers'.
struct ReportItem {
  v1::IncidentReport report;
  Place place;
  std::vector<SourceRow> rows;
};

/// A row that cannot be imported.
struct RejectItem {
  Problem problem;
  std::vector<SourceRow> rows;
};

using Item = std::variant<ReportItem, RejectItem>;

/// Reports of one file, or of a pair of files, in order.
class ReportSource {
 public:
  struct File {
    std::filesystem::path path;
    ByteRange header;  ///< header line; size 0: the format has none
    std::string_view extension;
  };
  virtual ~ReportSource() = default;
  /// Nothing at the end. Throws FileError when a file cannot be read on.
  virtual std::optional<Item> next() = 0;
  virtual const std::vector<File>& files() const = 0;
  /// Bytes of all files, and how many of them are read: for the progress bar.
  virtual std::uint64_t bytes_total() const = 0;
  virtual std::uint64_t bytes_read() const = 0;
};

/// `reports.csv`, and `identifiers.csv` if there is one.
std::unique_ptr<ReportSource> open_csv_reports(
    const std::filesystem::path& reports, const std::optional<std::filesystem::path>& identifiers);
/// One IncidentReport a line, in Protobuf's JSON mapping.
std::unique_ptr<ReportSource> open_json_lines(const std::filesystem::path& file);

}  // namespace bakhita::intake
