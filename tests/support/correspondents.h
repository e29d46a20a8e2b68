// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "keys/sealing.h"
#include "node/desk/correspondence.h"
#include "tests/support/federation.h"

/// Two nodes that write to each other; the carrying is the test's.
namespace bakhita::desk {

using testing_support::Federation;
using testing_support::TestNode;

/// Hands over one letter; false when none waits. A lost receipt leaves it in the outbox.
inline bool carry_one(TestNode& from, TestNode& to, bool receipt_arrives = true) {
  const auto sealed = from.host->next_letter(to.id());
  if (!sealed) return false;
  const auto taken = to.host->take_letter(from.id(), *sealed);
  if (!receipt_arrives) return true;
  if (taken)
    from.host->letter_delivered(to.id(), receipt_of(*sealed));
  else
    from.host->letter_refused(to.id(), receipt_of(*sealed), 0, taken.error());
  return true;
}

inline void carry_all(TestNode& a, TestNode& b) {
  while (carry_one(a, b) || carry_one(b, a)) {
  }
}

struct Pair {
  Federation federation{{"FR", "SE"},
                        ::testing::UnitTest::GetInstance()->current_test_info()->name()};
  TestNode& fr = federation[0];
  TestNode& se = federation[1];

  /// FR and SE hold the same phone; the id of FR's match.
  std::string match() {
    fr.report("F1", v1::IDENTIFIER_TYPE_PHONE, "+33612345678");
    se.report("S1", v1::IDENTIFIER_TYPE_PHONE, "+33612345678");
    se.publish();
    federation.exchange();
    return fr.matches().at(0).id();
  }
  std::string ask(const std::string& operator_name = "analyst") {
    admin::v1::LetterWrite request;
    request.set_match(match());
    request.set_operator_(operator_name);
    request.mutable_content()->mutable_marks()->set_purpose("investigation");
    return write(*fr.desk, request).thread();
  }
};

inline admin::v1::LetterWrite in_thread(const std::string& thread, v1::Letter content = {}) {
  admin::v1::LetterWrite out;
  out.set_thread(thread);
  out.set_operator_("analyst");
  *out.mutable_content() = std::move(content);
  return out;
}

inline v1::Letter reply(const std::string& text = "known here as a recruiter") {
  v1::Letter out;
  v1::Statement* statement = out.mutable_reply()->add_statements();
  statement->set_text(text);
  statement->set_basis(v1::STATEMENT_BASIS_FACT);
  statement->set_subject(v1::LEGAL_CATEGORY_SUSPECT);
  statement->set_source_evaluation(1);
  statement->set_information_evaluation(2);
  return out;
}

inline v1::Letter feedback() {
  v1::Letter out;
  out.mutable_feedback()->set_outcome(v1::FEEDBACK_OUTCOME_VICTIM_FOUND);
  return out;
}

inline admin::v1::ThreadDetail shown(TestNode& node, const std::string& thread) {
  admin::v1::ThreadShow request;
  request.set_id(thread);
  return show_thread(*node.desk, request).value();
}

inline std::string state(TestNode& node, const std::string& thread) {
  return shown(node, thread).thread().state();
}

template <class Work>
std::string rule_of(Work work) {
  try {
    work();
  } catch (const LetterRefused& refused) {
    return refused.rule();
  }
  return "allowed";
}

}  // namespace bakhita::desk
