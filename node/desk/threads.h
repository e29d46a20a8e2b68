// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>

#include "node/desk/desk.h"
#include "protocol/letter/correspondence.h"

/// The rows of correspondences, and what a letter, ours or the peer's, makes of one.
namespace bakhita::desk {

/// The row of a correspondence, as the rules see it; and the other way round.
Correspondence correspondence_of(const storage::v1::Thread& thread);
void set_correspondence(storage::v1::Thread& thread, const Correspondence& correspondence);

NodeId peer_of(const storage::v1::Thread& thread);

/// Why a letter cannot follow now.
enum class Misfit : std::uint8_t {
  none,
  no_correspondence,  ///< none of that id with that peer, in that community
  wrong_answer,       ///< what it answers is no letter that it could answer
  not_its_turn,       ///< in this correspondence the other side does that
  wrong_state
};
struct Followed {
  storage::v1::Thread thread;
  Misfit misfit = Misfit::none;
};
/// The correspondence after the letter, which may begin it. With a misfit, as it was.
Followed thread_after(const Desk& desk, const v1::Letter& letter);

}  // namespace bakhita::desk
