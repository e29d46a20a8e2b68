// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "keys/descriptor.h"
#include "node/cli/cli.h"
#include "node/intake/report_source.h"

namespace bakhita::cli {

/// Where the rows go that could not be imported: in the format of their file, header line included,
/// so that they can be mended and imported by themselves. Files are made (0600) with the first row.
class RejectsFiles {
 public:
  /// Beside the source's files as `<file>.rejects.csv` or `.jsonl`; or `chosen` for the first file
  /// and
  /// `<chosen>.identifiers.csv` for the second.
  RejectsFiles(const std::vector<intake::ReportSource::File>& sources,
               const std::optional<std::filesystem::path>& chosen);
  /// Copies rows as they stand in the source. Throws CommandError.
  void add(const std::vector<intake::SourceRow>& rows);
  /// The files that were made.
  std::vector<std::filesystem::path> made() const;
  /// The file that rows of this number came from.
  const std::filesystem::path& source(std::size_t file) const {
    return targets_.at(file).source.path;
  }

 private:
  struct Target {
    intake::ReportSource::File source;
    std::filesystem::path path;
    Descriptor out;
  };
  std::vector<Target> targets_;
};

}  // namespace bakhita::cli
