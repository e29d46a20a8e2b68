// SPDX-License-Identifier: EUPL-1.2
#include <google/protobuf/util/time_util.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "node/cli/commands.h"
#include "node/cli/paging.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"
#include "node/intake/csv_columns.h"
#include "protocol/identifier/identifier.h"

namespace bakhita::cli {
namespace {

using admin::v1::IdentifierView;
using admin::v1::ReportView;

std::string codes(const google::protobuf::RepeatedPtrField<v1::Code>& list) {
  std::string out;
  for (const v1::Code& code : list) out += (out.empty() ? "" : ", ") + code.code();
  return out;
}

void line(std::ostream& out, std::string_view name, const std::string& value) {
  constexpr std::size_t name_width = 24;
  if (value.empty()) return;
  out << name << std::string(name_width - name.size(), ' ') << printable(value) << '\n';
}

std::string state_of(const IdentifierView& view) {
  if (!view.refused().empty()) return "invalid: " + view.refused();
  if (view.shielded()) return "shielded";
  if (view.benign()) return "benign";
  return view.published() ? "published" : "";
}

/// The parts of a canonical form are separated by 0x1f.
std::string readable(std::string canonical) {
  std::replace(canonical.begin(), canonical.end(), '\x1f', ':');
  return canonical;
}

void print_identifiers(const Context& context, const ReportView& view) {
  Table table({"TYPE", "AS WRITTEN", "CANONICAL", "ROLE", "STATE"});
  for (const IdentifierView& entry : view.identifiers())
    table.add({enum_name(v1::IdentifierType_descriptor(), entry.identifier().type()),
               entry.identifier().value(), readable(entry.canonical()),
               enum_name(v1::SubjectRole_descriptor(), entry.identifier().role()),
               state_of(entry)});
  if (table.empty()) return;
  context.out << '\n';
  table.print(context.out, terminal_width());
}

void print_report(const Context& context, const ReportView& view) {
  const v1::IncidentReport& report = view.report();
  std::ostream& out = context.out;
  line(out, "report", report.id());
  line(out, "version", std::to_string(report.version()) + " of " + std::to_string(view.versions()));
  if (report.has_received_at())
    line(out, "received", google::protobuf::util::TimeUtil::ToString(report.received_at()));
  line(out, "status", enum_name(v1::ReportStatus_descriptor(), report.status()));
  line(out, "urgency", enum_name(v1::Urgency_descriptor(), report.urgency()));
  line(out, "acts", codes(report.acts()));
  line(out, "means", codes(report.means()));
  line(out, "purposes", codes(report.purposes()));
  line(out, "exploitation", codes(report.exploitation_types()));
  line(out, "industries", codes(report.labour_industries()));
  line(out, "recruitment", codes(report.recruitment_methods()));
  line(out, "control", codes(report.control_methods()));
  line(out, "platforms", joined(report.platforms()));
  for (const v1::Place& place : report.places())
    line(out, "place",
         place.kind() + " " + place.country() + " " + place.region() + " " + place.date());
  for (const v1::VictimGroup& group : report.victims())
    line(out, "victims", std::to_string(group.count()) + " (" + joined(group.age_bands()) + ")");
  line(out, "evaluation",
       report.source_evaluation() + report.information_evaluation() + " " + report.handling() +
           " TLP:" + report.tlp() + " PAP:" + report.pap());
  line(out, "language", report.language());
  line(out, "narrative", report.narrative());
  print_identifiers(context, view);
}

void add_show(CLI::App& report, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::ReportShow* show = request->mutable_report_show();
  CLI::App* command = report.add_subcommand("show", "show a report; the reading is recorded");
  command->add_option("ID", *show->mutable_id(), "the report's number")->required();
  command->add_option_function<std::uint32_t>(
      "--version", [show](std::uint32_t version) { show->set_version(version); },
      "an earlier version (default: the newest)");
  command->add_option("--reason", *show->mutable_reason(), "why it is read, for the audit trail");
  command->callback([&context, request, show] {
    show->set_operator_(context.operator_name);
    const Response response = call(context, *request);
    if (context.json)
      print_json(context, response.report());
    else
      print_report(context, response.report());
  });
}

void print_rows(const Context& context, const admin::v1::ReportRows& rows) {
  if (context.json) return print_json(context, rows);
  Table table({"REPORT", "VERSION", "RECEIVED", "EXPLOITATION", "URGENCY", "STATUS", "IDENTIFIERS",
               "MATCHES"});
  for (const admin::v1::ReportRow& row : rows.rows())
    table.add({row.id(), std::to_string(row.version()), row.received_at(),
               joined(row.exploitation_types()), row.urgency(), row.status(),
               std::to_string(row.identifiers()), std::to_string(row.matches())});
  table.print(context.out, terminal_width());
  say_more(context, rows.next());
}

void add_list(CLI::App& report, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::ReportList* list = request->mutable_report_list();
  CLI::App* command = report.add_subcommand("list", "list reports");
  command->add_option("--from", *list->mutable_received_from(), "received on this day or later")
      ->type_name("YYYY-MM-DD");
  command->add_option("--until", *list->mutable_received_until(), "received on this day or earlier")
      ->type_name("YYYY-MM-DD");
  command->add_option("--exploitation", *list->mutable_exploitation(), "code of the exploitation");
  command->add_option("--platform", *list->mutable_platform(), "platform named in the report");
  command->add_option("--urgency", *list->mutable_urgency(), "routine, urgent, life_at_risk");
  command->add_option("--status", *list->mutable_status(),
                      "active, follow_up, closed, closed_referred");
  add_paging(*command, list);
  command->callback([&context, request, list] {
    list->set_operator_(context.operator_name);
    print_rows(context, call(context, *request).report_rows());
  });
}

void add_search(CLI::App& report, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::ReportSearch* search = request->mutable_report_search();
  CLI::App* command =
      report.add_subcommand("search", "find reports by an identifier, however written");
  command->add_option("IDENTIFIER", *search->mutable_value(), "as written, or - for stdin")
      ->required();
  command->add_option_function<std::string>(
      "--type",
      [search](const std::string& name) { search->set_type(identifier_type_named(name)); },
      "phone, email, account, … (default: every type that it can be)");
  command->add_option("--region", *search->mutable_region(),
                      "country of national forms (ISO 3166-1)");
  command->callback([&context, request, search] {
    search->set_value(argument_or_stdin(context, search->value()));
    search->set_operator_(context.operator_name);
    const admin::v1::SearchHits hits = call(context, *request).search_hits();
    if (context.json) return print_json(context, hits);
    Table table({"REPORT", "TYPE", "ROLE"});
    for (const auto& hit : hits.hits()) table.add({hit.report_id(), hit.type(), hit.role()});
    if (table.empty()) return say(context, "no report names it");
    table.print(context.out, terminal_width());
  });
}

void add_erase(CLI::App& report, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::ReportErase* erase = request->mutable_report_erase();
  CLI::App* command =
      report.add_subcommand("erase", "destroy a report's key and withdraw what it gave");
  command->add_option("ID", *erase->mutable_id(), "the report's number")->required();
  command->add_option("--reason", *erase->mutable_reason(), "for the audit trail")->required();
  command->callback([&context, request, erase] {
    erase->set_operator_(context.operator_name);
    confirm(context, "The report and all its versions will be unreadable for ever.", erase->id());
    const admin::v1::ReportErased erased = call(context, *request).report_erased();
    if (context.json) return print_json(context, erased);
    context.out << "erased; " << erased.withdrawn() << " published indicators withdrawn\n";
  });
}

/// One view a line, or with --json one document; either way nothing is held back.
void export_reports(const Context& context, const Request& request) {
  Client client = connect(context);
  client.send(request);
  const char* separator = "";
  if (context.json) context.out << R"({"v":1,"reports":[)";
  for (bool done = false; !done;) {
    const Response response = client.receive();
    done = response.done();
    if (!response.has_report()) continue;
    context.out << separator << to_json(response.report()) << (context.json ? "" : "\n");
    if (context.json) separator = ",";
  }
  if (context.json) context.out << "]}\n";
}

void add_export(CLI::App& report, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::ReportExport* all = request->mutable_report_export();
  CLI::App* command = report.add_subcommand("export", "all reports in the clear, as JSON Lines");
  command->add_option("--reason", *all->mutable_reason(), "for the audit trail");
  command->callback([&context, request, all] {
    all->set_operator_(context.operator_name);
    export_reports(context, *request);
  });
}

}  // namespace

v1::IdentifierType identifier_type_named(const std::string& name) {
  if (const auto type = intake::type_of(name)) return *type;
  std::vector<std::string> names;
  names.reserve(all_identifier_types.size());
  for (const IdentifierType type : all_identifier_types) names.emplace_back(name_of(type));
  const std::string near = nearest_name(name, names);
  // The name may be an identifier in the wrong place: it is not repeated.
  throw CommandError(ExitCode::usage, "unknown type of identifier",
                     near.empty() ? "one of: " + joined(names) : "did you mean `" + near + "`?");
}

void add_report_commands(CLI::App& app, Context& context) {
  CLI::App* report = app.add_subcommand("report", "the authority's own reports");
  report->require_subcommand(1);
  add_report_import_commands(*report, context);
  add_show(*report, context);
  add_list(*report, context);
  add_search(*report, context);
  add_erase(*report, context);
  add_export(*report, context);
}

}  // namespace bakhita::cli
