// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <ostream>

#include "node/cli/commands.h"
#include "node/cli/paging.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

using admin::v1::AdvisoryChange;
using admin::v1::AdvisoryView;

constexpr std::size_t text_read_max = 64 * 1024;  ///< more than the node takes

void print_list(const Context& context, const admin::v1::Advisories& advisories) {
  if (context.json) return print_json(context, advisories);
  Table table({"ADVISORY", "COUNTRY", "KIND", "TITLE", "VALUES", "UNTIL", "ADOPTED"});
  for (const AdvisoryView& one : advisories.advisories())
    table.add({one.id(), one.ours() ? one.country() + " (we)" : one.country(), one.kind(),
               one.title(), joined(one.values()), one.until(), one.adopted() ? "yes" : ""});
  if (table.empty()) return say(context, "no advisories");
  table.print(context.out, terminal_width());
  say_more(context, advisories.next());
}

void print_whole(const Context& context, const AdvisoryView& one) {
  if (context.json) return print_json(context, one);
  context.out << printable(one.title()) << "\n  " << one.kind() << " of "
              << printable(one.country()) << " in " << printable(one.community())
              << ", TLP:" << one.tlp() << ", " << printable(one.language()) << "\n  since "
              << one.since() << ", until " << one.until() << (one.adopted() ? ", adopted here" : "")
              << '\n';
  for (const std::string& value : one.values()) context.out << "  " << printable(value) << '\n';
  if (!one.report_ids().empty())
    context.out << "  own reports name a value on the suspect's side: "
                << printable(joined(one.report_ids())) << '\n';
  if (one.text().empty()) return;
  context.out << '\n';
  std::size_t from = 0;
  do {
    const std::size_t end = std::min(one.text().find('\n', from), one.text().size());
    context.out << printable(one.text().substr(from, end - from)) << '\n';
    from = end + 1;
  } while (from < one.text().size());
}

std::string text_of(const Context& context, const std::string& file) {
  const auto read = [](std::istream& in) {
    std::string out(text_read_max, '\0');
    in.read(out.data(), static_cast<std::streamsize>(out.size()));
    out.resize(static_cast<std::size_t>(in.gcount()));
    while (out.ends_with('\n') || out.ends_with('\r')) out.pop_back();
    return out;
  };
  if (file == "-") return read(context.in);
  std::ifstream in(file, std::ios::binary);
  if (!in) throw CommandError(ExitCode::usage, file + " cannot be opened");
  return read(in);
}

admin::v1::WrittenValue value_of(const std::string& written) {
  const std::size_t colon = written.find(':');
  if (colon == std::string::npos)
    throw CommandError(ExitCode::usage, "--value takes TYPE:VALUE",
                       "for example --value phone:+33800123456");
  admin::v1::WrittenValue out;
  out.set_type(identifier_type_named(written.substr(0, colon)));
  out.set_value(written.substr(colon + 1));
  return out;
}

void add_new(CLI::App& advisory, Context& context) {
  auto request = std::make_shared<Request>();
  auto file = std::make_shared<std::string>();
  auto values = std::make_shared<std::vector<std::string>>();
  admin::v1::AdvisoryNew* body = request->mutable_advisory_new();
  body->set_tlp("GREEN");
  CLI::App* command = advisory.add_subcommand(
      "new", "publish a prevention notice, a helpline or a verified recruiter");
  command->add_option("--kind", *body->mutable_kind(), "prevention, helpline or verified-recruiter")
      ->type_name("KIND")
      ->required();
  command->add_option("--title", *body->mutable_title(), "one line")->type_name("TEXT")->required();
  command->add_option("--language", *body->mutable_language(), "of title and text, such as fr")
      ->type_name("TAG")
      ->required();
  command->add_option("--text", *file, "file with the text, or - for stdin")->type_name("FILE");
  command
      ->add_option("--value", *values,
                   "phone, site, account or company account of the helpline or recruiter; may be "
                   "given more than once")
      ->type_name("TYPE:VALUE");
  command->add_option("--region", *body->mutable_region(),
                      "country of national forms (ISO 3166-1)");
  command->add_option("--tlp", *body->mutable_tlp(), "CLEAR to RED; GREEN unless told")
      ->type_name("TLP");
  command
      ->add_option_function<std::uint32_t>(
          "--days", [body](std::uint32_t days) { body->set_days(days); },
          "that it lives; as long as the charter lets it unless told")
      ->type_name("N");
  command->add_option("--community", *body->mutable_community(), "only this one")
      ->type_name("NAME");
  command->add_option("--approver", *body->mutable_approver(), "second person who approves")
      ->type_name("NAME");
  command->callback([&context, request, file, values, body] {
    if (!file->empty()) body->set_text(text_of(context, *file));
    for (const std::string& written : *values) *body->add_values() = value_of(written);
    body->set_operator_(context.operator_name);
    confirm(context, "All members will read this.", "publish");
    const admin::v1::Advisories published = call(context, *request).advisories();
    print_list(context, published);
    if (context.json) return;
    for (const admin::v1::AdvisoryRefusal& refusal : published.refused())
      say(context, "not published in " + printable(refusal.community()) + ": " +
                       printable(refusal.reason()));
  });
}

void add_list(CLI::App& advisory, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::AdvisoryList* body = request->mutable_advisory_list();
  CLI::App* command = advisory.add_subcommand("list", "advisories of all members");
  command->add_option("--country", *body->mutable_country(), "only of this member")
      ->type_name("CC");
  command->add_option("--kind", *body->mutable_kind(), "prevention, helpline or verified-recruiter")
      ->type_name("KIND");
  add_paging(*command, body);
  command->callback(
      [&context, request] { print_list(context, call(context, *request).advisories()); });
}

void add_show(CLI::App& advisory, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::AdvisoryShow* body = request->mutable_advisory_show();
  CLI::App* command = advisory.add_subcommand("show", "one advisory, with its text");
  command->add_option("ID", *body->mutable_id(), "its id, or how it begins")->required();
  command->callback(
      [&context, request] { print_whole(context, call(context, *request).advisory()); });
}

CLI::App* add_change(CLI::App& advisory, const char* name, const char* what, AdvisoryChange* body) {
  CLI::App* command = advisory.add_subcommand(name, what);
  command->add_option("ID", *body->mutable_id(), "its id, or how it begins")->required();
  command->add_option("--reason", *body->mutable_reason(), "for the audit trail")
      ->type_name("TEXT")
      ->required();
  return command;
}

void add_end(CLI::App& advisory, Context& context) {
  auto request = std::make_shared<Request>();
  AdvisoryChange* body = request->mutable_advisory_end();
  add_change(advisory, "end", "take an own advisory back", body)
      ->callback([&context, request, body] {
        body->set_operator_(context.operator_name);
        print_done(context, call(context, *request).ok().message());
      });
}

void add_adopt(CLI::App& advisory, Context& context) {
  auto request = std::make_shared<Request>();
  AdvisoryChange* body = request->mutable_advisory_adopt();
  CLI::App* command = add_change(
      advisory, "adopt", "its values are published, looked up and flagged no more here", body);
  command->add_flag_callback(
      "--despite-reports", [body] { body->set_despite_reports(true); },
      "though own reports name a value on the suspect's side");
  command->callback([&context, request, body] {
    body->set_operator_(context.operator_name);
    confirm(context, "What this node knows of these values is withdrawn and not matched any more.",
            "adopt");
    print_whole(context, call(context, *request).advisory());
  });
}

void add_drop(CLI::App& advisory, Context& context) {
  auto request = std::make_shared<Request>();
  AdvisoryChange* body = request->mutable_advisory_drop();
  add_change(advisory, "drop", "its values are matched as any other again", body)
      ->callback([&context, request, body] {
        body->set_operator_(context.operator_name);
        print_whole(context, call(context, *request).advisory());
      });
}

}  // namespace

void add_advisory_commands(CLI::App& app, Context& context) {
  CLI::App* advisory = app.add_subcommand(
      "advisory", "prevention notices, helplines and verified recruiters that all members read");
  advisory->require_subcommand(1);
  add_new(*advisory, context);
  add_list(*advisory, context);
  add_show(*advisory, context);
  add_end(*advisory, context);
  add_adopt(*advisory, context);
  add_drop(*advisory, context);
}

}  // namespace bakhita::cli
