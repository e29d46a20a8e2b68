// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "protocol/policy/rules.h"

/// The one place that decides every release, lookup, relay, letter and export. Total, pure,
/// deterministic; the answer is the first rule that refuses.
namespace bakhita::policy {

/// RuleId::allowed, or the first rule that refuses. Allocates nothing.
RuleId decide(const Question& question, const Terms& terms);
/// The same by the rules about the parties alone, and by those about the content alone: the whole
/// is allowed exactly when both are. For loops over much content between the same parties.
RuleId decide_parties(const Question& question, const Terms& terms);
RuleId decide_content(const Question& question, const Terms& terms);

/// A decision in words.
struct Explanation {
  bool allowed = false;
  std::string rule;          ///< its stable name
  std::string sentence;      ///< why
  std::uint32_t epoch = 0;   ///< of the charter; 0: no charter matters
  std::string charter_name;  ///< of the community
  std::string legal_basis;   ///< on which it flows; empty: none, or none is needed
  std::string changed_by;    ///< who may change the answer; empty when allowed
  /// "refused by rule X of charter epoch N (north), legal basis Y: sentence; may be changed by Z".
  std::string text;
};
Explanation explain(const Question& question, const Terms& terms, RuleId decided);

}  // namespace bakhita::policy
