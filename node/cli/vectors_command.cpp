// SPDX-License-Identifier: EUPL-1.2
#include <CLI/CLI.hpp>
#include <ostream>

#include "node/cli/armor.h"
#include "node/cli/commands.h"
#include "node/cli/reply.h"
#include "node/cli/terminal_text.h"
#include "protocol/vectors/known_answers.h"

namespace bakhita::cli {
namespace {

void check(Context& context, const std::string& file) {
  const std::vector<CheckOutcome> outcomes = check_known_answers(read_file_or_stdin(context, file));
  std::size_t wrong = 0;
  std::string list;
  for (const CheckOutcome& outcome : outcomes) {
    if (outcome.problem.empty()) continue;
    ++wrong;
    list += (list.empty() ? "{\"item\":" : ",{\"item\":") + json_string(outcome.item) +
            ",\"problem\":" + json_string(outcome.problem) + "}";
    if (!context.json)
      context.out << printable(outcome.item) << ": " << printable(outcome.problem) << '\n';
  }
  if (context.json)
    context.out << "{\"v\":1,\"checked\":" << outcomes.size() << ",\"wrong\":[" << list << "]}\n";
  else
    context.out << outcomes.size() - wrong << " of " << outcomes.size() << " answers as expected\n";
  if (wrong > 0 || outcomes.empty()) context.exit_code = ExitCode::verification_failed;
}

}  // namespace

void add_vectors_command(CLI::App& app, Context& context) {
  CLI::App* vectors = app.add_subcommand("vectors", "known answers, for other implementers");
  vectors->require_subcommand(1);
  auto file = std::make_shared<std::string>();
  CLI::App* command = vectors->add_subcommand("check", "compare a file of known answers with ours");
  command->add_option("FILE", *file, "JSON, in the shape of known-answers.json")->required();
  command->callback([&context, file] { check(context, *file); });
}

}  // namespace bakhita::cli
