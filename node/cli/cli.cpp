// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/cli.h"

#include <algorithm>
#include <istream>
#include <ostream>
#include <vector>

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

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace bakhita::cli
