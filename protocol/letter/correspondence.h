// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bakhita/v1/letter.pb.h"
#include "protocol/error.h"

/// The life of one request for information, the same on both sides: states and clocks of
/// vocabulary 4.3 (Directive (EU) 2023/977; Egmont practice). Pure.
namespace bakhita {

enum class CorrespondenceState : std::uint8_t {
  draft = 1,     ///< written, not approved
  approved,      ///< a second person agreed, or none was needed
  sent,          ///< signed and on its way
  acknowledged,  ///< the asked desk has it: its clock runs
  clarifying,    ///< the asked desk waits for an answer of the asking one: the clock stands still
  partial,       ///< some of the answer is there
  feedback_due,  ///< answered: the asking side owes feedback
  closed,        ///< feedback given
  refused,       ///< with a ground
  expired,       ///< no answer came in time
  cancelled      ///< the asking side needs it no more
};

/// A stable name for scripts.
std::string_view name_of(CorrespondenceState state);
/// Every name, in the order of the states.
std::vector<std::string> correspondence_state_names();
bool is_final(CorrespondenceState state);

enum class Side : std::uint8_t { asking = 1, asked };

/// What moves a correspondence. Each but `approved` and `sent` is a letter.
enum class Step : std::uint8_t {
  approved,
  sent,
  acknowledged,
  clarification_requested,
  clarified,
  partial_reply,
  replied,
  refused,
  feedback_given,
  cancelled
};

/// The step that a letter of a request's thread makes; Error::unexpected for kinds that make none
/// (consent, chunks).
Result<Step> step_of(const v1::Letter& letter);
/// Which side makes it.
Side maker_of(Step step);

/// Seconds in which an answer of a class is due, from the acknowledgement on.
std::uint64_t answer_time(v1::AnswerClass answer_class);
/// Seconds after which feedback is overdue.
inline constexpr std::uint64_t feedback_time = 30ull * 86'400;
/// Seconds for a consent; then silence is a no.
inline constexpr std::uint64_t consent_time = 14ull * 86'400;
/// An unanswered request expires so many seconds after it was due.
inline constexpr std::uint64_t expiry_time = 30ull * 86'400;

/// Times are Unix seconds; 0: did not happen.
struct Correspondence {
  CorrespondenceState state = CorrespondenceState::draft;
  v1::AnswerClass answer_class = v1::ANSWER_CLASS_ORDINARY;
  std::uint64_t sent_at = 0;
  std::uint64_t acknowledged_at = 0;
  std::uint64_t paused_at = 0;       ///< since when the clock stands still
  std::uint64_t paused_seconds = 0;  ///< in earlier pauses
  std::uint64_t answered_at = 0;     ///< whole answer, refusal
  bool operator==(const Correspondence&) const = default;
};

/// The correspondence after a step. Error::unexpected: the state does not allow it; nothing
/// changes.
Result<Correspondence> advance(const Correspondence& before, Step step, std::uint64_t now);
/// The same for a letter that comes, which may have crossed one of ours. A cancellation stands:
/// what the asked side wrote before it knew is kept and moves nothing, and its answer gives way. So
/// both sides end alike.
Result<Correspondence> take_in(const Correspondence& before, Step step, std::uint64_t now);
/// Expires what nobody answered; else unchanged.
Correspondence at_time(const Correspondence& before, std::uint64_t now);

/// What is due next and by whom; `due` 0: nothing.
struct Deadline {
  std::uint64_t due = 0;
  Side by = Side::asked;
  bool overdue = false;
};
Deadline deadline_of(const Correspondence& correspondence, std::uint64_t now);

}  // namespace bakhita
