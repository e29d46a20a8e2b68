// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/manual.h"

#include <CLI/CLI.hpp>
#include <functional>

namespace bakhita::cli {
namespace {

struct Row {
  std::string name;
  std::string help;
};

struct Command {
  std::string name;  ///< "keys show"
  std::string help;
  std::vector<Row> arguments;
  std::vector<Row> options;
};

std::string option_name(const CLI::Option& option) {
  std::string out;
  for (const std::string& name : option.get_snames()) out += (out.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) out += (out.empty() ? "--" : ", --") + name;
  if (option.get_items_expected_max() == 0) return out;
  const std::string type = option.get_type_name();
  const bool plain = !type.empty() && type.find(':') == std::string::npos;
  return out + " " + (plain && type != "TEXT" ? type : "VALUE");
}

void add_rows(const CLI::App& app, Command& out) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional())
      out.arguments.push_back({(option->get_required() ? "" : "[") + option->get_single_name() +
                                   (option->get_items_expected_max() > 1 ? "…" : "") +
                                   (option->get_required() ? "" : "]"),
                               option->get_description()});
    else
      out.options.push_back({option_name(*option), option->get_description()});
  }
}

void collect(const CLI::App& app, const std::string& prefix, std::vector<Command>& out) {
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    const std::string name = prefix.empty() ? sub->get_name() : prefix + " " + sub->get_name();
    if (sub->get_subcommands(nullptr).empty()) {
      Command command{name, sub->get_description(), {}, {}};
      add_rows(*sub, command);
      // --help stands once, among the global options.
      std::erase_if(command.options,
                    [](const Row& row) { return row.name.find("--help") != std::string::npos; });
      out.push_back(std::move(command));
    } else {
      collect(*sub, name, out);
    }
  }
}

std::vector<Command> commands_of(const CLI::App& app) {
  std::vector<Command> out;
  collect(app, "", out);
  return out;
}

std::string roff(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '`')
      out += "\\(ga";
    else
      out += c;
  }
  return out;
}

std::string arguments_of(const Command& command) {
  std::string out;
  for (const Row& row : command.arguments) out += " " + row.name;
  return out;
}

void append_roff(const std::vector<Row>& rows, std::string& out) {
  for (const Row& row : rows)
    out += ".TP\n.B " + roff(row.name) + "\n" + roff(row.help.empty() ? row.name : row.help) + "\n";
}

struct ExitCodeRow {
  const char* code;
  const char* meaning;
};
constexpr ExitCodeRow exit_codes[] = {
    {"0", "done"},
    {"1", "failed"},
    {"2", "usage"},
    {"3", "configuration invalid"},
    {"4", "not found"},
    {"5", "refused by policy"},
    {"6", "not authorised"},
    {"7", "keystore cannot be opened, or recovery mode"},
    {"8", "peer unreachable"},
    {"9", "conflict, or in use"},
    {"10", "verification failed"},
    {"20, 21, 22", "status and doctor: degraded, unhealthy, not running"},
    {"75", "try again"},
    {"130", "interrupted"},
};

}  // namespace

std::string manual_page(const CLI::App& app, const std::string& version) {
  std::string out =
      ".\\\" SPDX-License-Identifier: EUPL-1.2\n.TH BAKHITA 1 2026-11-24 \"Bakhita " +
      roff(version) +
      "\" \"Bakhita\"\n.SH NAME\nbakhita \\- command line of a Bakhita node\n"
      ".SH SYNOPSIS\n.B bakhita\n[GLOBAL OPTIONS] NOUN VERB [ARGUMENTS]\n"
      ".SH DESCRIPTION\n" +
      roff(app.get_description()) +
      "\nThe result goes to standard output, messages and progress to standard error. "
      "Nothing is asked when standard input is no terminal.\n.SH GLOBAL OPTIONS\n";
  Command global;
  add_rows(app, global);
  append_roff(global.options, out);
  out += ".SH COMMANDS\n";
  for (const Command& command : commands_of(app)) {
    out += ".SS " + roff(command.name + arguments_of(command)) + "\n" + roff(command.help) + "\n";
    append_roff(command.arguments, out);
    append_roff(command.options, out);
  }
  out += ".SH EXIT STATUS\n";
  for (const ExitCodeRow& row : exit_codes)
    out += ".TP\n.B " + std::string(row.code) + "\n" + roff(row.meaning) + "\n";
  out +=
      ".SH FILES\n.TP\n.I /etc/bakhita/bakhita.yaml\nthe configuration\n.SH SEE ALSO\n.BR bakhitad "
      "(8)\n";
  return out;
}

std::string command_reference(const CLI::App& app) {
  std::string out =
      "# All commands\n\nMade from the command table: `bakhita __reference`. The grammar and the "
      "exit "
      "codes are [here](cli.md).\n\n## Global options\n\n";
  Command global;
  add_rows(app, global);
  const auto append = [&out](const std::vector<Row>& rows) {
    for (const Row& row : rows) out += "- `" + row.name + "`: " + row.help + "\n";
  };
  append(global.options);
  for (const Command& command : commands_of(app)) {
    out += "\n## `bakhita " + command.name + arguments_of(command) + "`\n\n" + command.help + "\n";
    if (!command.arguments.empty() || !command.options.empty()) out += "\n";
    append(command.arguments);
    append(command.options);
  }
  return out;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> out;
  for (const Command& command : commands_of(app)) out.push_back(command.name);
  return out;
}

}  // namespace bakhita::cli
