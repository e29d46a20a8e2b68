// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <deque>
#include <map>

#include "protocol/session/effects.h"
#include "protocol/session/settings.h"

namespace bakhita::session {

/// The receiving half of sync: compares what the peer holds, asks for one range at a time, and
/// hands the records to the host in the order in which they came.
///
///   Clock → heads_ --CompareClock--> wants_ --Want--> current_ --Data--> waiting_ --AcceptData-->
///   done
///
/// Heads of a feed that is being fetched wait in heads_ until its records are accepted, so a
/// comparison never sees a half-fetched feed. Comparison, Want and acceptance overlap; each is
/// alone of its kind.
class Fetching {
 public:
  explicit Fetching(const Settings& settings) : settings_(settings) {}

  Result<void> on_clock(v1::Clock clock, Time now, Outbox& outbox);
  Result<void> on_data(v1::Data data, Time now, Outbox& outbox);
  /// The peer cannot serve our Want now.
  Result<void> on_busy(std::uint32_t retry_after, Time now);

  /// The host is asked which of the feeds that the peer announced before to fetch from it.
  void wake(Outbox& outbox);

  /// Wants of at most limits::clock_heads_max feeds.
  void compared(std::vector<v1::Want> wants, Time now, Outbox& outbox);
  void accepted(std::optional<v1::Want> next, Time now, Outbox& outbox);
  void tick(Time now, Outbox& outbox);

  /// Too many Data wait for the host: read no more.
  bool full() const { return waiting_.size() >= settings_.data_waiting_max; }
  /// When the peer must have sent the next Data; Time::max() when none is due.
  Time deadline() const;
  /// Input was stopped by us until now: the peer is not to blame.
  void resumed(Time now) { progress_ = now; }
  /// When tick() has something to do.
  Time wake_at() const { return blocked_until_; }

 private:
  void advance(Time now, Outbox& outbox);
  void compare(Outbox& outbox);
  void ask(Time now, Outbox& outbox);
  void accept(Outbox& outbox);
  bool busy_with(const FeedId& feed) const;

  Settings settings_;
  std::map<FeedId, v1::FeedHead> heads_;  ///< to be compared
  v1::Clock statements_;                  ///< that came before them; no heads
  bool wake_ = false;                     ///< to be asked even without news
  bool compares_ = false;                 ///< a CompareClock is outstanding, about comparing_
  std::map<FeedId, v1::FeedHead> comparing_;
  std::deque<v1::Want> wants_;
  std::optional<v1::Want> current_;  ///< `from` moves with the Data that came
  std::deque<v1::Data> waiting_;
  std::optional<FeedId> accepting_;
  Time progress_{0};
  Time blocked_until_ = Time::max();  ///< Time::max(): not blocked
};

}  // namespace bakhita::session
