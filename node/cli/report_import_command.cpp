// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/armor.h"
#include "node/cli/commands.h"
#include "node/cli/import.h"
#include "node/intake/json_lines.h"

namespace bakhita::cli {
namespace {

namespace fs = std::filesystem;

struct ImportOptions {
  std::vector<fs::path> files;
  bool strict = false;
  fs::path rejects;
};

void print_json_result(const Context& context, const ImportResult& result) {
  std::string files;
  for (const fs::path& file : result.rejects_files)
    files += (files.empty() ? "" : ",") + json_string(file.string());
  admin::v1::ImportProgress totals = result.totals;
  for (const auto& entry : result.rejects) *totals.add_rejects() = entry;
  for (const auto& entry : result.invalid_identifiers) *totals.add_invalid_identifiers() = entry;
  print_json(
      context, totals,
      "\"rejected\":" + std::to_string(result.rejected) + ",\"rejects_files\":[" + files + "]");
}

void print_summary(const Context& context, const ImportResult& result) {
  const auto& totals = result.totals;
  std::ostream& out = context.out;
  out << "reports      " << grouped(totals.created() + totals.changed() + totals.unchanged())
      << ": " << grouped(totals.created()) << " new, " << grouped(totals.changed()) << " changed, "
      << grouped(totals.unchanged()) << " unchanged\n";
  out << "identifiers  " << grouped(totals.identifiers());
  const char* before = ": ";
  for (const auto& count : totals.by_type()) {
    out << before << grouped(count.count()) << ' ' << count.type();
    before = ", ";
  }
  out << "\ninvalid      " << grouped(result.invalid)
      << " (kept as written, never compared)\nshielded     " << grouped(totals.shielded())
      << " (never published)\nbenign       " << grouped(totals.benign()) << " (never published)\n";
  out << "rejected     " << grouped(result.rejected)
      << (result.rejected == 1 ? " row\n" : " rows\n");
  for (const fs::path& file : result.rejects_files)
    out << "             → " << file.string() << '\n';
}

/// Some rows were not imported: scripts must notice.
void end_with(Context& context, const ImportResult& result) {
  if (context.json)
    print_json_result(context, result);
  else
    print_summary(context, result);
  if (result.rejected > 0) context.exit_code = ExitCode::failed;
}

/// An import that breaks off says what is durable nevertheless, as exactly as it knows.
void tell_acknowledged(Context& context, const admin::v1::ImportProgress& totals) {
  context.err << "the import broke off; acknowledged before that: " << grouped(totals.created())
              << " new, " << grouped(totals.changed()) << " changed, "
              << grouped(totals.unchanged())
              << " unchanged reports; importing the same files again goes on from there\n";
}

void import_files(Context& context, const ImportOptions& options) {
  const std::vector<ImportInput> inputs = import_inputs(options.files);
  if (!options.rejects.empty() && inputs.size() > 1)
    throw CommandError(ExitCode::usage, "--rejects goes with one file of reports",
                       "leave it out: rejected rows then go beside each file");
  if (options.strict) {
    const std::uint64_t problems = check_inputs(context, inputs);
    if (problems > 0)
      throw CommandError(ExitCode::failed, grouped(problems) + " wrong rows, nothing was imported",
                         "without --strict the other rows are imported");
  }
  std::string names;
  for (const ImportInput& input : inputs)
    names += (names.empty() ? "" : ", ") + input.reports.filename().string();
  std::optional<fs::path> rejects;
  if (!options.rejects.empty()) rejects = options.rejects;
  if (options.strict) {
    Import check(context, names, true, rejects);
    for (const ImportInput& input : inputs) check.add(*open_input(input));
    if (ImportResult result = check.finish(); result.rejected > 0) {
      result.totals.clear_unchanged();  // nothing was
      return end_with(context, std::move(result));
    }
  }
  Import import(context, names, false, rejects);
  try {
    for (const ImportInput& input : inputs) import.add(*open_input(input));
    end_with(context, import.finish());
  } catch (const std::exception&) {
    tell_acknowledged(context, import.acknowledged());
    throw;
  }
}

/// A report that was read already, as a source.
class OneReport : public intake::ReportSource {
 public:
  OneReport(v1::IncidentReport report, const std::string& name)
      : item_(intake::ReportItem{std::move(report), {name}, {}}), files_{{name, {}, "jsonl"}} {}
  std::optional<intake::Item> next() override { return std::exchange(item_, std::nullopt); }
  const std::vector<File>& files() const override { return files_; }
  std::uint64_t bytes_total() const override { return 1; }
  std::uint64_t bytes_read() const override { return 1; }

 private:
  std::optional<intake::Item> item_;
  std::vector<File> files_;
};

void add_report(Context& context, const std::string& file) {
  const std::string name = file == "-" ? "stdin" : file;
  auto made = intake::report_from_json(read_file_or_stdin(context, file), {name});
  if (const auto* problem = std::get_if<intake::Problem>(&made))
    throw CommandError(ExitCode::failed, to_string(problem->place) + ": " + problem->reason);
  OneReport source(std::move(std::get<v1::IncidentReport>(made)), name);
  Import import(context, name, false, std::nullopt);
  import.add(source);
  end_with(context, import.finish());
}

}  // namespace

void add_report_import_commands(CLI::App& report, Context& context) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* import = report.add_subcommand("import", "import reports from CSV or JSON Lines");
  import
      ->add_option("FILE", options->files,
                   "reports.csv, identifiers.csv, *.jsonl, or a folder that holds them")
      ->required()
      ->check(CLI::ExistingPath);
  import->add_flag("--strict", options->strict, "import nothing if any row is wrong");
  import
      ->add_option("--rejects", options->rejects,
                   "where rejected rows go (default: <file>.rejects.csv or .jsonl)")
      ->type_name("FILE");
  import->callback([&context, options] { import_files(context, *options);
});

auto file = std::make_shared<std::string>();
CLI::App* add = report.add_subcommand("add", "add one report, as JSON");
add->add_option("FILE", *file, "file, or - for stdin")->required();
add->callback([&context, file] { add_report(context, *file); });
}  // namespace bakhita::cli

}  // namespace bakhita::cli
