// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/commands.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"

namespace bakhita::cli {
namespace {

void print_challenges(const Context& context, const admin::v1::Challenges& challenges) {
  if (context.json) return print_json(context, challenges);
  Table table(
      {"CHALLENGE", "BY", "ORIGIN", "RECORD", "TYPE", "GROUND", "SINCE", "MATCH", "OUR REPORTS"});
  for (const auto& challenge : challenges.challenges())
    table.add({challenge.id(), challenge.by(), challenge.origin(), grouped(challenge.record()),
               challenge.type(), challenge.ground(), challenge.since(), challenge.match(),
               joined(challenge.report_ids())});
  if (table.empty()) return say(context, "no objections");
  table.print(context.out, terminal_width());
}

void add_new(CLI::App& challenge, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::ChallengeNew* body = request->mutable_challenge_new();
  CLI::App* command =
      challenge.add_subcommand("new", "object to what another country published of a match");
  command->add_option("MATCH", *body->mutable_match(), "the match's id, or how it begins")
      ->required();
  command
      ->add_option("--ground", *body->mutable_ground(),
                   "inaccurate, not-involved, outdated, source-unreliable, unlawful or "
                   "excluded-matter")
      ->type_name("GROUND")
      ->required();
  command->callback([&context, request, body] {
    body->set_operator_(context.operator_name);
    confirm(context,
            "All members will read that this node objects, and so that it holds the same "
            "identifier.",
            "object");
    print_challenges(context, call(context, *request).challenges());
  });
}

void add_list(CLI::App& challenge, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::ChallengeList* body = request->mutable_challenge_list();
  CLI::App* command = challenge.add_subcommand("list", "objections of members");
  command->add_flag_callback(
      "--against-us", [body] { body->set_against_us(true); },
      "only to what this node published, with its reports");
  command->callback(
      [&context, request] { print_challenges(context, call(context, *request).challenges()); });
}

void add_end(CLI::App& challenge, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::ChallengeEnd* body = request->mutable_challenge_end();
  CLI::App* command = challenge.add_subcommand("end", "take an own objection back");
  command->add_option("ID", *body->mutable_id(), "its id, or how it begins")->required();
  command->callback([&context, request, body] {
    body->set_operator_(context.operator_name);
    print_done(context, call(context, *request).ok().message());
  });
}

}  // namespace

void add_challenge_commands(CLI::App& app, Context& context) {
  CLI::App* challenge = app.add_subcommand("challenge", "object to what another country published");
  challenge->require_subcommand(1);
  add_new(*challenge, context);
  add_list(*challenge, context);
  add_end(*challenge, context);
}

}  // namespace bakhita::cli
