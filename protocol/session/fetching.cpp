// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/fetching.h"

#include <algorithm>

#include "protocol/limits.h"
#include "protocol/lookup/pause.h"
#include "protocol/session/shape.h"

namespace bakhita::session {
namespace {

std::size_t statement_count(const v1::Clock& clock) {
  return static_cast<std::size_t>(clock.cards_size()) +
         static_cast<std::size_t>(clock.acceptances_size()) +
         static_cast<std::size_t>(clock.split_views_size());
}

}  // namespace

Result<void> Fetching::on_clock(v1::Clock clock, Time now, Outbox& outbox) {
  for (v1::FeedHead& head : *clock.mutable_heads()) {
    const FeedId feed = feed_of(head);
    heads_[feed] = std::move(head);
  }
  // A peer that invents feeds faster than they are compared.
  if (heads_.size() > limits::clock_heads_max) return Error::too_large;
  clock.clear_heads();
  statements_.MergeFrom(clock);
  if (statement_count(statements_) > limits::statements_max) return Error::too_large;
  advance(now, outbox);
  return {};
}

Result<void> Fetching::on_data(v1::Data data, Time now, Outbox& outbox) {
  if (!current_ || feed_of(data) != feed_of(*current_)) return Error::unexpected;
  const bool in_place = data.has_start() ? current_->may_start() : data.from() == current_->from();
  const std::uint64_t records = records_in(data);
  if (!in_place || data.from() >= current_->to() || records > current_->to() - data.from())
    return Error::unexpected;
  current_->set_from(data.from() + records);
  current_->clear_may_start();
  if (current_->from() == current_->to()) current_.reset();
  waiting_.push_back(std::move(data));
  progress_ = now;
  advance(now, outbox);
  return {};
}

Result<void> Fetching::on_busy(std::uint32_t retry_after, Time now) {
  if (!current_) return Error::unexpected;
  wants_.push_front(std::move(*current_));
  current_.reset();
  blocked_until_ = now + std::chrono::seconds{std::clamp<std::uint32_t>(retry_after, 1, pause_max)};
  return {};
}

void Fetching::compared(std::vector<v1::Want> wants, Time now, Outbox& outbox) {
  std::map<FeedId, v1::Want> renewed;
  for (v1::Want& want : wants) {
    const FeedId feed = feed_of(want);
    if (want.from() >= want.to()) continue;
    if (busy_with(feed)) {
      // Its Want was sent while the comparison ran: `from` is stale. Compare again afterwards.
      const auto head = comparing_.find(feed);
      if (head != comparing_.end()) heads_.insert(*head);
      continue;
    }
    renewed.insert_or_assign(feed, std::move(want));
  }
  std::erase_if(wants_, [&](const v1::Want& old) { return renewed.contains(feed_of(old)); });
  for (auto& [feed, want] : renewed) wants_.push_back(std::move(want));
  comparing_.clear();
  compares_ = false;
  advance(now, outbox);
}

void Fetching::accepted(std::optional<v1::Want> next, Time now, Outbox& outbox) {
  accepting_.reset();
  if (next && next->from() < next->to() && !busy_with(feed_of(*next)))
    wants_.push_front(std::move(*next));
  advance(now, outbox);
}

void Fetching::tick(Time now, Outbox& outbox) {
  if (now < blocked_until_) return;
  blocked_until_ = Time::max();
  advance(now, outbox);
}

Time Fetching::deadline() const {
  return current_ ? progress_ + settings_.answer_time_max : Time::max();
}

void Fetching::advance(Time now, Outbox& outbox) {
  accept(outbox);
  compare(outbox);
  ask(now, outbox);
}

void Fetching::wake(Outbox& outbox) {
  wake_ = true;
  compare(outbox);
}

void Fetching::compare(Outbox& outbox) {
  if (compares_) return;
  CompareClock job{std::exchange(statements_, {})};
  for (auto head = heads_.begin(); head != heads_.end();) {
    if (busy_with(head->first)) {
      ++head;
      continue;
    }
    *job.clock.add_heads() = head->second;
    comparing_.insert(heads_.extract(head++));
  }
  const bool woken = std::exchange(wake_, false);
  if (comparing_.empty() && statement_count(job.clock) == 0 && !woken) return;
  compares_ = true;
  outbox.effects.emplace_back(std::move(job));
}

void Fetching::ask(Time now, Outbox& outbox) {
  if (current_ || wants_.empty() || blocked_until_ != Time::max()) return;
  current_ = std::move(wants_.front());
  wants_.pop_front();
  progress_ = now;
  v1::Frame frame;
  *frame.mutable_want() = *current_;
  outbox.send(frame);
}

void Fetching::accept(Outbox& outbox) {
  if (accepting_ || waiting_.empty()) return;
  AcceptData job;
  accepting_ = feed_of(waiting_.front());
  while (!waiting_.empty() && feed_of(waiting_.front()) == *accepting_) {
    job.data.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  outbox.effects.emplace_back(std::move(job));
}

bool Fetching::busy_with(const FeedId& feed) const {
  return (current_ && feed_of(*current_) == feed) || accepting_ == feed ||
         std::ranges::any_of(waiting_, [&](const v1::Data& data) { return feed_of(data) == feed; });
}

}  // namespace bakhita::session
