// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace bakhita::peers {

namespace asio = boost::asio;
using SteadyClock = asio::steady_timer::clock_type;

/// Wakes the coroutines that wait for it. All on one thread: check the condition, then wait;
/// nothing can come between.
class Event {
 public:
  explicit Event(const asio::any_io_executor& executor)
      : timer_(executor, SteadyClock::time_point::max()) {}

  void notify() { timer_.cancel(); }

  asio::awaitable<void> wait() {
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

 private:
  asio::steady_timer timer_;
};

/// Wakes one coroutine at a time, or earlier.
class Alarm {
 public:
  explicit Alarm(const asio::any_io_executor& executor) : timer_(executor) {}

  /// Has an effect only while the coroutine waits.
  void notify() { timer_.cancel(); }

  asio::awaitable<void> wait_until(SteadyClock::time_point time) {
    boost::system::error_code ignored;
    timer_.expires_at(time);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

 private:
  asio::steady_timer timer_;
};

}  // namespace bakhita::peers
