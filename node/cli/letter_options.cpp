// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/letter_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>

#include "node/cli/cli.h"

namespace bakhita::cli {
namespace {

/// "no-legal-basis" for the enumerator PREFIX_NO_LEGAL_BASIS, and back.
std::string word_of(const std::string& enumerator, const std::string& prefix) {
  std::string out = enumerator.substr(prefix.size());
  for (char& c : out) c = c == '_' ? '-' : static_cast<char>(std::tolower(c));
  return out;
}

/// The words of an enumeration and their numbers, without the unspecified one.
std::map<std::string, int> words(const google::protobuf::EnumDescriptor* type) {
  std::map<std::string, int> out;
  const std::string first = type->value(0)->name();  // PREFIX_UNSPECIFIED
  const std::string prefix = first.substr(0, first.size() - std::string("UNSPECIFIED").size());
  for (int i = 1; i < type->value_count(); ++i)
    out[word_of(type->value(i)->name(), prefix)] = type->value(i)->number();
  return out;
}

template <class Set>
CLI::Option* add_word(CLI::App& command, const std::string& name, const std::string& help,
                      const google::protobuf::EnumDescriptor* type, Set set) {
  const auto choices = words(type);
  std::vector<std::string> names;
  names.reserve(choices.size());
  for (const auto& [word, number] : choices) names.push_back(word);
  return command
      .add_option_function<std::string>(
          name, [choices, set](const std::string& word) { set(choices.at(word)); }, help)
      ->check(CLI::IsMember(names));
}

std::uint32_t number_of(const std::string& option, const std::string& word,
                        const std::vector<std::string>& scale, std::uint32_t first) {
  const auto found = std::ranges::find(scale, word);
  if (found == scale.end()) {
    std::string choices;
    for (const std::string& one : scale) choices += (choices.empty() ? "" : ", ") + one;
    throw CommandError(ExitCode::usage, option + ": " + word + " is none of " + choices);
  }
  return first + static_cast<std::uint32_t>(found - scale.begin());
}

std::uint32_t day_named(const std::string& option, const std::string& date) {
  int year = 0;
  unsigned month = 0, day = 0;
  const auto read = [&](std::size_t at, std::size_t size, auto& out) {
    const char* begin = date.data() + at;
    return std::from_chars(begin, begin + size, out).ptr == begin + size;
  };
  const bool shaped = date.size() == 10 && date[4] == '-' && date[7] == '-' && read(0, 4, year) &&
                      read(5, 2, month) && read(8, 2, day);
  const std::chrono::year_month_day when{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!shaped || !when.ok() || year < 1970)
    throw CommandError(ExitCode::usage, option + ": a date is written YYYY-MM-DD");
  return static_cast<std::uint32_t>(std::chrono::sys_days(when).time_since_epoch().count());
}

const std::vector<std::string> tlp_names = {"clear", "green", "amber", "amber+strict", "red"};
const std::vector<std::string> pap_names = {"clear", "green", "amber", "red"};
const std::vector<std::string> handling_names = {"H0", "H1", "H2", "H3"};

void apply_marks(const LetterOptions& options, v1::Letter& letter) {
  if (!options.tlp.empty())
    letter.mutable_marks()->set_tlp(number_of("--tlp", options.tlp, tlp_names, 1));
  if (!options.pap.empty())
    letter.mutable_marks()->set_pap(number_of("--pap", options.pap, pap_names, 1));
  if (!options.handling.empty())
    letter.mutable_marks()->set_handling(
        number_of("--handling", options.handling, handling_names, 0));
  if (!options.handling_text.empty())
    letter.mutable_marks()->set_handling_text(options.handling_text);
  if (!options.purpose.empty()) letter.mutable_marks()->set_purpose(options.purpose);
  if (!options.legal_basis.empty()) letter.mutable_marks()->set_legal_basis(options.legal_basis);
  if (options.no_contact) letter.mutable_marks()->set_do_not_contact_subject(true);
  if (!options.no_platform_until.empty())
    letter.mutable_marks()->set_do_not_notify_platform_until(
        day_named("--no-platform-until", options.no_platform_until));
}

v1::Statement statement_of(const LetterOptions& options, const std::string& text) {
  v1::Statement out;
  out.set_text(text);
  out.set_basis(static_cast<v1::StatementBasis>(
      number_of("--basis", options.basis, {"fact", "assessment"}, 1)));
  out.set_subject(static_cast<v1::LegalCategory>(
      number_of("--subject", options.subject, {"suspect", "convicted", "victim", "other"}, 1)));
  out.set_source_evaluation(number_of("--source", options.source, {"A", "B", "C", "X"}, 1));
  out.set_information_evaluation(
      number_of("--information", options.information, {"1", "2", "3", "4"}, 1));
  return out;
}

void apply_statements(const LetterOptions& options, v1::Letter& letter) {
  const auto fill = [&](auto* body) {
    for (const std::string& text : options.statements)
      *body->add_statements() = statement_of(options, text);
  };
  if (options.statements.empty()) return;
  if (options.spontaneous)
    fill(letter.mutable_spontaneous());
  else if (options.partial)
    fill(letter.mutable_partial_reply());
  else
    fill(letter.mutable_reply());
}

}  // namespace

void add_mark_options(CLI::App& command, LetterOptions& options) {
  command.add_option("--tlp", options.tlp, "clear, green, amber, amber+strict, red");
  command.add_option("--pap", options.pap, "clear, green, amber, red");
  command.add_option("--handling", options.handling, "H0, H1, H2, H3");
  command.add_option("--handling-text", options.handling_text, "what H3 restricts");
  command.add_option("--purpose", options.purpose, "purpose code that the charter allows");
  command.add_option("--legal-basis", options.legal_basis, "treaty, act or agreement, article");
  command.add_flag("--no-contact", options.no_contact, "do not contact the subject");
  command.add_option("--no-platform-until", options.no_platform_until,
                     "do not notify the platform before YYYY-MM-DD");
}

void add_statement_options(CLI::App& command, LetterOptions& options) {
  command.add_option("--statement", options.statements, "what is told; may be given again")
      ->required();
  command.add_option("--basis", options.basis, "fact or assessment (default fact)");
  command.add_option("--subject", options.subject,
                     "suspect, convicted, victim, other (default suspect)");
  command.add_option("--source", options.source, "A, B, C, X: how reliable (default B)");
  command.add_option("--information", options.information, "1 to 4: how certain (default 2)");
}

void add_class_option(CLI::App& command, v1::InformationRequest& request) {
  add_word(command, "--class", "how soon: 30 min, 8 h, 3 days, 7 days, 30 days",
           v1::AnswerClass_descriptor(), [&request](int number) {
             request.set_answer_class(static_cast<v1::AnswerClass>(number));
           });
}

void add_ground_option(CLI::App& command, v1::Refusal& refusal) {
  add_word(command, "--ground", "why", v1::RefusalGround_descriptor(), [&refusal](int number) {
    refusal.set_ground(static_cast<v1::RefusalGround>(number));
  })->required();
}

void add_ground_option(CLI::App& command, v1::ConsentDecision& decision) {
  add_word(command, "--ground", "why", v1::ConsentGround_descriptor(), [&decision](int number) {
    decision.set_ground(static_cast<v1::ConsentGround>(number));
  })->required();
}

void add_outcome_option(CLI::App& command, v1::Feedback& feedback) {
  add_word(
      command, "--outcome", "what it led to", v1::FeedbackOutcome_descriptor(),
      [&feedback](int number) { feedback.set_outcome(static_cast<v1::FeedbackOutcome>(number)); })
      ->required();
}

void apply(const LetterOptions& options, v1::Letter& letter) {
  apply_marks(options, letter);
  apply_statements(options, letter);
  if (!options.question.empty())
    letter.mutable_clarification_request()->set_question(options.question);
  if (!options.answer.empty()) letter.mutable_clarification()->set_answer(options.answer);
  if (!options.until.empty())
    letter.mutable_consent_decision()->set_valid_until(
        std::uint64_t{day_named("--until", options.until)} * 86'400);
}

}  // namespace bakhita::cli
