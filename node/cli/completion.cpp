// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/completion.h"

#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/commands.h"
#include "node/cli/reply.h"

namespace bakhita::cli {
namespace {

constexpr const char* bash_script = R"(_bakhita() {
  local IFS=$'\n'
  COMPREPLY=($(bakhita __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _bakhita bakhita
)";

// clang-format off: it takes the text for code
constexpr const char* zsh_script = R"zsh(#compdef bakhita
_bakhita() {
  local -a found
  found=(${(f)"$(bakhita __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( ${#found} )); then compadd -a found; else _files; fi
}
if [ "$funcstack[1]" = _bakhita ]; then _bakhita "$@"; else compdef _bakhita bakhita; fi
)zsh";
// clang-format on

constexpr const char* fish_script = R"(function __bakhita_complete
  set -l tokens (commandline -opc) (commandline -ct)
  bakhita __complete $tokens[2..-1] 2>/dev/null
end
complete -c bakhita -a '(__bakhita_complete)'
)";

}  // namespace

std::vector<std::string> completions(const CLI::App& app, const std::vector<std::string>& words) {
  const std::string typed = words.empty() ? "" : words.back();
  const CLI::App* reached = &app;
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    for (const CLI::App* sub : reached->get_subcommands(nullptr))
      if (sub->get_name() == words[i]) {
        reached = sub;
        break;
      }
  std::vector<std::string> found;
  const auto offer = [&](const std::string& name) {
    if (name.starts_with(typed)) found.push_back(name);
  };
  if (!typed.starts_with("-"))
    for (const CLI::App* sub : reached->get_subcommands(nullptr)) offer(sub->get_name());
  else
    for (; reached != nullptr; reached = reached->get_parent())
      for (const CLI::Option* option : reached->get_options())
        for (const std::string& name : option->get_lnames()) offer("--" + name);
  return found;
}

void add_completion_command(CLI::App& app, Context& context) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("completion", "a script that completes commands in a shell");
  command->add_option("SHELL", *shell, "bash, zsh, fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&context, shell] {
    const char* script = *shell == "bash"  ? bash_script
                         : *shell == "zsh" ? zsh_script
                                           : fish_script;
    if (context.json)
      context.out << "{\"v\":1,\"script\":" << json_string(script) << "}\n";
    else
      context.out << script;
  });
}

}  // namespace bakhita::cli
