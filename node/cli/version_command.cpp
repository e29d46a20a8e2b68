// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/commands.h"
#include "protocol/identifier/identifier.h"

namespace bakhita::cli {

void add_version_command(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("version", "version of the program and of the protocol");
  command->callback([&context] {
    const int canon = canon_version;
    if (context.json)
      context.out << R"({"v":1,"version":")" << BAKHITA_VERSION
                  << R"(","protocol":1,"canon_version":)" << canon << "}\n";
    else
      context.out << "bakhita " << BAKHITA_VERSION << ", protocol 1, canonical forms " << canon
                  << '\n';
  });
}

}  // namespace bakhita::cli
