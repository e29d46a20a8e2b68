// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <optional>

#include "node/peers/async/task_group.h"

namespace bakhita::peers {

/// Where calls of the host run, and where their results come back.
struct Workers {
  asio::any_io_executor network;
  asio::thread_pool& pool;
  TaskGroup& tasks;
  /// An exception of a call; on a thread of the pool.
  std::function<void(const std::exception& failure)> failed;
};

/// Runs `work` on the pool, then `then(std::optional<its result>)` on the network thread: nothing
/// when work threw. Called on the network thread.
template <class Work, class Then>
void run_blocking(Workers& workers, Work work, Then then) {
  workers.tasks.begin();
  asio::post(workers.pool, [&workers, work = std::move(work), then = std::move(then)]() mutable {
    std::optional<decltype(work())> result;
    try {
      result.emplace(work());
    } catch (const std::exception& error) {
      workers.failed(error);
    }
    asio::post(workers.network,
               [&workers, result = std::move(result), then = std::move(then)]() mutable {
                 const TaskGroup::Ending ending(workers.tasks);  // also when `then` throws
                 then(std::move(result));
               });
  });
}

}  // namespace bakhita::peers
