// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/session/effects.h"
#include "protocol/session/settings.h"
#include "protocol/session/token_bucket.h"

namespace bakhita::session {

/// Our letters to the peer: one is on its way at a time, until its receipt says that it is durable
/// there.
///
///   idle → choosing (ChooseLetter) → sent (SealedLetter) → closing (CloseLetter) → choosing …
class Carrying {
 public:
  explicit Carrying(const Settings& settings) : settings_(settings) {}

  void wake(Outbox& outbox);
  Result<void> on_receipt(ByteView id, Outbox& outbox);
  /// The peer's Busy or ProtocolError that names the letter. `retry_after` 0: it will never take
  /// it.
  Result<void> on_refusal(ByteView id, std::uint32_t retry_after, std::optional<Error> error,
                          Time now, Outbox& outbox);
  bool is_outstanding(ByteView id) const;

  void chosen(std::optional<Bytes> sealed, Time now, Outbox& outbox);
  void closed(Outbox& outbox);
  void tick(Time now, Outbox& outbox);

  /// When the receipt must be here; Time::max() when none is due.
  Time deadline() const { return stage_ == Stage::sent ? deadline_ : Time::max(); }
  void resumed(Time now) { deadline_ = now + settings_.answer_time_max; }
  Time wake_at() const { return wake_at_; }

 private:
  enum class Stage : std::uint8_t { idle, choosing, sent, closing };
  void choose(Outbox& outbox);
  void close(CloseLetter close, Outbox& outbox);

  Settings settings_;
  Stage stage_ = Stage::idle;
  bool woken_ = false;
  Bytes id_;
  Time deadline_ = Time::max();
  Time wake_at_ = Time::max();
};

/// The peer's letters: one is taken at a time, and receipted when the host has it durably.
class Taking {
 public:
  explicit Taking(const Settings& settings) : bucket_(settings.letters) {}

  Result<void> on_letter(v1::SealedLetter letter, Time now, Outbox& outbox);
  /// Error::quota_exhausted: the peer shall come again; any other error: never.
  void taken(Result<void> done, Outbox& outbox);

 private:
  TokenBucket bucket_;
  std::optional<Bytes> id_;  ///< of the letter that the host has
};

}  // namespace bakhita::session
