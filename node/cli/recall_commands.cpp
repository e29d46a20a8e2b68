// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <fstream>
#include <ostream>

#include "node/cli/armor.h"
#include "node/cli/commands.h"
#include "node/cli/paging.h"
#include "node/cli/recall_proof.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

using admin::v1::RecallView;

constexpr const char* kinds_help = "erase, rectify, narrow, expire, victim or dispute";

Table recalls_table(const google::protobuf::RepeatedPtrField<RecallView>& recalls) {
  Table table({"RECALL", "COMMUNITY", "RECORD", "MEMBERS READ", "CAUSE", "AT", "DONE BY", "STATE",
               "DELETED", "COMPLETE"});
  for (const RecallView& recall : recalls)
    table.add({recall.id(), recall.community().substr(0, 8), grouped(recall.record()),
               recall.reason(), recall.cause(), recall.at(), recall.done_by(), recall.state(),
               std::to_string(recall.receipts()) + " of " + std::to_string(recall.members()),
               std::to_string(recall.complete())});
  return table;
}

void print_ordered(const Context& context, const admin::v1::RecallOrdered& ordered) {
  if (context.json) return print_json(context, ordered);
  context.out << "held back: " << grouped(ordered.identifiers()) << " identifiers; taken back: "
              << grouped(static_cast<std::uint64_t>(ordered.recalls_size()))
              << " published indicators\n";
  const Table table = recalls_table(ordered.recalls());
  if (!table.empty()) table.print(context.out, terminal_width());
}

void add_new(CLI::App& recall, Context& context) {
  auto request = std::make_shared<Request>();
  auto type = std::make_shared<std::string>();
  admin::v1::RecallNew* body = request->mutable_recall_new();
  CLI::App* command =
      recall.add_subcommand("new", "take back what is published of a report, or of one identifier");
  auto* report = command->add_option("--report", *body->mutable_report_id(), "the report's id")
                     ->type_name("ID");
  auto* of_type =
      command->add_option("--type", *type, "of one identifier: phone, email, …")->excludes(report);
  auto* value = command->add_option("--value", *body->mutable_value(), "as written, or - for stdin")
                    ->needs(of_type);
  of_type->needs(value);
  command->add_option("--region", *body->mutable_region(),
                      "country of national forms (ISO 3166-1)");
  command->add_option("--kind", *body->mutable_kind(), kinds_help)->type_name("KIND")->required();
  command
      ->add_option("--reason", *body->mutable_reason(), "for this node's audit trail; never sent")
      ->required();
  command
      ->add_option("--by", *body->mutable_done_by(),
                   "day by which members must have deleted it (default: in 30 days)")
      ->type_name("YYYY-MM-DD");
  command->callback([&context, request, type, body] {
    if (!type->empty()) {
      body->set_type(identifier_type_named(*type));
      body->set_value(argument_or_stdin(context, body->value()));
    }
    body->set_operator_(context.operator_name);
    print_ordered(context, call(context, *request).recall_ordered());
  });
}

void print_rows(const Context& context, const admin::v1::RecallRows& rows) {
  if (context.json) return print_json(context, rows);
  const Table table = recalls_table(rows.recalls());
  if (table.empty())
    say(context, "no recalls");
  else
    table.print(context.out, terminal_width());
  say_more(context, rows.next());
  Table peers({"MEMBER", "NOT RECEIPTED", "OVERDUE", "OLDEST DUE", "LAST RECEIPT"});
  for (const auto& peer : rows.peers())
    peers.add({peer.country(), grouped(peer.waiting()), grouped(peer.overdue()), peer.oldest_due(),
               peer.last_receipt()});
  if (peers.empty()) return;
  context.out << '\n';
  peers.print(context.out, terminal_width());
}

void add_list(CLI::App& recall, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::RecallList* body = request->mutable_recall_list();
  CLI::App* command =
      recall.add_subcommand("list", "what was taken back, and who has not receipted it");
  command->add_flag_callback(
      "--overdue", [body] { body->set_overdue(true); }, "only what somebody is late with");
  command->add_flag_callback(
      "--all", [body] { body->set_all(true); }, "also what is complete everywhere");
  add_paging(*command, body);
  command->callback(
      [&context, request] { print_rows(context, call(context, *request).recall_rows()); });
}

void print_recall(const Context& context, const RecallView& recall) {
  if (context.json) return print_json(context, recall);
  std::ostream& out = context.out;
  out << "recall        " << printable(recall.id()) << "\nrecord        "
      << grouped(recall.record()) << " of generation " << recall.record_generation()
      << ", withdrawn by record " << grouped(recall.withdrawal()) << "\nmembers read  "
      << printable(recall.reason()) << (recall.final() ? ", and refuse the same token again" : "")
      << "\ncause         " << printable(recall.cause()) << "\nat            "
      << printable(recall.at()) << "\ndone by       " << printable(recall.done_by())
      << "\nstate         " << printable(recall.state()) << "\n\n";
  Table table({"MEMBER", "HELD IT", "STATE", "DELETED", "GONE FROM FILES", "RECEIPT CAME"});
  for (const auto& member : recall.holders())
    table.add({member.country(), member.holds(), member.state(), member.deleted_at(),
               member.complete_at(), member.receipted_at()});
  table.print(out, terminal_width());
}

void add_show(CLI::App& recall, Context& context) {
  auto request = std::make_shared<Request>();
  CLI::App* command = recall.add_subcommand("show", "one recall, and what each member did");
  command
      ->add_option("ID", *request->mutable_recall_show()->mutable_id(), "its id, or how it begins")
      ->required();
  command->callback(
      [&context, request] { print_recall(context, call(context, *request).recall()); });
}

void add_export(CLI::App& recall, Context& context) {
  auto request = std::make_shared<Request>();
  auto file = std::make_shared<std::filesystem::path>();
  admin::v1::RecallExport* body = request->mutable_recall_export();
  CLI::App* command = recall.add_subcommand(
      "export", "write what an auditor needs: who holds what, and every receipt");
  command->add_option("FILE", *file, "new file")->required();
  command->add_option("--recall", *body->mutable_id(), "only this one")->type_name("ID");
  command->add_option("--community", *body->mutable_community(), "of this community")
      ->type_name("NAME");
  command->callback([&context, request, body, file] {
    body->set_operator_(context.operator_name);
    const Response response = call(context, *request);
    const auto& exported = response.recall_exported();
    std::ofstream out(*file);
    out << armor(recalls_label, exported.evidence());
    out.close();
    if (!out) throw CommandError(ExitCode::failed, file->string() + ": cannot be written");
    print_done(context, "wrote " + std::to_string(exported.recalls()) + " recalls and " +
                            std::to_string(exported.receipts()) + " receipts to " + file->string());
  });
}

void add_verify(CLI::App& recall, Context& context) {
  auto file = std::make_shared<std::filesystem::path>();
  auto card = std::make_shared<std::filesystem::path>();
  CLI::App* command =
      recall.add_subcommand("verify", "check what `recall export` wrote, without a node");
  command->add_option("FILE", *file, "the file; - for stdin")->required();
  command->add_option("--card", *card, "the origin's node card")->required();
  command->callback([&context, file, card] { verify_recall_file(context, *file, *card); });
}

}  // namespace

void add_recall_commands(CLI::App& app, Context& context) {
  CLI::App* recall = app.add_subcommand("recall", "take back what was published, with proof");
  recall->require_subcommand(1);
  add_new(*recall, context);
  add_list(*recall, context);
  add_show(*recall, context);
  add_export(*recall, context);
  add_verify(*recall, context);
}

}  // namespace bakhita::cli
