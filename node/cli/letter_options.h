// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bakhita/v1/letter.pb.h"

namespace CLI {
class App;
}

/// What the command line says of a letter, in words: marks, statements, grounds.
namespace bakhita::cli {

/// Filled while the line is parsed; apply() turns it into fields.
struct LetterOptions {
  std::string tlp, pap, handling, handling_text, purpose, legal_basis, no_platform_until;
  bool no_contact = false;

  std::vector<std::string> statements;
  std::string basis = "fact", subject = "suspect", source = "B", information = "2";
  bool partial = false;
  bool spontaneous = false;

  std::string question, answer;
  std::string until;
};

void add_mark_options(CLI::App& command, LetterOptions& options);
void add_statement_options(CLI::App& command, LetterOptions& options);
void add_class_option(CLI::App& command, v1::InformationRequest& request);
void add_ground_option(CLI::App& command, v1::Refusal& refusal);
void add_ground_option(CLI::App& command, v1::ConsentDecision& decision);
void add_outcome_option(CLI::App& command, v1::Feedback& feedback);

/// Throws a usage error that names the option.
void apply(const LetterOptions& options, v1::Letter& letter);

}  // namespace bakhita::cli
