// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "bakhita/v1/frame.pb.h"
#include "protocol/bytes.h"
#include "protocol/error.h"
#include "protocol/session/frame.h"

/// What a session wants done. Jobs may take long; each is answered by the input that its comment
/// names, and at most one of a kind is outstanding.
namespace bakhita::session {

/// Why a session ended.
enum class Ending : std::uint8_t {
  lost,             ///< the stream ended or broke
  stopped,          ///< by us
  replaced,         ///< by another session with the same peer
  silent,           ///< the peer said or did nothing for too long
  misbehaved,       ///< the peer broke the protocol
  refused_by_peer,  ///< the peer said so
  failed,           ///< our own host failed
  parted            ///< no community has both nodes as members any more
};

/// A sentence for people.
std::string_view describe(Ending ending);

/// The peer's Hello is verified.
struct Opened {
  v1::Hello hello;
};
/// → heads_listed
struct ListHeads {};
/// → clock_compared
struct CompareClock {
  v1::Clock clock;
};
/// → range_read
struct ReadRange {
  v1::Want want;
};
/// → data_accepted. Consecutive frames of one feed.
struct AcceptData {
  std::vector<v1::Data> data;
};
/// → lookup_answered
struct AnswerLookup {
  v1::Evaluate request;
};
/// → lookup_chosen
struct ChooseLookup {};
/// → lookup_closed. `answer` is Evaluated, or the reason for none.
struct CloseLookup {
  Bytes request_id;
  std::optional<v1::Evaluated> answer;
  std::uint32_t retry_after = 0;
  std::optional<Error> error;
};
/// → letter_chosen
struct ChooseLetter {};
/// → letter_closed. Delivered: durable at the peer. Else `retry_after` seconds, 0: the peer will
/// never take it, and `error` says why.
struct CloseLetter {
  Bytes id;  ///< receipt_of the sealed letter
  bool delivered = false;
  std::uint32_t retry_after = 0;
  std::optional<Error> error;
};
/// → letter_taken
struct TakeLetter {
  Bytes sealed;
};
/// → charters_listed
struct ListCharters {};
/// → charter_learned
struct LearnCharter {
  Bytes package;
};
/// Two valid checkpoints of one size with different roots; the host holds both.
struct SplitViewSeen {};
/// Last effect but for CloseLookup, which may follow when a job of the host ends: write what is
/// unsent, then close the stream.
struct Closed {
  Ending ending = Ending::lost;
  std::optional<Error> error;
};

/// A charter package to be told, once in a session for each key.
struct CharterNews {
  Bytes key;
  Bytes package;
};

using Effect = std::variant<Opened, ListHeads, CompareClock, ReadRange, AcceptData, AnswerLookup,
                            ChooseLookup, CloseLookup, ChooseLetter, CloseLetter, TakeLetter,
                            ListCharters, LearnCharter, SplitViewSeen, Closed>;

/// Where the parts of a session leave their frames and effects.
struct Outbox {
  FrameOutput output;
  std::vector<Effect> effects;
  /// A frame over the limit was ours: the session must end.
  bool failed = false;

  void send(const v1::Frame& frame) {
    if (!output.push(frame)) failed = true;
  }
};

}  // namespace bakhita::session
