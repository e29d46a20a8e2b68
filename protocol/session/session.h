// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/session/effects.h"
#include "protocol/session/fetching.h"
#include "protocol/session/governing.h"
#include "protocol/session/hello.h"
#include "protocol/session/letters.h"
#include "protocol/session/lookups.h"
#include "protocol/session/serving.h"
#include "protocol/session/settings.h"
#include "protocol/session/token_bucket.h"

namespace bakhita::session {

/// One conversation with one peer. Pure: bytes, answers of the host and the time go in; bytes and
/// effects come out. The same inputs give the same outputs.
///
///   idle --(start)--> opening --(peer's Hello verified)--> open --(any Ending)--> closed
///                        \-----(wrong Hello, hello_time_max)-----------------------^
///
/// In `open` run seven conversations that know nothing of each other: Fetching and Serving (sync),
/// Asking and Answering (lookups), Carrying and Taking (letters), Governing (charters). Nothing
/// before the peer's Hello is looked at, nothing after closed.
///
/// Use:  start(hello);  then, whenever something happened, call the input for it, perform
/// take_effects(),
///       and serve three needs: read while wants_input(), write while has_output(), tick() at
///       wake_at().
///
/// Back-pressure: Data are read ahead only up to Settings::unsent_size_max, input stops while
/// Settings::data_waiting_max frames wait for the host or a token bucket is in debt.
class Session {
 public:
  Session(const Ends& ends, const Settings& settings, SignatureCheck check = verify_ed25519);

  // Inputs. `now` never goes back.
  void start(const v1::Hello& hello, Time now);
  void receive(ByteView bytes, Time now);
  void output_written(Time now);
  void announce(Time now);
  void wake_lookups(Time now);
  void wake_letters(Time now);
  /// What the peer announced may be worth fetching now: the host is asked again.
  void wake_fetching(Time now);
  void tick(Time now);
  void close(Ending ending, Time now);

  // Answers of the host to jobs; ignored when closed.
  /// `statements` is a Clock without heads: what the peer should know before them.
  void heads_listed(std::vector<v1::FeedHead> heads, Time now, v1::Clock statements = {});
  void clock_compared(Result<std::vector<v1::Want>> wants, Time now);
  void range_read(Result<v1::Data> data, Time now);
  void data_accepted(Result<std::optional<v1::Want>> next, Time now);
  void lookup_answered(v1::Frame answer, Time now);
  void lookup_chosen(std::optional<v1::Evaluate> lookup, Time now);
  void lookup_closed(Time now);
  void letter_chosen(std::optional<Bytes> sealed, Time now);
  void letter_closed(Time now);
  void letter_taken(Result<void> done, Time now);
  /// `share`: some community still has both as members; else the session ends when all is told.
  void charters_listed(std::vector<CharterNews> news, bool share, Time now);
  void charter_learned(Time now);

  // Needs.
  std::vector<Effect> take_effects() { return std::exchange(outbox_.effects, {}); }
  bool wants_input(Time now);
  bool has_output() const { return !outbox_.output.empty(); }
  Bytes take_output() { return outbox_.output.take(); }
  Time wake_at(Time now);

  bool open() const { return stage_ == Stage::open; }
  bool closed() const { return stage_ == Stage::closed; }
  /// Pings answered by the peer so far.
  std::uint64_t round_trips() const { return pings_answered_; }
  /// Sends a ping unless one is on its way.
  void ping();

 private:
  enum class Stage : std::uint8_t { idle, opening, open, closed };

  void read_frames(Time now);
  Result<void> on_frame(v1::Frame frame, std::size_t size, Time now);
  Result<void> on_hello(const v1::Hello& hello, Time now);
  Result<void> on_open_frame(v1::Frame frame, Time now);
  Result<void> on_error(const v1::ProtocolError& error, Time now);
  Result<void> on_busy(const v1::Busy& busy, Time now);
  Result<void> on_pong(const v1::Pong& pong);
  void meter(const v1::Frame& frame, std::size_t size, Time now);
  Time meter_ready_at(Time now);
  Time silence_deadline() const;
  Time next_ping_at() const;
  /// Ends the session for a fault of the peer's, and tells it.
  void accuse(Error error);
  void end(Ending ending, std::optional<Error> error);
  bool alive() const { return stage_ == Stage::opening || stage_ == Stage::open; }
  /// After every input: our own failures, deadlines that moved.
  void settle(Time now);

  Ends ends_;
  Settings settings_;
  SignatureCheck check_;
  Stage stage_ = Stage::idle;
  FrameInput input_;
  Outbox outbox_;
  Fetching fetching_;
  Serving serving_;
  Asking asking_;
  Answering answering_;
  Carrying carrying_;
  Taking taking_;
  Governing governing_;
  TokenBucket frames_;
  TokenBucket bytes_;
  TokenBucket checks_;
  Time started_{0};
  Time heard_{0};        ///< last input, or end of a pause of ours
  Time written_{0};      ///< last progress of output
  Time frame_begun_{0};  ///< first byte of the frame that is not whole yet
  bool output_idle_ = true;
  bool paused_ = false;  ///< input is stopped by us
  std::uint64_t pings_sent_ = 0;
  std::uint64_t pings_answered_ = 0;
};

}  // namespace bakhita::session
