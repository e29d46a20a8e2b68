// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "tests/simulation/points.h"
#include "tests/simulation/scenario.h"

namespace bakhita::simulation {

/// What is to happen, in order of time, and of being planned within the same microsecond.
class Events {
 public:
  Micros now() const { return now_; }
  void at(Micros time, std::function<void()> action) {
    heap_.push_back({std::max(time, now_), next_++, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end());
  }
  void after(Micros wait, std::function<void()> action) { at(now_ + wait, std::move(action)); }
  /// Lets time run to `end`. What is planned for later stays.
  void run_until(Micros end) {
    while (!heap_.empty() && heap_.front().time <= end) {
      std::pop_heap(heap_.begin(), heap_.end());
      Event event = std::move(heap_.back());
      heap_.pop_back();
      at_once_ = event.time == now_ ? at_once_ + 1 : 0;
      always(at_once_ < at_once_max,
             "the same instant never ends: something is done over and over");
      now_ = event.time;
      ++done_;
      event.action();
    }
    now_ = end;
  }
  std::uint64_t done() const { return done_; }

 private:
  struct Event {
    Micros time;
    std::uint64_t sequence;
    std::function<void()> action;
    bool operator<(const Event& other) const {
      return time != other.time ? time > other.time : sequence > other.sequence;
    }
  };
  std::vector<Event> heap_;
  Micros now_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t done_ = 0;
  static constexpr std::uint64_t at_once_max = 200'000;
  std::uint64_t at_once_ = 0;  ///< events of this very microsecond
};

}  // namespace bakhita::simulation
