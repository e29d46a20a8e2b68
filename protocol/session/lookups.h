// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/session/effects.h"
#include "protocol/session/settings.h"
#include "protocol/session/token_bucket.h"

namespace bakhita::session {

/// Our lookups at the peer: one outstanding.
///
///   idle → choosing (ChooseLookup) → asked (Evaluate sent) → closing (CloseLookup) → choosing …
class Asking {
 public:
  explicit Asking(const Settings& settings) : settings_(settings) {}

  void wake(Outbox& outbox);
  Result<void> on_evaluated(v1::Evaluated answer, Outbox& outbox);
  /// The peer's Busy or ProtocolError with a request id.
  Result<void> on_refusal(ByteView request_id, std::uint32_t retry_after,
                          std::optional<Error> error, Time now, Outbox& outbox);

  void chosen(std::optional<v1::Evaluate> lookup, Time now, Outbox& outbox);
  void closed(Outbox& outbox);
  void tick(Time now, Outbox& outbox);
  /// Tells the host that an outstanding lookup will get no answer.
  void abandon(Outbox& outbox);

  /// When the peer must have answered; Time::max() when nothing is asked.
  Time deadline() const { return stage_ == Stage::asked ? deadline_ : Time::max(); }
  void resumed(Time now) { deadline_ = now + settings_.answer_time_max; }
  Time wake_at() const { return wake_at_; }

 private:
  enum class Stage : std::uint8_t { idle, choosing, asked, closing };
  bool is_outstanding(ByteView request_id) const;
  void choose(Outbox& outbox);

  Settings settings_;
  Stage stage_ = Stage::idle;
  bool woken_ = false;
  Bytes request_id_;
  std::size_t elements_size_ = 0;
  Time deadline_ = Time::max();
  Time wake_at_ = Time::max();
  Time retry_at_{0};
};

/// The peer's lookups here: one outstanding.
class Answering {
 public:
  explicit Answering(const Settings& settings) : bucket_(settings.lookups) {}

  Result<void> on_evaluate(v1::Evaluate request, Time now, Outbox& outbox);
  /// `answer` is a frame whose body is Evaluated, Busy or ProtocolError.
  void answered(v1::Frame answer, Outbox& outbox);

 private:
  TokenBucket bucket_;
  std::optional<std::string> request_id_;
};

}  // namespace bakhita::session
