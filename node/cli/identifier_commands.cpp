// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "node/cli/canon_batch.h"
#include "node/cli/commands.h"
#include "node/cli/reply.h"
#include "node/cli/terminal_text.h"
#include "node/tables/load.h"

namespace bakhita::cli {
namespace {

struct CanonOptions {
  std::string type;
  std::string value;
  std::string region;
  std::filesystem::path tables;
  bool batch = false;
};

std::shared_ptr<const IdentifierTables> load_tables(const CanonOptions& options) {
  return load_identifier_tables(options.tables.empty() ? default_share_folder() : options.tables);
}

void canon(Context& context, const CanonOptions& options) {
  const auto type = static_cast<IdentifierType>(identifier_type_named(options.type));
  const auto tables = load_tables(options);
  const Canonical result =
      canonicalise(*tables, type, argument_or_stdin(context, options.value), options.region);
  const auto* form = std::get_if<std::string>(&result);
  const std::string reason =
      form != nullptr ? "" : std::string(describe(std::get<Refusal>(result)));
  const bool benign = form != nullptr && is_benign(*tables, type, *form);
  if (context.json)
    context.out << "{\"v\":1,\"type\":" << json_string(name_of(type))
                << ",\"canonical\":" << json_string(form != nullptr ? display(*form) : "")
                << ",\"refused\":" << json_string(reason)
                << ",\"benign\":" << (benign ? "true" : "false") << "}\n";
  else if (form != nullptr)
    context.out << printable(display(*form)) << (benign ? "  (benign: never published)" : "")
                << '\n';
  if (form != nullptr) return;
  if (!context.json) throw CommandError(ExitCode::failed, "no canonical form: " + reason);
  context.exit_code = ExitCode::failed;
}

void canon_of_lines(const Context& context, const CanonOptions& options) {
  if (!options.type.empty() || !options.region.empty())
    throw CommandError(ExitCode::usage, "--batch takes no TYPE, VALUE or --region",
                       "write lines of type, written form and region to its standard input");
  canon_batch(*load_tables(options), context.in, context.out, context.json);
}

}  // namespace

void add_identifier_commands(CLI::App& app, Context& context) {
  CLI::App* identifier = app.add_subcommand("identifier", "what nodes compare");
  identifier->require_subcommand(1);
  auto options = std::make_shared<CanonOptions>();
  CLI::App* command = identifier->add_subcommand(
      "canon", "the canonical form of an identifier, or why there is none");
  command->add_option("TYPE", options->type, "phone, email, account, …");
  command->add_option("VALUE", options->value, "as written, or - for stdin");
  command->add_option("--region", options->region, "country of national forms (ISO 3166-1)");
  command
      ->add_option("--tables", options->tables,
                   "folder that holds tables/ (default: the installed one)")
      ->type_name("DIR");
  command->add_flag("--batch", options->batch,
                    "many at once: lines of type, written form and region (tabs between) on stdin; "
                    "--json answers each with a document of one line");
  command->callback([&context, options] {
    if (options->batch) return canon_of_lines(context, *options);
    if (options->value.empty())
      throw CommandError(ExitCode::usage, "TYPE and VALUE are needed",
                         "bakhita identifier canon phone '+33 6 39 98 12 34', or --batch");
    canon(context, *options);
  });
}

}  // namespace bakhita::cli
