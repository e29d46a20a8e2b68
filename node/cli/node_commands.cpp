// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <ostream>

#include "node/cli/commands.h"
#include "node/cli/paging.h"
#include "node/cli/reply.h"
#include "node/cli/status.h"
#include "node/cli/table.h"
#include "node/cli/terminal_text.h"
#include "node/feed_files/feed_files.h"

namespace bakhita::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t screen_height = 24;

void status(Context& context) {
  Request request;
  request.mutable_status();
  try {
    const admin::v1::Status answer = call(context, request).status_reply();
    context.exit_code = health_of(answer);
    if (context.json)
      print_json(context, answer);
    else
      print_status(context.out, answer, terminal_width(),
                   context.out_is_terminal ? screen_height : 0);
  } catch (const service::NotRunning& error) {
    if (context.json) context.out << R"({"v":1,"state":"not running"})" << '\n';
    throw CommandError(ExitCode::not_running, error.what(),
                       context.config_given || !context.socket.empty()
                           ? "start bakhitad with this configuration"
                           : "start bakhitad, or name the node: --config FILE, or --socket PATH");
  }
}

void verify_audit(Context& context) {
  Request request;
  request.mutable_audit_verify();
  const admin::v1::AuditVerified result = call(context, request).audit_verified();
  if (!result.ok()) context.exit_code = ExitCode::verification_failed;
  if (context.json) return print_json(context, result);
  if (result.ok())
    context.out << "ok: " << grouped(result.records()) << " records, root "
                << printable(result.root()) << '\n';
  else
    context.out << "FAILED at record " << grouped(result.at()) << ": "
                << printable(result.problem()) << '\n';
}

/// How it went, by which rule where that is not said yet, and how often where more than once.
std::string outcome_of(const admin::v1::AuditRecord& record) {
  std::string out = record.outcome();
  if (!record.rule().empty() && out == "ok") out += ", " + record.rule();
  if (record.count() > 1) out += " (" + grouped(record.count()) + " times)";
  return out;
}

void print_audit(const Context& context, const admin::v1::AuditRecords& records) {
  if (context.json) return print_json(context, records);
  Table table({"RECORD", "AT (UTC)", "WHO", "WHAT", "OF", "WHY", "OUTCOME"});
  for (const admin::v1::AuditRecord& record : records.records())
    table.add({std::to_string(record.number()), record.at(),
               record.country().empty() ? record.actor() : "peer " + record.country(),
               record.action(), record.object(), record.purpose(), outcome_of(record)});
  if (!table.empty())
    table.print(context.out, terminal_width());
  else
    say(context, records.next().empty() ? "no such records"
                                        : "no such records among those looked at so far");
  say_more(context, records.next());
}

void add_audit(CLI::App& app, Context& context) {
  CLI::App* audit = app.add_subcommand("audit", "who did what");
  audit->require_subcommand(1);
  CLI::App* verify = audit->add_subcommand(
      "verify", "check the whole audit trail against its anchor and the marks that peers keep");
  verify->callback([&context] { verify_audit(context); });

  auto request = std::make_shared<Request>();
  admin::v1::AuditList* list = request->mutable_audit_list();
  CLI::App* rows =
      audit->add_subcommand("list", "who did what, the newest first; itself in the audit trail");
  rows->add_option("--from", *list->mutable_from(), "first day, UTC")->type_name("YYYY-MM-DD");
  rows->add_option("--to", *list->mutable_to(), "last day, UTC")->type_name("YYYY-MM-DD");
  rows->add_option("--who", *list->mutable_actor(), "an operator, a peer's country, or node")
      ->type_name("NAME");
  rows->add_option("--what", *list->mutable_action(),
                   "such as report.read; with a point at its end, all that begin so: report.")
      ->type_name("ACTION");
  rows->add_option(
          "--of", *list->mutable_object(),
          "a report's id; or that of a match, letter, node, or its first six digits or more")
      ->type_name("ID");
  add_paging(*rows, list);
  rows->callback([&context, request, list] {
    list->set_operator_(context.operator_name);
    print_audit(context, call(context, *request).audit_records());
  });
}

void show_feeds(Context& context, const admin::v1::FeedsVerified& result) {
  for (const auto& feed : result.feeds())
    if (!feed.ok()) context.exit_code = ExitCode::verification_failed;
  if (context.json) return print_json(context, result);
  Table table({"ORIGIN", "COMMUNITY", "GENERATION", "FROM", "RECORDS", "RESULT", "PROBLEM"});
  for (const auto& feed : result.feeds())
    table.add({feed.feed().origin().substr(0, 16), feed.feed().community().substr(0, 16),
               std::to_string(feed.feed().generation()), grouped(feed.feed().first()),
               grouped(feed.feed().size()), feed.ok() ? "ok" : "FAILED", feed.problem()});
  if (table.empty()) return say(context, "no feeds yet");
  table.print(context.out, terminal_width());
}

void verify_feeds(Context& context) {
  Request request;
  request.mutable_feed_verify();
  show_feeds(context, call(context, request).feeds_verified());
}

std::uint32_t days_since_epoch() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::days>(now).count());
}

/// The folder itself, or the feed folders in it.
std::vector<fs::path> feed_folders(const fs::path& directory) {
  if (fs::exists(directory / "checkpoint")) return {directory};
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    if (entry.is_directory() && fs::exists(entry.path() / "log_key"))
      folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  if (folders.empty())
    throw CommandError(ExitCode::not_found, directory.string() + ": holds no exported feed");
  return folders;
}

std::optional<PublicKey> parse_key(const std::string& hex) {
  if (hex.empty()) return std::nullopt;
  const auto bytes = from_hex(hex);
  const auto key = bytes ? to_array<32>(*bytes) : std::nullopt;
  if (!key) throw CommandError(ExitCode::usage, "--log-key needs 64 hexadecimal digits");
  return key;
}

/// Without the daemon. The answer has the same form.
void verify_exported(Context& context, const fs::path& directory, const std::string& log_key) {
  const std::optional<PublicKey> key = parse_key(log_key);
  admin::v1::FeedsVerified result;
  std::vector<std::string> keys;
  for (const fs::path& folder : feed_folders(directory)) {
    auto* entry = result.add_feeds();
    try {
      const feed_files::Verified verified = feed_files::verify(folder, days_since_epoch(), key);
      entry->set_ok(true);
      entry->mutable_feed()->set_community(to_hex(verified.feed.community.bytes));
      entry->mutable_feed()->set_origin(to_hex(verified.feed.origin.bytes));
      entry->mutable_feed()->set_generation(verified.feed.generation);
      entry->mutable_feed()->set_size(verified.records);
      entry->mutable_feed()->set_first(verified.first);
      keys.push_back(to_hex(verified.log_key));
    } catch (const feed_files::FeedFileError& error) {
      entry->set_problem(error.what());
    }
  }
  show_feeds(context, result);
  if (!key && !context.json)
    for (const std::string& used : keys)
      say(context,
          "signed by " + used + "; compare it with the origin's node card, or give --log-key");
}

void export_feeds(const Context& context, const std::string& directory) {
  Request request;
  // The daemon has another working folder.
  request.mutable_feed_export()->set_directory(std::filesystem::absolute(directory).string());
  request.mutable_feed_export()->set_operator_(context.operator_name);
  const Response response = call(context, request);
  if (context.json) return print_json(context, response.ok());
  context.out << printable(response.ok().message()) << '\n';
}

void add_feed(CLI::App& app, Context& context) {
  CLI::App* feed = app.add_subcommand("feed", "the signed feeds, own and others'");
  feed->require_subcommand(1);
  CLI::App* verify =
      feed->add_subcommand("verify", "check signatures, roots and bodies of all feeds");
  auto exported = std::make_shared<std::string>();
  auto log_key = std::make_shared<std::string>();
  verify->add_option("DIR", *exported,
                     "feeds written by `feed export`: checked without the daemon");
  verify->add_option("--log-key", *log_key, "the origin's log key, which must have signed")
      ->type_name("HEX");
  verify->callback([&context, exported, log_key] {
    if (exported->empty())
      verify_feeds(context);
    else
      verify_exported(context, *exported, *log_key);
  });
  auto directory = std::make_shared<std::string>();
  CLI::App* to_files =
      feed->add_subcommand("export", "write all feeds to files that can be checked off line");
  to_files->add_option("DIR", *directory, "folder, made if missing")->required();
  to_files->callback([&context, directory] { export_feeds(context, *directory); });
}

}  // namespace

void add_node_commands(CLI::App& app, Context& context) {
  CLI::App* show = app.add_subcommand(
      "status", "how the node is (exit 0, 20 degraded, 21 unhealthy, 22 not running)");
  show->callback([&context] { status(context); });

  add_audit(app, context);
  add_feed(app, context);
}

}  // namespace bakhita::cli
