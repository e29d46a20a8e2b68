// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "bakhita/admin/v1/offline.pb.h"
#include "config/schema.h"
#include "node/cli/commands.h"
#include "node/cli/key_access.h"
#include "node/cli/reply.h"
#include "node/cli/table.h"

namespace bakhita::cli {
namespace {

config::Loaded load_with_origins(const Context& context) {
  try {
    return config::load_with_origins(context.config);
  } catch (const config::ConfigError& problem) {
    throw CommandError(ExitCode::config_invalid, problem.what());
  }
}

void show(const Context& context, bool effective) {
  admin::v1::ConfigView view;
  view.set_file(context.config.string());
  for (const config::Value& value : load_with_origins(context).values) {
    if (value.line == 0 && !effective) continue;
    auto* row = view.add_values();
    row->set_key(value.key);
    for (const std::string& text : value.values) row->add_values(text);
    row->set_origin(value.line == 0 ? "default"
                                    : context.config.string() + ":" + std::to_string(value.line));
  }
  if (context.json) return print_json(context, view);
  Table table({"KEY", "VALUE", "ORIGIN"});
  for (const auto& row : view.values())
    table.add({row.key(), row.values().empty() ? "none" : joined(row.values()), row.origin()});
  table.print(context.out, terminal_width());
}

}  // namespace

void add_config_commands(CLI::App& app, Context& context) {
  CLI::App* config = app.add_subcommand("config", "the configuration (off line)");
  config->require_subcommand(1);
  auto file = std::make_shared<std::filesystem::path>();
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = config->add_subcommand(name, help);
    command->add_option("FILE", *file, "default: the one of --config");
    return command;
  };
  const auto choose = [&context, file] {
    if (!file->empty()) context.config = *file;
  };
  add("check", "read it and name every mistake")->callback([&context, choose] {
    choose();
    load_config(context);
    print_done(context, context.config.string() + ": sound");
  });
  auto effective = std::make_shared<bool>(false);
  CLI::App* look = add("show", "what it sets, and in which line");
  look->add_flag("--effective", *effective, "defaults, too");
  look->callback([&context, choose, effective] {
    choose();
    show(context, *effective);
  });
  CLI::App* schema =
      config->add_subcommand("schema", "its JSON Schema (draft 2020-12), for editors");
  schema->callback([&context] {
    if (context.json)
      context.out << "{\"v\":1,\"schema\":" << config::json_schema() << "}\n";
    else
      context.out << config::json_schema();
  });
}

}  // namespace bakhita::cli
