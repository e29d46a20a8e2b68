// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <functional>

namespace bakhita::peers {

namespace asio = boost::asio;

/// Counts what is going on, so that stopping can wait for it: nothing is detached. All on one
/// thread.
class TaskGroup {
 public:
  /// `failed` gets an exception that left a task: a mistake of ours.
  TaskGroup(asio::any_io_executor executor, std::function<void(std::exception_ptr)> failed)
      : executor_(std::move(executor)), failed_(std::move(failed)) {}

  void spawn(asio::awaitable<void> task) {
    begin();
    asio::co_spawn(executor_, std::move(task), [this](std::exception_ptr error) {
      if (error) failed_(error);
      end();
    });
  }

  /// Calls end() when it goes.
  class Ending {
   public:
    explicit Ending(TaskGroup& tasks) : tasks_(tasks) {}
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() { tasks_.end(); }

   private:
    TaskGroup& tasks_;
  };

  void begin() { ++running_; }
  void end() {
    if (--running_ == 0 && idle_) idle_();
  }
  /// Calls `idle` whenever nothing runs, and now if that is so.
  void when_idle(std::function<void()> idle) {
    idle_ = std::move(idle);
    if (running_ == 0) idle_();
  }

 private:
  asio::any_io_executor executor_;
  std::function<void(std::exception_ptr)> failed_;
  std::function<void()> idle_;
  std::size_t running_ = 0;
};

}  // namespace bakhita::peers
