// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "node/cli/progress.h"
#include "node/cli/rejects.h"
#include "node/cli/reply.h"
#include "node/intake/report_source.h"

/// `report import`: files → rows → the daemon, in constant memory.
namespace bakhita::cli {

/// What to read: a pair of CSV files or a file of JSON Lines.
struct ImportInput {
  std::filesystem::path reports;
  std::optional<std::filesystem::path> identifiers;
  bool json = false;
};

/// Sorts files and folders into inputs; a CSV file's header says what it holds. Throws CommandError
/// for identifiers without reports.
std::vector<ImportInput> import_inputs(const std::vector<std::filesystem::path>& paths);
std::unique_ptr<intake::ReportSource> open_input(const ImportInput& input);

/// What happened to all rows. Lists keep the first `problems_kept` entries.
struct ImportResult {
  admin::v1::ImportProgress totals;  ///< the daemon's counters
  std::uint64_t rejected = 0;        ///< rows, here and by the daemon
  std::vector<admin::v1::Reject> rejects;
  std::uint64_t invalid = 0;  ///< identifiers without a canonical form
  std::vector<admin::v1::Reject> invalid_identifiers;
  std::vector<std::filesystem::path> rejects_files;
};
inline constexpr std::size_t problems_kept = 1'000;

/// One import over one connection.
class Import {
 public:
  /// Sends the beginning. `rejects` as RejectsFiles takes it.
  Import(const Context& context, const std::string& source, bool strict,
         std::optional<std::filesystem::path> rejects);
  /// Sends all reports of a source, and keeps what the daemon answers.
  void add(intake::ReportSource& source);
  /// Ends the import and waits until everything is durable.
  ImportResult finish();
  /// What is known to be durable when the import broke off: all that the daemon acknowledged.
  const admin::v1::ImportProgress& acknowledged();

 private:
  /// A report that was sent and not yet counted by the daemon.
  struct Sent {
    std::size_t files;  ///< index into files_
    std::string place;
    std::vector<intake::SourceRow> rows;
  };
  void send_item(intake::ReportItem item);
  void flush();
  void take(const Response& response);
  std::deque<Sent>::const_iterator find_sent(const std::string& place) const;
  std::string place_of(const admin::v1::Reject& invalid) const;
  void reject(const std::string& place, const std::string& reason, std::size_t files,
              const std::vector<intake::SourceRow>& rows);

  const Context& context_;
  std::optional<std::filesystem::path> chosen_rejects_;
  Client client_;
  Progress progress_;
  Request batch_;
  std::size_t batch_bytes_ = 0;
  std::deque<Sent> sent_;
  std::uint64_t counted_ = 0;  ///< reports that left sent_
  std::uint64_t rejected_by_daemon_ = 0;
  std::vector<RejectsFiles> files_;  ///< one a source
  ImportResult result_;
  bool done_ = false;
};

/// Reads all inputs without sending anything; the number of rows that cannot be imported.
std::uint64_t check_inputs(const Context& context, const std::vector<ImportInput>& inputs);

}  // namespace bakhita::cli
