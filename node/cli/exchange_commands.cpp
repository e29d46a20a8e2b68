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

using admin::v1::MatchView;
using admin::v1::PublishFeed;

void print_published(const Context& context, const admin::v1::Published& published) {
  for (const PublishFeed& feed : published.feeds()) {
    context.out << (published.dry_run() ? "would go" : "went") << " to "
                << printable(joined(feed.recipients())) << " (community "
                << printable(feed.community()) << ")\n";
    context.out << "  new " << grouped(feed.locks()) << ", replaced " << grouped(feed.replaced())
                << (feed.open() > 0 ? " (readable by members " + grouped(feed.open()) + ")" : "")
                << ", withdrawn " << grouped(feed.withdrawn()) << ", dummies "
                << grouped(feed.dummies()) << ", unchanged " << grouped(feed.unchanged())
                << "; feed of " << grouped(feed.size()) << " records\n";
    Table held({"  HELD BACK", "RULE", "WHY"});
    for (const auto& rule : feed.held_back())
      held.add({"  " + grouped(rule.identifiers()), rule.rule(), rule.explanation()});
    if (!held.empty()) held.print(context.out, terminal_width());
  }
  if (published.feeds().empty()) context.out << "no community to publish to\n";
}

void show_published(const Context& context, const admin::v1::Published& published) {
  if (context.json)
    print_json(context, published);
  else
    print_published(context, published);
}

void publish(const Context& context, Request request) {
  admin::v1::Publish& body = *request.mutable_publish();
  body.set_operator_(context.operator_name);
  if (!body.dry_run() && !context.yes && context.in_is_terminal) {
    Request rehearsal = request;
    rehearsal.mutable_publish()->set_dry_run(true);
    print_published(context, call(context, rehearsal).published());
  }
  if (!body.dry_run())
    confirm(context, "Other countries will hold these indicators from now on.", "publish");
  show_published(context, call(context, request).published());
}

void add_publish(CLI::App& app, Context& context) {
  auto request = std::make_shared<Request>();
  admin::v1::Publish* body = request->mutable_publish();
  CLI::App* command =
      app.add_subcommand("publish", "publish indicators of the reports, and withdraw old ones");
  command->add_flag_callback(
      "--dry-run", [body] { body->set_dry_run(true); },
      "only say who would get what, and which rule holds back the rest");
  command->add_option("--community", *body->mutable_community(), "only this one")
      ->type_name("NAME");
  command->add_option("--approver", *body->mutable_approver(), "second person who approves")
      ->type_name("NAME");
  command->add_flag_callback(
      "--urgent", [body] { body->set_urgent(true); }, "do not wait for the next batch");
  command->callback([&context, request] { publish(context, *request); });
}

void print_answers(const Context& context, const admin::v1::LookupAnswers& answers) {
  if (context.json) return print_json(context, answers);
  Table table({"COUNTRY", "ANSWER", "EXPLOITATION", "URGENCY", "ASK", "REF"});
  for (const auto& answer : answers.answers()) {
    const MatchView& match = answer.match();
    table.add({answer.country(), answer.state(), joined(match.exploitation()),
               enum_name(v1::Urgency_descriptor(), match.summary().urgency()), match.desk(),
               match.ref()});
  }
  if (table.empty()) return say(context, "nobody to ask: no trusted peer shares a community");
  table.print(context.out, terminal_width());
}

void add_lookup(CLI::App& app, Context& context) {
  auto request = std::make_shared<Request>();
  auto type = std::make_shared<std::string>();
  admin::v1::Lookup* body = request->mutable_lookup();
  CLI::App* command = app.add_subcommand("lookup", "ask all members blindly for one identifier");
  command->add_option("TYPE", *type, "phone, email, account, …")->required();
  command->add_option("VALUE", *body->mutable_value(), "as written, or - for stdin")->required();
  command->add_option("--case", *body->mutable_case_ref(), "reference of the case")
      ->type_name("REF")
      ->required();
  command
      ->add_option("--purpose", *body->mutable_purpose(), "purpose code that the community allows")
      ->type_name("CODE")
      ->required();
  command->add_option("--region", *body->mutable_region(),
                      "country of national forms (ISO 3166-1)");
  command->callback([&context, request, type, body] {
    body->set_type(identifier_type_named(*type));
    body->set_value(argument_or_stdin(context, body->value()));
    body->set_operator_(context.operator_name);
    print_answers(context, call(context, *request).lookup_answers());
  });
}

/// "GB: outdated, SE: inaccurate".
std::string disputes_text(const MatchView& match) {
  std::string out;
  for (const auto& dispute : match.disputes())
    out += (out.empty() ? "" : ", ") + dispute.country() + ": " + dispute.ground();
  return out;
}

void print_match(const Context& context, const MatchView& match) {
  const v1::LockSummary& summary = match.summary();
  std::ostream& out = context.out;
  const auto line = [&out](const char* name, const std::string& value) {
    if (!value.empty()) out << name << printable(value) << '\n';
  };
  line("match         ", match.id());
  line("our reports   ", joined(match.report_ids()));
  line("also in       ", match.country() + " (node " + match.node().substr(0, 16) + ")");
  line("community     ", match.community());
  line("kind          ", match.type());
  line("role there    ", enum_name(v1::SubjectRole_descriptor(), summary.role()));
  line("exploitation  ", joined(match.exploitation()));
  line("urgency       ", enum_name(v1::Urgency_descriptor(), summary.urgency()));
  line("sightings     ", std::to_string(summary.sightings()));
  line("found         ", match.found_at());
  line("state         ", match.state());
  line("readable by   ", match.open() ? "all members (indicator list)" : "");
  line("confidence    ", match.confidence());
  line("DISPUTED by   ", disputes_text(match));
  line("ask           ", match.desk() + ", ref " + match.ref());
}

void print_matches(const Context& context, const admin::v1::Matches& matches) {
  if (context.json) return print_json(context, matches);
  Table table({"MATCH", "REPORT", "ALSO IN", "KIND", "EXPLOITATION", "URGENCY", "STATE",
               "CONFIDENCE", "DISPUTED BY", "ASK", "REF"});
  for (const MatchView& match : matches.matches())
    table.add({match.id(), joined(match.report_ids()), match.country(), match.type(),
               joined(match.exploitation()),
               enum_name(v1::Urgency_descriptor(), match.summary().urgency()), match.state(),
               match.confidence(), disputes_text(match), match.desk(), match.ref()});
  if (table.empty()) return say(context, "no matches");
  table.print(context.out, terminal_width());
  say_more(context, matches.next());
}

void add_match(CLI::App& app, Context& context) {
  CLI::App* match = app.add_subcommand("match", "what other countries hold too");
  match->require_subcommand(1);

  auto request = std::make_shared<Request>();
  admin::v1::MatchList* body = request->mutable_match_list();
  CLI::App* list = match->add_subcommand("list", "list matches");
  list->add_option("--country", *body->mutable_country(), "only with this country");
  list->add_option("--report", *body->mutable_report_id(), "only of this report")->type_name("ID");
  add_paging(*list, body);
  list->callback(
      [&context, request] { print_matches(context, call(context, *request).matches()); });

  auto one = std::make_shared<Request>();
  CLI::App* show = match->add_subcommand("show", "show a match");
  show->add_option("ID", *one->mutable_match_show()->mutable_id(), "the match's id")->required();
  show->callback([&context, one] {
    one->mutable_match_show()->set_operator_(context.operator_name);
    const Response response = call(context, *one);
    if (context.json)
      print_json(context, response.match());
    else
      print_match(context, response.match());
  });
}

void add_sync(CLI::App& app, Context& context) {
  auto wait = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("sync", "fetch news from all peers now");
  command->add_flag("--wait", *wait, "until all are fetched");
  command->callback([&context, wait] {
    Request request;
    request.mutable_sync_now()->set_wait(*wait);
    const Response response = call(context, request);
    if (context.json)
      print_json(context, response.ok());
    else
      context.out << printable(response.ok().message()) << '\n';
  });
}

}  // namespace

void add_exchange_commands(CLI::App& app, Context& context) {
  add_publish(app, context);
  add_lookup(app, context);
  add_match(app, context);
  add_sync(app, context);
}

}  // namespace bakhita::cli
