// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/cli.h"

#include <istream>
#include <ostream>

namespace bakhita::cli {

void say(const Context& context, const std::string& message) {
  if (!context.quiet) context.err << message << '\n';
}

std::string ask(const Context& context, const std::string& question, const std::string& instead) {
  if (!context.in_is_terminal)
    throw CommandError(ExitCode::usage, "stdin is no terminal, so nobody can answer: " + question,
                       "give " + instead);
  context.err << question << ' ' << std::flush;
  std::string line;
  if (!std::getline(context.in, line))
    throw CommandError(ExitCode::failed, "no answer", "give " + instead);
  return line;
}

void confirm(const Context& context, const std::string& what_happens, const std::string& word) {
  if (context.yes) return;
  if (context.in_is_terminal) context.err << what_happens << '\n';
  const std::string typed = ask(context, "Type " + word + " to go on:", "--yes");
  if (typed != word) throw CommandError(ExitCode::failed, "not confirmed, nothing was changed");
}

std::string argument_or_stdin(const Context& context, const std::string& argument) {
  if (argument != "-") return argument;
  std::string line;
  if (!std::getline(context.in, line))
    throw CommandError(ExitCode::usage, "stdin is empty", "write the value as one line on stdin");
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

}  // namespace bakhita::cli
