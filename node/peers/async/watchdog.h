// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

namespace bakhita::peers {

namespace asio = boost::asio;

/// Calls `expired` on the executor when a limit passes, unless it was stopped or destroyed before.
/// Operations are cut by closing what they work on: a cancelled TLS operation leaves a broken
/// stream.
class Watchdog {
 public:
  explicit Watchdog(const asio::any_io_executor& executor)
      : timer_(executor), life_(std::make_shared<int>()) {}

  void start(asio::steady_timer::duration limit, std::function<void()> expired) {
    timer_.expires_after(limit);
    timer_.async_wait([this, life = std::weak_ptr<int>(life_),
                       expired = std::move(expired)](boost::system::error_code error) {
      const bool due = !error && !life.expired() && timer_.expiry() <= now();
      if (due) expired();
    });
  }
  void stop() { timer_.expires_at(asio::steady_timer::time_point::max()); }

 private:
  static asio::steady_timer::time_point now() { return asio::steady_timer::clock_type::now(); }

  asio::steady_timer timer_;
  std::shared_ptr<int> life_;
};

}  // namespace bakhita::peers
