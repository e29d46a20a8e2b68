// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/exporting.h"

#include "node/desk/deciding.h"

namespace bakhita::desk {

policy::Explanation decide_export(Desk& desk, policy::FileKind file, const NodeId& from,
                                  const store::Community* community, store::AuditEntry entry) {
  policy::Question question;
  if (community != nullptr)
    question = question_between(desk, *community, policy::Act::file_export, from, desk.self);
  question.act = policy::Act::file_export;
  question.now = desk.now();
  question.from = from;
  question.to = desk.self;
  question.file = file;
  question.has_reason = !entry.purpose.empty();
  const policy::Terms terms = community == nullptr ? policy::Terms() : terms_of(*community);
  const policy::RuleId decided = policy::decide(question, terms);
  policy::Explanation out = policy::explain(question, terms, decided);
  if (!out.allowed) entry.outcome = out.text;
  desk.audit.commit({}, with_decision(std::move(entry), question, community, decided));
  return out;
}

}  // namespace bakhita::desk
