// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/decision.h"

#include "protocol/community/terms.h"

namespace bakhita::policy {
namespace {

bool is_for(const Rule& rule, Act act) {
  return (rule.acts & (1u << static_cast<unsigned>(act))) != 0;
}

template <class Wanted>
RuleId first_refusal(const Question& question, const Terms& terms, Wanted is_wanted) {
  if (!is_known(question.act)) return RuleId::unknown_act;
  for (const Rule& rule : rules())
    if (is_for(rule, question.act) && is_wanted(rule) && rule.refuses(question, terms))
      return rule.id;
  return RuleId::allowed;
}

/// The row of the charter on which it flows. A notice may go back under the other direction's.
std::string basis_of(const Question& question, const Terms& terms) {
  const bool flows = question.act == Act::lookup_ask || question.act == Act::lookup_answer ||
                     question.act == Act::relay || question.act == Act::letter_send;
  if (!flows || terms.charter == nullptr) return {};
  const v1::LegalBasis* basis = find_basis(*terms.charter, question.from, question.to);
  if (question.act != Act::relay && !question.purpose.empty())
    basis = find_basis(*terms.charter, question.from, question.to, question.purpose);
  if (basis == nullptr && question.part == LetterPart::notice)
    basis = find_basis(*terms.charter, question.to, question.from);
  return basis == nullptr ? std::string() : basis->basis();
}

}  // namespace

RuleId decide(const Question& question, const Terms& terms) {
  return first_refusal(question, terms, [](const Rule&) { return true; });
}

RuleId decide_parties(const Question& question, const Terms& terms) {
  return first_refusal(question, terms,
                       [](const Rule& rule) { return rule.about == About::parties; });
}

RuleId decide_content(const Question& question, const Terms& terms) {
  return first_refusal(question, terms,
                       [](const Rule& rule) { return rule.about == About::content; });
}

Explanation explain(const Question& question, const Terms& terms, RuleId decided) {
  const Rule& rule = rule_of(decided);
  Explanation out;
  out.allowed = decided == RuleId::allowed;
  out.rule = rule.name;
  out.sentence = rule.sentence;
  out.legal_basis = basis_of(question, terms);
  out.text = out.allowed ? "allowed" : "refused by rule " + out.rule;
  if (terms.charter != nullptr) {
    out.epoch = terms.charter->epoch();
    out.charter_name = terms.charter->name();
    out.text += (out.allowed ? " by charter epoch " : " of charter epoch ") +
                std::to_string(out.epoch) + " (" + out.charter_name + ")";
  }
  if (!out.legal_basis.empty()) out.text += ", legal basis " + out.legal_basis;
  out.text += ": " + out.sentence;
  if (out.allowed) return out;
  out.changed_by = rule.changed_by;
  out.text += "; may be changed by " + out.changed_by;
  return out;
}

}  // namespace bakhita::policy
