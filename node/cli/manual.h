// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

/// The command table as documents: what `--help` says, for man(1) and for docs/reference.
namespace bakhita::cli {

/// First arguments by which the build and the tests ask for them.
inline constexpr const char* man_argument = "__man";
inline constexpr const char* reference_argument = "__reference";
inline constexpr const char* commands_argument = "__commands";

/// bakhita(1) in roff. `version` stands in its foot.
std::string manual_page(const CLI::App& app, const std::string& version);
/// All commands in Markdown: docs/reference/commands.md.
std::string command_reference(const CLI::App& app);
/// "keys show": every command that does something, without the program's name.
std::vector<std::string> command_names(const CLI::App& app);

}  // namespace bakhita::cli
