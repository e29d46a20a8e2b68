// SPDX-License-Identifier: EUPL-1.2
#include "protocol/letter/correspondence.h"

#include <initializer_list>

namespace bakhita {
namespace {

using State = CorrespondenceState;

constexpr std::uint64_t hour = 3'600;
constexpr std::uint64_t day = 24 * hour;
/// For the asked node to take a request in; a desk that is closed at night still has a node.
constexpr std::uint64_t acknowledgement_time = hour;

bool is_one_of(State state, std::initializer_list<State> states) {
  for (State one : states)
    if (state == one) return true;
  return false;
}

/// In which states a step may come.
bool allows(State state, Step step) {
  switch (step) {
    case Step::approved:
      return state == State::draft;
    case Step::sent:
      return state == State::approved;
    // What is late is better than nothing, and the two sides' clocks expire it at different times.
    case Step::acknowledged:
      return is_one_of(state, {State::sent, State::expired});
    case Step::clarification_requested:
      return is_one_of(state, {State::acknowledged, State::partial, State::expired});
    case Step::clarified:
      return state == State::clarifying;
    case Step::partial_reply:
    case Step::replied:
    case Step::refused:
      return is_one_of(state,
                       {State::acknowledged, State::partial, State::clarifying, State::expired});
    case Step::feedback_given:
      return state == State::feedback_due;
    case Step::cancelled:
      return is_one_of(state, {State::draft, State::approved, State::sent, State::acknowledged,
                               State::clarifying, State::partial, State::expired});
  }
  return false;
}

State after(State before, Step step) {
  switch (step) {
    case Step::approved:
      return State::approved;
    case Step::sent:
      return State::sent;
    case Step::acknowledged:
    case Step::clarified:
      return State::acknowledged;
    case Step::clarification_requested:
      return State::clarifying;
    case Step::partial_reply:
      // The question stays open.
      return before == State::clarifying ? State::clarifying : State::partial;
    case Step::replied:
      return State::feedback_due;
    case Step::refused:
      return State::refused;
    case Step::feedback_given:
      return State::closed;
    case Step::cancelled:
      return State::cancelled;
  }
  return before;
}

void resume_clock(Correspondence& correspondence, std::uint64_t now) {
  if (correspondence.paused_at == 0) return;
  if (now > correspondence.paused_at)
    correspondence.paused_seconds += now - correspondence.paused_at;
  correspondence.paused_at = 0;
}

}  // namespace

std::string_view name_of(CorrespondenceState state) {
  switch (state) {
    case State::draft:
      return "draft";
    case State::approved:
      return "approved";
    case State::sent:
      return "sent";
    case State::acknowledged:
      return "acknowledged";
    case State::clarifying:
      return "clarifying";
    case State::partial:
      return "partial";
    case State::feedback_due:
      return "feedback-due";
    case State::closed:
      return "closed";
    case State::refused:
      return "refused";
    case State::expired:
      return "expired";
    case State::cancelled:
      return "cancelled";
  }
  return "unknown";
}

std::vector<std::string> correspondence_state_names() {
  std::vector<std::string> out;
  for (auto state = State::draft; state <= State::cancelled;
       state = static_cast<State>(static_cast<int>(state) + 1))
    out.emplace_back(name_of(state));
  return out;
}

bool is_final(CorrespondenceState state) {
  return is_one_of(state, {State::closed, State::refused, State::cancelled});
}

Result<Step> step_of(const v1::Letter& letter) {
  switch (letter.body_case()) {
    case v1::Letter::kRequest:
      return Step::sent;
    case v1::Letter::kAcknowledgement:
      return Step::acknowledged;
    case v1::Letter::kPartialReply:
      return Step::partial_reply;
    case v1::Letter::kReply:
      return Step::replied;
    case v1::Letter::kRefusal:
      return Step::refused;
    case v1::Letter::kClarificationRequest:
      return Step::clarification_requested;
    case v1::Letter::kClarification:
      return Step::clarified;
    case v1::Letter::kFeedback:
      return Step::feedback_given;
    case v1::Letter::kCancellation:
      return Step::cancelled;
    case v1::Letter::kSpontaneous:
    case v1::Letter::kConsentRequest:
    case v1::Letter::kConsentDecision:
    case v1::Letter::kConsentWithdrawal:
    case v1::Letter::kRecallReceipt:
    case v1::Letter::kChunk:
    case v1::Letter::BODY_NOT_SET:
      return Error::unexpected;
  }
  return Error::unexpected;
}

Side maker_of(Step step) {
  switch (step) {
    case Step::approved:
    case Step::sent:
    case Step::clarified:
    case Step::feedback_given:
    case Step::cancelled:
      return Side::asking;
    case Step::acknowledged:
    case Step::clarification_requested:
    case Step::partial_reply:
    case Step::replied:
    case Step::refused:
      return Side::asked;
  }
  return Side::asked;
}

std::uint64_t answer_time(v1::AnswerClass answer_class) {
  switch (answer_class) {
    case v1::ANSWER_CLASS_LIFE_AT_RISK:
      return hour / 2;
    case v1::ANSWER_CLASS_URGENT_ACCESSIBLE:
      return 8 * hour;
    case v1::ANSWER_CLASS_URGENT_OBTAINABLE:
      return 3 * day;
    case v1::ANSWER_CLASS_FINANCIAL:
      return 30 * day;
    case v1::ANSWER_CLASS_ORDINARY:
    case v1::ANSWER_CLASS_UNSPECIFIED:
    case v1::AnswerClass_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::AnswerClass_INT_MAX_SENTINEL_DO_NOT_USE_:
      return 7 * day;
  }
  return 7 * day;
}

Result<Correspondence> advance(const Correspondence& before, Step step, std::uint64_t now) {
  const Correspondence current = at_time(before, now);
  if (!allows(current.state, step)) return Error::unexpected;
  // Once: who has it must not win time by saying so again.
  if (step == Step::acknowledged && current.acknowledged_at > 0) return Error::unexpected;
  Correspondence out = current;
  out.state = after(current.state, step);
  if (step == Step::sent) out.sent_at = now;
  if (step == Step::acknowledged) out.acknowledged_at = now;
  if (step == Step::clarification_requested) out.paused_at = now;
  if (step == Step::clarified) resume_clock(out, now);
  if (step == Step::replied || step == Step::refused) {
    resume_clock(out, now);
    out.answered_at = now;
  }
  return out;
}

Result<Correspondence> take_in(const Correspondence& before, Step step, std::uint64_t now) {
  const auto usual = advance(before, step, now);
  if (usual) return usual;
  const State state = before.state;
  const bool by_asked = maker_of(step) == Side::asked;
  if (by_asked && state == State::cancelled) return before;
  if (!is_one_of(state, {State::feedback_due, State::refused})) return usual;
  if (step == Step::clarified) return before;
  if (step != Step::cancelled) return usual;
  Correspondence out = before;
  out.state = State::cancelled;
  return out;
}

Correspondence at_time(const Correspondence& before, std::uint64_t now) {
  const bool waits = is_one_of(before.state, {State::sent, State::acknowledged, State::partial});
  const Deadline deadline = deadline_of(before, now);
  if (!waits || deadline.due == 0 || now < deadline.due + expiry_time) return before;
  Correspondence out = before;
  out.state = State::expired;
  return out;
}

Deadline deadline_of(const Correspondence& correspondence, std::uint64_t now) {
  Deadline out;
  switch (correspondence.state) {
    case State::sent:
      out = {correspondence.sent_at + acknowledgement_time, Side::asked, false};
      break;
    case State::acknowledged:
    case State::partial:
      out = {correspondence.acknowledged_at + correspondence.paused_seconds +
                 answer_time(correspondence.answer_class),
             Side::asked, false};
      break;
    case State::clarifying:
      out = {correspondence.paused_at + answer_time(correspondence.answer_class), Side::asking,
             false};
      break;
    case State::feedback_due:
      out = {correspondence.answered_at + feedback_time, Side::asking, false};
      break;
    case State::draft:
    case State::approved:
    case State::closed:
    case State::refused:
    case State::expired:
    case State::cancelled:
      return out;
  }
  out.overdue = now > out.due;
  return out;
}

}  // namespace bakhita
