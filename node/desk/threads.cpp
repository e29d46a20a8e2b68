// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/threads.h"

#include "node/desk/letters.h"

namespace bakhita::desk {
namespace {

bool is_ours(const Desk& desk, const v1::Letter& letter) {
  return letter.from() == as_text(desk.self.bytes);
}

storage::v1::Thread new_thread(const Desk& desk, const v1::Letter& letter) {
  storage::v1::Thread out;
  const bool ours = is_ours(desk, letter);
  out.set_peer(ours ? letter.to() : letter.from());
  out.set_community(letter.community());
  if (letter.has_request()) {
    out.set_side(static_cast<std::uint32_t>(ours ? Side::asking : Side::asked));
    Correspondence start;
    start.state = CorrespondenceState::approved;
    start.answer_class = letter.request().answer_class();
    set_correspondence(out, start);
  }
  return out;
}

/// The letter of the same correspondence that these 16 bytes name.
std::optional<v1::Letter> letter_beside(const Desk& desk, const v1::Letter& letter,
                                        const std::string& id) {
  const auto named = to_array<16>(as_bytes(id));
  const auto kept = named ? desk.letters.letter(*named) : std::nullopt;
  if (!kept) return std::nullopt;
  v1::Letter out = letter_in(*kept);
  return out.thread() == letter.thread() ? std::optional(std::move(out)) : std::nullopt;
}

/// Consent is asked of who wrote the content, given to who asked for it, and taken back by who gave
/// it.
bool fits_what_it_answers(const Desk& desk, const v1::Letter& letter) {
  if (letter.has_consent_request()) {
    const auto content = letter_beside(desk, letter, letter.consent_request().letter());
    return content && content->from() == letter.to();
  }
  if (letter.has_consent_decision()) {
    const auto question = letter_beside(desk, letter, letter.in_reply_to());
    return question && question->has_consent_request() && question->from() == letter.to();
  }
  if (letter.has_consent_withdrawal()) {
    const auto decision = letter_beside(desk, letter, letter.in_reply_to());
    return decision && decision->has_consent_decision() && decision->from() == letter.from();
  }
  return true;
}

}  // namespace

Correspondence correspondence_of(const storage::v1::Thread& thread) {
  return {.state = static_cast<CorrespondenceState>(thread.state()),
          .answer_class = thread.answer_class(),
          .sent_at = thread.sent_at(),
          .acknowledged_at = thread.acknowledged_at(),
          .paused_at = thread.paused_at(),
          .paused_seconds = thread.paused_seconds(),
          .answered_at = thread.answered_at()};
}

void set_correspondence(storage::v1::Thread& thread, const Correspondence& correspondence) {
  thread.set_state(static_cast<std::uint32_t>(correspondence.state));
  thread.set_answer_class(correspondence.answer_class);
  thread.set_sent_at(correspondence.sent_at);
  thread.set_acknowledged_at(correspondence.acknowledged_at);
  thread.set_paused_at(correspondence.paused_at);
  thread.set_paused_seconds(correspondence.paused_seconds);
  thread.set_answered_at(correspondence.answered_at);
}

NodeId peer_of(const storage::v1::Thread& thread) {
  return {to_array<32>(as_bytes(thread.peer())).value()};
}

Followed thread_after(const Desk& desk, const v1::Letter& letter) {
  const bool ours = is_ours(desk, letter);
  Followed out;
  if (letter.thread() == letter.id()) {
    out.thread = new_thread(desk, letter);
  } else {
    const auto known = desk.letters.thread(thread_of(letter));
    if (!known || known->peer() != (ours ? letter.to() : letter.from()) ||
        known->community() != letter.community())
      return {{}, Misfit::no_correspondence};
    out.thread = *known;
  }
  if (!fits_what_it_answers(desk, letter)) return {out.thread, Misfit::wrong_answer};
  const auto step = step_of(letter);
  if (!step || out.thread.side() == 0) return out;
  const bool we_make_it = maker_of(*step) == static_cast<Side>(out.thread.side());
  if (we_make_it != ours) return {out.thread, Misfit::not_its_turn};
  const Correspondence before = correspondence_of(out.thread);
  const auto after = ours ? advance(before, *step, desk.now()) : take_in(before, *step, desk.now());
  if (!after) return {out.thread, Misfit::wrong_state};
  set_correspondence(out.thread, *after);
  return out;
}

}  // namespace bakhita::desk
