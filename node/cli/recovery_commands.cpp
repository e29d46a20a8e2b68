// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/commands.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

struct RecoverOptions {
  bool alone = false;
};

void show_dropped(const Context& context, const admin::v1::Recovery& recovery) {
  context.out << grouped(recovery.dropped_reports())
              << " reports of the old copy were dropped, received from " << recovery.dropped_from()
              << " to " << recovery.dropped_to() << ": nothing opens them since their keys were "
              << "replaced\nimport them again when the node serves, then `bakhita recover settle`; "
              << "until then nothing is published and no new lookup is made\n";
}

void show(const Context& context, const admin::v1::Recovery& recovery) {
  if (context.json) return print_json(context, recovery);
  if (recovery.state() == "serving" && recovery.dropped_reports() == 0) {
    context.out << "serving: nothing is to be recovered\n";
    return;
  }
  if (recovery.state() == "serving") return show_dropped(context, recovery);
  context.out << "recovery: " << printable(recovery.reason()) << "\nanswered by "
              << recovery.answered() << " peers, " << recovery.needed() << " needed\n";
  Table table(
      {"COMMUNITY", "GENERATION", "FROM", "HELD TO", "ANCHORED", "PEERS HOLD", "PEERS", "STATE"});
  for (const auto& feed : recovery.feeds())
    table.add({feed.community().substr(0, 16), std::to_string(feed.generation()),
               grouped(feed.first()), grouped(feed.held()), grouped(feed.anchored()),
               grouped(feed.told()), std::to_string(feed.holders()), feed.state()});
  if (!table.empty()) table.print(context.out, terminal_width());
  for (const auto& feed : recovery.feeds())
    if (feed.first() > 0)
      context.out << "records before " << grouped(feed.first())
                  << " had all ended, and no peer that answered holds them: recalls among them "
                     "cannot be proven from here any more\n";
  if (recovery.dropped_reports() > 0) show_dropped(context, recovery);
  context.out << (recovery.obstacle().empty()
                      ? "ready: `bakhita recover finish` lets the node serve again"
                      : "not ready: " + printable(recovery.obstacle()))
              << '\n';
}

void recover(const Context& context, const std::string& choice, const RecoverOptions& options) {
  if (choice == "finish")
    confirm(context, "What is held becomes the truth, and the node signs again.", choice);
  if (choice == "new-generation")
    confirm(context,
            "The old feed ends here for ever; peers take the new generation for this node's word.",
            choice);
  if (choice == "settle")
    confirm(context,
            "What is not imported again by now is gone: locks and matches that stand on no report "
            "are taken back.",
            choice);
  Request request;
  request.mutable_recover()->set_choice(choice);
  request.mutable_recover()->set_operator_(context.operator_name);
  request.mutable_recover()->set_alone(options.alone);
  show(context, call(context, request).recovery());
}

}  // namespace

void add_recovery_commands(CLI::App& app, Context& context) {
  CLI::App* recovery = app.add_subcommand("recover", "the way out of recovery mode");
  recovery->require_subcommand(1);
  auto options = std::make_shared<RecoverOptions>();
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = recovery->add_subcommand(name, help);
    command->callback([&context, options, name] { recover(context, name, *options); });
    return command;
  };
  add("status", "what is held, what peers hold, and what is still in the way");
  add("fetch", "ask the peers again");
  add("finish", "serve again, when the feed is whole")
      ->add_flag("--alone", options->alone,
                 "this node never published, or who does not answer holds no more");
  add("settle", "reports that an old copy lost are imported again, or are not to come back");
  add("new-generation", "end a feed that cannot be had whole, and begin another")
      ->add_flag("--alone", options->alone, "no peer can be asked whether it was done before");
}

}  // namespace bakhita::cli
