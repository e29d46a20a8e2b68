// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/commands.h"
#include "node/cli/paging.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

using admin::v1::IndicatorChange;

void add_identifier_options(CLI::App& command, const std::shared_ptr<std::string>& type,
                            IndicatorChange* body) {
  command.add_option("TYPE", *type, "domain, url or ip_address")->required();
  command.add_option("VALUE", *body->mutable_value(), "as written, or - for stdin")->required();
  command.add_option("--reason", *body->mutable_reason(), "for the audit trail")
      ->type_name("TEXT")
      ->required();
}

void fill(const Context& context, const std::string& type, IndicatorChange* body) {
  body->set_type(identifier_type_named(type));
  body->set_value(argument_or_stdin(context, body->value()));
  body->set_operator_(context.operator_name);
}

void print_decisions(const Context& context, const admin::v1::IndicatorDecisions& decisions) {
  if (context.json) return print_json(context, decisions);
  Table table({"COMMUNITY", "READABLE", "RULE", "WHY"});
  for (const auto& decision : decisions.decisions())
    table.add({decision.community(), decision.allowed() ? "yes" : "no", decision.rule(),
               decision.explanation()});
  table.print(context.out, terminal_width());
  say(context, "the next `bakhita publish` does it");
}

void add_open(CLI::App& indicator, Context& context) {
  auto request = std::make_shared<Request>();
  auto type = std::make_shared<std::string>();
  IndicatorChange* body = request->mutable_indicator_open();
  CLI::App* command = indicator.add_subcommand(
      "open", "a site or machine of own reports: publish it readable by all members");
  add_identifier_options(*command, type, body);
  command->callback([&context, request, type, body] {
    fill(context, *type, body);
    confirm(context,
            "From the next publication on all members will read this value, not only those that "
            "hold it already.",
            "open");
    print_decisions(context, call(context, *request).indicator_decisions());
  });
}

void add_close(CLI::App& indicator, Context& context) {
  auto request = std::make_shared<Request>();
  auto type = std::make_shared<std::string>();
  IndicatorChange* body = request->mutable_indicator_close();
  CLI::App* command =
      indicator.add_subcommand("close", "readable no more: what was published so is taken back");
  add_identifier_options(*command, type, body);
  command->callback([&context, request, type, body] {
    fill(context, *type, body);
    const Response response = call(context, *request);
    if (context.json) return print_json(context, response.indicator_decisions());
    print_done(context, "taken back: " + grouped(response.indicator_decisions().withdrawn()) +
                            "; the next `bakhita publish` brings it as a lock");
  });
}

void add_list(CLI::App& indicator, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::IndicatorList* body = request->mutable_indicator_list();
  CLI::App* command = indicator.add_subcommand(
      "list", "readable indicators of all members, and which of our reports name them");
  command->add_option("--country", *body->mutable_country(), "only of this member")
      ->type_name("CC");
  add_paging(*command, body);
  command->callback([&context, request] {
    const Response response = call(context, *request);
    if (context.json) return print_json(context, response.indicators());
    Table table({"INDICATOR", "COUNTRY", "TYPE", "VALUE", "EXPLOITATION", "UNTIL", "OUR REPORTS"});
    for (const auto& one : response.indicators().indicators())
      table.add({one.id(), one.ours() ? one.country() + " (we)" : one.country(), one.type(),
                 one.value(), joined(one.exploitation()), one.until(), joined(one.report_ids())});
    if (table.empty()) return say(context, "no member publishes readable indicators");
    table.print(context.out, terminal_width());
    say_more(context, response.indicators().next());
  });
}

}  // namespace

void add_indicator_commands(CLI::App& app, Context& context) {
  CLI::App* indicator =
      app.add_subcommand("indicator", "sites and machines that all members may read");
  indicator->require_subcommand(1);
  add_open(*indicator, context);
  add_close(*indicator, context);
  add_list(*indicator, context);
}

}  // namespace bakhita::cli
