// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/letter_gaps.h"

#include "protocol/letter/letter.h"

namespace bakhita::desk {
namespace {

class Gaps {
 public:
  void need(const char* option, bool is_there) {
    if (!is_there) add(missing_, option);
  }
  void limit(const char* option, const std::string& value, std::size_t size_max) {
    if (value.size() > size_max)
      add(too_long_, std::string(option) + " (at most " + std::to_string(size_max) + " bytes)");
  }
  void need(const char* option, const std::string& value, std::size_t size_max) {
    need(option, !value.empty());
    limit(option, value, size_max);
  }
  std::string text() const {
    std::string out;
    if (!missing_.empty()) out += "missing: " + missing_;
    if (!too_long_.empty()) out += (out.empty() ? "" : "; ") + ("too long: " + too_long_);
    return out;
  }

 private:
  static void add(std::string& list, const std::string& option) {
    list += (list.empty() ? "" : ", ") + option;
  }
  std::string missing_, too_long_;
};

template <class Statements>
void look_at(const Statements& statements, Gaps& gaps) {
  for (const v1::Statement& statement : statements) {
    gaps.need("--statement", statement.text(), letter_text_max);
    gaps.need("--basis", statement.basis() != v1::STATEMENT_BASIS_UNSPECIFIED);
    gaps.need("--subject", statement.subject() != v1::LEGAL_CATEGORY_UNSPECIFIED);
    gaps.need("--source", statement.source_evaluation() > 0);
    gaps.need("--information", statement.information_evaluation() > 0);
  }
}

template <class Answer>
void look_at_answer(const Answer& answer, Gaps& gaps) {
  gaps.need("--statement", !answer.statements().empty());
  look_at(answer.statements(), gaps);
}

void look_at_body(const v1::InformationRequest& request, Gaps& gaps) {
  gaps.need("--class", request.answer_class() != v1::ANSWER_CLASS_UNSPECIFIED);
  gaps.need("--facts", request.facts(), letter_text_max);
  gaps.need("--context", request.context(), letter_text_max);
  gaps.need("--reasons", request.reasons(), letter_text_max);
  gaps.need("--use", request.intended_use(), letter_text_max);
  gaps.limit("--language", request.language(), letter_word_max);
  look_at(request.statements(), gaps);
}

void look_at_body(const v1::ConsentRequest& request, Gaps& gaps) {
  gaps.need("--letter", !request.letter().empty());
  gaps.need("--recipient", request.recipient(), letter_word_max);
  gaps.need("--for", request.purpose(), letter_word_max);
  gaps.need("--reasons", request.reasons(), letter_text_max);
}

void look_at_body(const v1::ConsentDecision& decision, Gaps& gaps) {
  gaps.limit("--conditions", decision.conditions(), letter_text_max);
  if (decision.granted())
    gaps.need("--until", decision.valid_until() > 0);
  else
    gaps.need("--ground", decision.ground() != v1::CONSENT_GROUND_UNSPECIFIED);
}

void look_at_body(const v1::Letter& letter, Gaps& gaps) {
  if (letter.has_request()) look_at_body(letter.request(), gaps);
  if (letter.has_reply()) look_at_answer(letter.reply(), gaps);
  if (letter.has_partial_reply()) look_at_answer(letter.partial_reply(), gaps);
  if (letter.has_spontaneous()) look_at_answer(letter.spontaneous(), gaps);
  if (letter.has_refusal()) {
    gaps.need("--ground", letter.refusal().ground() != v1::REFUSAL_GROUND_UNSPECIFIED);
    gaps.limit("--text", letter.refusal().text(), letter_text_max);
  }
  if (letter.has_clarification_request())
    gaps.need("--ask", letter.clarification_request().question(), letter_text_max);
  if (letter.has_clarification())
    gaps.need("--answer", letter.clarification().answer(), letter_text_max);
  if (letter.has_consent_request()) look_at_body(letter.consent_request(), gaps);
  if (letter.has_consent_decision()) look_at_body(letter.consent_decision(), gaps);
  if (letter.has_consent_withdrawal())
    gaps.need("--reason", letter.consent_withdrawal().reason(), letter_text_max);
  if (letter.has_feedback()) {
    gaps.need("--outcome", letter.feedback().outcome() != v1::FEEDBACK_OUTCOME_UNSPECIFIED);
    gaps.limit("--text", letter.feedback().text(), letter_text_max);
  }
  if (letter.has_cancellation())
    gaps.limit("--reason", letter.cancellation().reason(), letter_text_max);
  // `request clarify` says which of the two it is by these alone.
  if (letter.body_case() == v1::Letter::BODY_NOT_SET) gaps.need("--ask or --answer", false);
}

void look_at_marks(const v1::Marks& marks, Gaps& gaps) {
  constexpr std::uint32_t restricted = 3;  // H3
  gaps.need("--tlp", marks.tlp() > 0);
  gaps.need("--pap", marks.pap() > 0);
  gaps.need("--purpose", marks.purpose(), letter_word_max);
  gaps.need("--legal-basis", marks.legal_basis(), letter_word_max);
  if (marks.handling() == restricted)
    gaps.need("--handling-text (what H3 restricts)", marks.handling_text(), letter_text_max);
  else
    gaps.need("--handling H3 (which --handling-text goes with)", marks.handling_text().empty());
}

}  // namespace

std::string what_is_wrong(const v1::Letter& letter) {
  Gaps gaps;
  look_at_body(letter, gaps);
  look_at_marks(letter.marks(), gaps);
  const std::string found = gaps.text();
  if (!found.empty()) return found;
  return "something of it is out of range: at most " + std::to_string(letter_statements_max) +
         " statements, and a file's name is no path";
}

}  // namespace bakhita::desk
