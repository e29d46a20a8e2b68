// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace bakhita::cli {

/// The first argument by which a shell's script asks for completions.
inline constexpr const char* complete_argument = "__complete";

/// What may stand in place of the last of `words` (those behind the program's name): commands, or
/// options when it begins with a hyphen.
std::vector<std::string> completions(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace bakhita::cli
