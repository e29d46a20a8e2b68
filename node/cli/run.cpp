// SPDX-License-Identifier: EUPL-1.2
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "node/cli/cli.h"
#include "node/cli/commands.h"
#include "node/cli/completion.h"
#include "node/cli/manual.h"
#include "node/service/error.h"

namespace bakhita::cli {
namespace {

std::string login_name() {
  if (const passwd* entry = ::getpwuid(::getuid())) return entry->pw_name;
  return "uid " + std::to_string(::getuid());
}

void add_global_options(CLI::App& app, Context& context) {
  app.add_flag("--json", context.json, "print one JSON document");
  app.add_option_function<std::string>(
         "--config",
         [&context](const std::string& file) {
           context.config = file;
           context.config_given = true;
         },
         "configuration file (default " + std::string(config_file_default) + ")")
      ->type_name("FILE");
  app.add_option("--socket", context.socket, "the daemon's admin socket (default: from the config)")
      ->type_name("PATH");
  app.add_flag("-q,--quiet", context.quiet, "results and errors only");
  app.add_flag("-v,--verbose", context.verbosity, "more messages; twice for still more");
  app.add_flag("-y,--yes", context.yes, "answer yes where a confirmation is asked");
  app.add_flag_callback(
      "--no-color", [&context] { context.color = false; }, "no colours");
  app.add_option_function<unsigned>(
         "--timeout",
         [&context](unsigned seconds) { context.timeout = std::chrono::seconds(seconds); },
         "seconds to wait for the daemon's answer (default 60)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1u, 86'400u));
  app.add_option("--as", context.operator_name,
                 "operator's name for the audit trail (default: login)")
      ->type_name("NAME");
}

/// All groups, in the order in which `bakhita --help` lists them.
void add_commands(CLI::App& app, Context& context) {
  add_init_command(app, context);
  add_keys_commands(app, context);
  add_config_commands(app, context);
  add_card_commands(app, context);
  add_report_commands(app, context);
  add_exchange_commands(app, context);
  add_peer_commands(app, context);
  add_community_commands(app, context);
  add_request_commands(app, context);
  add_recall_commands(app, context);
  add_challenge_commands(app, context);
  add_indicator_commands(app, context);
  add_advisory_commands(app, context);
  add_node_commands(app, context);
  add_doctor_command(app, context);
  add_policy_commands(app, context);
  add_recovery_commands(app, context);
  add_evidence_commands(app, context);
  add_identifier_commands(app, context);
  add_vectors_command(app, context);
  add_capture_command(app, context);
  add_completion_command(app, context);
  add_version_command(app, context);
}

/// The command that the parser had reached when it stopped.
const CLI::App* deepest(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return app;
}

std::string full_name(const CLI::App* app) {
  std::string name = app->get_name();
  for (app = app->get_parent(); app != nullptr; app = app->get_parent())
    name = app->get_name() + " " + name;
  return name;
}

std::vector<std::string> subcommand_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app->get_subcommands(nullptr)) names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent())
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

/// What the parser did not understand, in the words of the grammar.
CommandError usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* reached = deepest(&app);
  const std::string usage = "see `" + full_name(reached) + " --help`";
  const std::vector<std::string> commands = subcommand_names(reached);
  const std::vector<std::string> extras = app.remaining(true);
  if (!extras.empty() && extras.front().starts_with("-")) {
    const std::string typed = extras.front().substr(0, extras.front().find('='));
    const std::string near = nearest_name(typed, option_names(reached));
    return {ExitCode::usage, "unknown option " + typed,
            near.empty() ? usage : "did you mean `" + near + "`?"};
  }
  if (!commands.empty() && !extras.empty()) {
    const std::string near = nearest_name(extras.front(), commands);
    return {ExitCode::usage, "unknown command `" + full_name(reached) + " " + extras.front() + "`",
            near.empty() ? usage : "did you mean `" + full_name(reached) + " " + near + "`?"};
  }
  if (!commands.empty())
    return {ExitCode::usage, "`" + full_name(reached) + "` needs a command",
            "one of: " + join(commands)};
  // An argument too many may be an identifier: it is counted, never repeated.
  if (!extras.empty())
    return {ExitCode::usage, std::to_string(extras.size()) + " argument(s) too many", usage};
  return {ExitCode::usage, error.what(), usage};
}

int print(const Context& context, const CommandError& error) {
  const char* red = context.color ? "\x1b[31m" : "";
  const char* plain = context.color ? "\x1b[0m" : "";
  context.err << red << "error:" << plain << ' ' << error.what() << '\n';
  if (!error.help().empty()) context.err << "help: " << error.help() << '\n';
  return static_cast<int>(error.code());
}

/// The daemon sends codes of the same grammar; a failure never looks like success.
ExitCode exit_code_of(const service::RequestError& error) {
  constexpr std::uint32_t code_max = 125;  // above, shells mean signals
  if (error.code() == 0 || error.code() > code_max) return ExitCode::failed;
  return static_cast<ExitCode>(error.code());
}

int parse_and_run(CLI::App& app, Context& context, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return static_cast<int>(context.exit_code);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, context.out, context.err);
    return print(context, usage_error(app, error));
  } catch (const CommandError& error) {
    return print(context, error);
  } catch (const service::RequestError& error) {
    return print(context, CommandError(exit_code_of(error), error.what(), error.help()));
  } catch (const service::NotRunning& error) {
    return print(context,
                 CommandError(ExitCode::failed, error.what(),
                              "start bakhitad, or name the node: --config FILE, or --socket PATH"));
  } catch (const service::TimedOut& error) {
    return print(context,
                 CommandError(ExitCode::try_again, error.what(), "raise --timeout, or ask again"));
  } catch (const std::exception& error) {
    return print(context, CommandError(ExitCode::failed, error.what()));
  }
}

/// What shells, the build and tests ask of the command table; false for anything else.
bool print_about_commands(const CLI::App& app, const Context& context,
                          const std::vector<std::string>& arguments) {
  const std::string& asked = arguments.front();
  std::vector<std::string> lines;
  if (asked == complete_argument)
    lines = completions(app, {arguments.begin() + 1, arguments.end()});
  else if (asked == commands_argument)
    lines = command_names(app);
  else if (asked == man_argument)
    context.out << manual_page(app, BAKHITA_VERSION);
  else if (asked == reference_argument)
    context.out << command_reference(app);
  else
    return false;
  for (const std::string& line : lines) context.out << line << '\n';
  return true;
}

}  // namespace

int run(int argc, const char* const* argv) {
  Context context{.in = std::cin, .out = std::cout, .err = std::cerr};
  context.in_is_terminal = ::isatty(STDIN_FILENO) != 0;
  context.out_is_terminal = ::isatty(STDOUT_FILENO) != 0;
  context.err_is_terminal = ::isatty(STDERR_FILENO) != 0;
  context.color = context.err_is_terminal && std::getenv("NO_COLOR") == nullptr;
  context.operator_name = login_name();

  CLI::App app("Bakhita: find out, blindly, what other authorities have in common with you.",
               "bakhita");
  app.fallthrough();
  app.require_subcommand(1);
  add_global_options(app, context);
  add_commands(app, context);
  if (argc > 1 && print_about_commands(app, context, {argv + 1, argv + argc})) return 0;
  const int code = parse_and_run(app, context, argc, argv);
  context.out.flush();
  if (code == 0 && !context.out)
    return print(context, CommandError(ExitCode::failed, "stdout cannot be written"));
  return code;
}

}  // namespace bakhita::cli
