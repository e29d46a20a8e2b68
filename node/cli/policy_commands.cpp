// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/commands.h"
#include "node/cli/reply.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

using admin::v1::PolicyAnswer;

std::string who_and_what(const PolicyAnswer& answer) {
  const std::string what = answer.type() + " (" + std::to_string(answer.identifier()) + ")";
  const std::string who = joined(answer.countries());
  if (answer.act() == "lookup-ask")
    return answer.allowed() ? "asks " + who + " about " + what
                            : "does not ask " + who + " about " + what;
  return answer.allowed() ? who + " would hold " + what : who + " would not hold " + what;
}

void print_simulated(const Context& context, const admin::v1::PolicySimulated& simulated) {
  if (context.json) return print_json(context, simulated);
  for (const PolicyAnswer& answer : simulated.answers())
    context.out << (answer.allowed() ? "yes  " : "no   ") << printable(answer.community()) << ": "
                << printable(who_and_what(answer)) << "\n     " << printable(answer.explanation())
                << '\n';
  if (simulated.answers().empty())
    say(context, "no identifier of it has a canonical form, or nobody else is in the community");
}

void add_simulate(CLI::App& policy, Context& context) {
  auto request = std::make_shared<Request>();
  auto identifier = std::make_shared<std::vector<std::string>>();
  admin::v1::PolicySimulate* body = request->mutable_policy_simulate();
  CLI::App* command = policy.add_subcommand(
      "simulate", "who would get what: of a report's identifiers, or of one that is written");
  CLI::Option* report =
      command->add_option("--report", *body->mutable_report(), "all identifiers of this report");
  report->type_name("ID");
  command->add_option("--identifier", *identifier, "phone, email, account, …, and the value")
      ->type_name("TYPE VALUE")
      ->expected(2)
      ->excludes(report);
  command->add_option("--region", *body->mutable_region(),
                      "country of national forms (ISO 3166-1)");
  command->add_option("--community", *body->mutable_community(), "only this one, by name or id")
      ->type_name("NAME");
  command
      ->add_option("--charter", *body->mutable_charter(),
                   "as if this charter were in force and accepted by all: first digits of its hash")
      ->type_name("HEX");
  command->callback([&context, request, identifier, body] {
    if (identifier->empty() == body->report().empty())
      throw CommandError(ExitCode::usage, "say --report ID, or --identifier TYPE VALUE");
    if (!identifier->empty()) {
      body->set_type(identifier_type_named(identifier->at(0)));
      body->set_value(argument_or_stdin(context, identifier->at(1)));
    }
    body->set_operator_(context.operator_name);
    print_simulated(context, call(context, *request).policy_simulated());
  });
}

void print_replayed(Context& context, const admin::v1::PolicyReplayed& replayed) {
  if (!replayed.problem().empty() || replayed.differing() > 0)
    context.exit_code = ExitCode::verification_failed;
  if (context.json) return print_json(context, replayed);
  if (!replayed.problem().empty()) {
    context.out << "FAILED: " << printable(replayed.problem()) << '\n';
    return;
  }
  for (const auto& row : replayed.differences())
    context.out << "record " << row.record() << " (" << row.at() << ", " << printable(row.action())
                << ", " << grouped(row.count()) << " times): " << printable(row.recorded())
                << ", now " << printable(row.recomputed()) << "\n     "
                << printable(row.explanation()) << '\n';
  context.out << (replayed.differing() == 0 ? "ok: " : "DIFFERS: ") << grouped(replayed.records())
              << " records, " << grouped(replayed.decisions()) << " decisions on "
              << grouped(replayed.answers()) << " questions, " << grouped(replayed.differing())
              << " would be others\n";
}

void add_replay(CLI::App& policy, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::PolicyReplay* body = request->mutable_policy_replay();
  CLI::App* command = policy.add_subcommand(
      "replay", "make every decision of the audit trail again (exit 10 when one is another)");
  command->add_option("--from", *body->mutable_from(), "first day")->type_name("YYYY-MM-DD");
  command->add_option("--to", *body->mutable_to(), "last day")->type_name("YYYY-MM-DD");
  command->add_option("--community", *body->mutable_community(), "of --charter, by name or id")
      ->type_name("NAME");
  command
      ->add_option("--charter", *body->mutable_charter(),
                   "what this charter would have decided otherwise: first digits of its hash")
      ->type_name("HEX");
  command->callback(
      [&context, request] { print_replayed(context, call(context, *request).policy_replayed()); });
}

}  // namespace

void add_policy_commands(CLI::App& app, Context& context) {
  CLI::App* policy = app.add_subcommand("policy", "what the rules allow, and what they allowed");
  policy->require_subcommand(1);
  add_simulate(*policy, context);
  add_replay(*policy, context);
}

}  // namespace bakhita::cli
