// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/request_stats.h"

#include <map>

#include "node/desk/correspondence.h"
#include "node/desk/names.h"
#include "node/desk/threads.h"

namespace bakhita::desk {
namespace {

using State = CorrespondenceState;

bool led_to_something(v1::FeedbackOutcome outcome) {
  return outcome != v1::FEEDBACK_OUTCOME_FALSE_LEAD && outcome != v1::FEEDBACK_OUTCOME_NO_USE;
}

bool was_in_time(const Correspondence& of) {
  return of.answered_at <= of.acknowledged_at + of.paused_seconds + answer_time(of.answer_class);
}

void add_answer(admin::v1::RequestTally& tally, const Correspondence& correspondence) {
  tally.set_answered(tally.answered() + 1);
  if (was_in_time(correspondence)) tally.set_in_time(tally.in_time() + 1);
}

void add_feedback(admin::v1::RequestTally& tally, const Desk& desk, const LetterId& thread) {
  tally.set_feedback_given(tally.feedback_given() + 1);
  for (const storage::v1::KeptLetter& kept : desk.letters.letters_of(thread)) {
    const v1::Letter letter = letter_in(kept);
    if (letter.has_feedback() && led_to_something(letter.feedback().outcome()))
      tally.set_useful(tally.useful() + 1);
  }
}

void add(admin::v1::RequestTally& tally, const Desk& desk, const LetterId& id,
         const storage::v1::Thread& thread) {
  const Correspondence now = at_time(correspondence_of(thread), desk.now());
  tally.set_requests(tally.requests() + 1);
  switch (now.state) {
    case State::draft:
    case State::approved:
    case State::sent:
    case State::acknowledged:
    case State::clarifying:
    case State::partial:
      tally.set_open(tally.open() + 1);
      if (deadline_of(now, desk.now()).overdue) tally.set_overdue(tally.overdue() + 1);
      return;
    case State::feedback_due:
      tally.set_feedback_owed(tally.feedback_owed() + 1);
      return add_answer(tally, now);
    case State::closed:
      add_feedback(tally, desk, id);
      return add_answer(tally, now);
    case State::refused:
      return tally.set_refused(tally.refused() + 1);
    case State::expired:
    case State::cancelled:
      return tally.set_unanswered(tally.unanswered() + 1);
  }
}

}  // namespace

admin::v1::RequestTallies tally_requests(const Desk& desk, const admin::v1::RequestStats& request) {
  std::map<std::pair<std::string, std::string>, admin::v1::RequestTally> tallies;
  for (const auto& [id, thread] : desk.letters.threads()) {
    if (thread.side() == 0) continue;
    const std::string country = country_of(desk, peer_of(thread));
    if (!request.peer().empty() && country != request.peer()) continue;
    const bool asking = static_cast<Side>(thread.side()) == Side::asking;
    const std::string side = asking ? "asking" : "asked";
    admin::v1::RequestTally& tally = tallies[{country, side}];
    tally.set_country(country);
    tally.set_side(side);
    add(tally, desk, id, thread);
  }
  admin::v1::RequestTallies out;
  for (auto& [name, tally] : tallies) *out.add_tallies() = std::move(tally);
  return out;
}

}  // namespace bakhita::desk
