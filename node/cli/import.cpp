// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/import.h"

#include <algorithm>
#include <ostream>

#include "node/intake/csv_reader.h"

namespace bakhita::cli {
namespace {

namespace fs = std::filesystem;

/// A frame of rows: large enough to hide the socket, small enough for a bar that moves.
constexpr std::size_t batch_rows_max = 1'000;
constexpr std::size_t batch_bytes_max = 1u << 20;

/// Problems that are printed one by one; the rest is only counted.
constexpr std::uint64_t problems_printed = 20;

bool has_column(const fs::path& file, std::string_view name) {
  intake::CsvReader reader(file);
  intake::CsvRow header;
  if (!reader.next(header)) return false;
  return std::any_of(header.fields.begin(), header.fields.end(),
                     [name](const intake::CsvField& field) { return field.text == name; });
}

bool is_json(const fs::path& file) {
  const fs::path extension = file.extension();
  return extension == ".jsonl" || extension == ".ndjson" || extension == ".json";
}

void add_folder(const fs::path& folder, std::vector<fs::path>& files) {
  const std::size_t before = files.size();
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool rejects = entry.path().stem().extension() == ".rejects";
    const bool csv =
        entry.path().filename() == "reports.csv" || entry.path().filename() == "identifiers.csv";
    if (entry.is_regular_file() && !rejects && (csv || is_json(entry.path())))
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
  if (files.size() == before)
    throw CommandError(ExitCode::not_found,
                       folder.string() + ": holds no reports.csv and no JSON Lines file");
}

void add_identifiers(std::vector<ImportInput>& inputs, const fs::path& identifiers,
                     std::size_t csv_files) {
  for (ImportInput& input : inputs) {
    const bool neighbours = input.reports.parent_path() == identifiers.parent_path();
    if (input.json || input.identifiers || (csv_files > 2 && !neighbours)) continue;
    input.identifiers = identifiers;
    return;
  }
  throw CommandError(ExitCode::usage,
                     identifiers.string() + ": no reports.csv goes with these identifiers",
                     "name the reports file too; pairs are found by their folder");
}

void print_problem(const Context& context, const std::string& place, const std::string& reason) {
  context.err << place << ": " << reason << '\n';
}

void keep(std::vector<admin::v1::Reject>& list, const std::string& place, admin::v1::Reject entry) {
  if (list.size() >= problems_kept) return;
  entry.set_place(place);
  list.push_back(std::move(entry));
}

}  // namespace

std::vector<ImportInput> import_inputs(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files, identifiers;
  for (const fs::path& path : paths) {
    if (fs::is_directory(path))
      add_folder(path, files);
    else
      files.push_back(path);
  }
  std::vector<ImportInput> inputs;
  std::size_t csv_files = 0;
  for (const fs::path& file : files) {
    const bool json = is_json(file);
    if (!json) ++csv_files;
    if (!json && has_column(file, "value") && has_column(file, "type"))
      identifiers.push_back(file);
    else
      inputs.push_back({file, std::nullopt, json});
  }
  for (const fs::path& file : identifiers) add_identifiers(inputs, file, csv_files);
  return inputs;
}

std::unique_ptr<intake::ReportSource> open_input(const ImportInput& input) {
  if (input.json) return intake::open_json_lines(input.reports);
  return intake::open_csv_reports(input.reports, input.identifiers);
}

Import::Import(const Context& context, const std::string& source, bool strict,
               std::optional<fs::path> rejects)
    : context_(context),
      chosen_rejects_(std::move(rejects)),
      client_(connect(context)),
      progress_(context) {
  Request begin;
  begin.mutable_import_begin()->set_source(source);
  begin.mutable_import_begin()->set_strict(strict);
  begin.mutable_import_begin()->set_operator_(context.operator_name);
  client_.send(begin);
}

void Import::add(intake::ReportSource& source) {
  files_.emplace_back(source.files(), chosen_rejects_);
  while (std::optional<intake::Item> item = source.next()) {
    if (auto* rejected = std::get_if<intake::RejectItem>(&*item))
      reject(to_string(rejected->problem.place), rejected->problem.reason, files_.size() - 1,
             rejected->rows);
    else
      send_item(std::move(std::get<intake::ReportItem>(*item)));
    progress_.update(source.bytes_read(), source.bytes_total(), counted_ + sent_.size());
  }
}

ImportResult Import::finish() {
  flush();
  Request end;
  end.mutable_import_end();
  client_.send(end);
  while (!done_) take(client_.receive());
  progress_.clear();
  for (const RejectsFiles& files : files_)
    for (const fs::path& path : files.made()) result_.rejects_files.push_back(path);
  result_.invalid = std::max(result_.invalid, result_.totals.invalid());
  return std::move(result_);
}

const admin::v1::ImportProgress& Import::acknowledged() {
  try {
    while (const auto response = client_.receive_if_any()) take(*response);
  } catch (const service::ServiceError&) {  // whatever broke the import off was told already
  } catch (const service::RequestError&) {
  }
  progress_.clear();
  return result_.totals;
}

void Import::send_item(intake::ReportItem item) {
  const std::string place = to_string(item.place);
  const std::size_t size = item.report.ByteSizeLong() + place.size();
  if (batch_bytes_ + size > batch_bytes_max) flush();
  admin::v1::ImportRow* row = batch_.mutable_import_rows()->add_rows();
  *row->mutable_report() = std::move(item.report);
  row->set_place(place);
  batch_bytes_ += size;
  sent_.push_back({files_.size() - 1, place, std::move(item.rows)});
  if (batch_.import_rows().rows_size() >= static_cast<int>(batch_rows_max)) flush();
}

void Import::flush() {
  if (batch_.import_rows().rows_size() == 0) return;
  client_.send(batch_);
  batch_.Clear();
  batch_bytes_ = 0;
  while (const auto response = client_.receive_if_any()) take(*response);
}

void Import::take(const Response& response) {
  done_ = response.done();
  if (!response.has_import_progress()) return;
  const admin::v1::ImportProgress& progress = response.import_progress();
  for (const admin::v1::Reject& entry : progress.rejects()) {
    ++rejected_by_daemon_;
    const auto sent = find_sent(entry.place());
    if (sent == sent_.end())
      reject(entry.place(), entry.reason(), 0, {});
    else
      reject(entry.place(), entry.reason(), sent->files, sent->rows);
  }
  for (const admin::v1::Reject& entry : progress.invalid_identifiers()) {
    const std::string place = place_of(entry);
    keep(result_.invalid_identifiers, place, entry);
    if (++result_.invalid > problems_printed || context_.quiet) continue;
    progress_.clear();
    print_problem(context_, place, "kept, but never compared: " + entry.reason());
  }
  // The counters are totals: so many reports are through, and their rows need not be kept.
  const std::uint64_t through =
      progress.created() + progress.changed() + progress.unchanged() + rejected_by_daemon_;
  for (; counted_ < through && !sent_.empty(); ++counted_) sent_.pop_front();
  result_.totals = progress;
  result_.totals.clear_rejects();
  result_.totals.clear_invalid_identifiers();
}

std::deque<Import::Sent>::const_iterator Import::find_sent(const std::string& place) const {
  return std::find_if(sent_.begin(), sent_.end(),
                      [&](const Sent& sent) { return sent.place == place; });
}

/// The daemon knows reports; where in which file an identifier stands is known here. In a file
/// whose rows are whole reports it is named by its path.
std::string Import::place_of(const admin::v1::Reject& invalid) const {
  const auto sent = find_sent(invalid.place());
  if (sent == sent_.end() || invalid.identifier() == 0) return invalid.place();
  if (invalid.identifier() >= sent->rows.size())
    return invalid.place() + ": identifiers[" + std::to_string(invalid.identifier() - 1) + "]";
  const intake::SourceRow& row = sent->rows[invalid.identifier()];
  return to_string(
      intake::Place{files_.at(sent->files).source(row.file).string(), row.line, row.column});
}

void Import::reject(const std::string& place, const std::string& reason, std::size_t files,
                    const std::vector<intake::SourceRow>& rows) {
  ++result_.rejected;
  admin::v1::Reject entry;
  entry.set_reason(reason);
  keep(result_.rejects, place, std::move(entry));
  if (result_.rejected <= problems_printed) {
    progress_.clear();
    print_problem(context_, place, reason);
  }
  if (!rows.empty()) files_.at(files).add(rows);
}

std::uint64_t check_inputs(const Context& context, const std::vector<ImportInput>& inputs) {
  std::uint64_t problems = 0;
  for (const ImportInput& input : inputs) {
    const auto source = open_input(input);
    while (const std::optional<intake::Item> item = source->next()) {
      const auto* rejected = std::get_if<intake::RejectItem>(&*item);
      if (rejected != nullptr && ++problems <= problems_printed)
        print_problem(context, to_string(rejected->problem.place), rejected->problem.reason);
    }
  }
  return problems;
}

}  // namespace bakhita::cli
