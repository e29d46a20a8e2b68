// SPDX-License-Identifier: EUPL-1.2
#include "node/peers/service.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <thread>

#include "node/peers/network.h"

namespace bakhita::peers {

/// The network thread, the pool, and what runs on them.
struct Service::State {
  State(Host& host, const keys::SecretBytes& tls_seed, Options given)
      : options(std::move(given)),
        pool(options.host_threads),
        network(host, tls_seed, options, context, pool) {}

  /// Goes on after an exception, until stop() has closed everything in order.
  void run() {
    for (;;) {
      try {
        context.run();
        return;
      } catch (const std::exception& error) {
        if (options.on_failure) options.on_failure(error);
      }
    }
  }

  /// Does nothing when the service does not run.
  template <class Work>
  void post(Work task) {
    if (running) asio::post(context, std::move(task));
  }

  Options options;
  asio::io_context context{1};
  asio::thread_pool pool;
  Network network;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::thread thread;
  std::atomic<bool> running = false;
};

Service::Service(Host& host, const keys::SecretBytes& tls_seed, Options options)
    : state_(std::make_unique<State>(host, tls_seed, std::move(options))) {}

Service::~Service() { stop(); }

void Service::start() {
  state_->network.listen();
  state_->work.emplace(state_->context.get_executor());
  state_->running = true;
  asio::post(state_->context, [state = state_.get()] { state->network.start(); });
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

void Service::stop() {
  if (!state_->running.exchange(false)) return;
  // Idleness may come more than once, from tasks that began before the flag fell.
  struct Idle {
    std::promise<void> promise;
    bool told = false;
  };
  const auto idle = std::make_shared<Idle>();
  asio::post(state_->context, [state = state_.get(), idle] {
    state->network.stop([idle] {
      if (!std::exchange(idle->told, true)) idle->promise.set_value();
    });
  });
  idle->promise.get_future().wait();
  state_->pool.join();
  state_->work.reset();
  state_->context.stop();
  state_->thread.join();
}

std::vector<std::string> Service::listening() const { return state_->network.listening(); }

void Service::announce() {
  state_->post([state = state_.get()] { state->network.announce(); });
}

void Service::wake_letters() {
  state_->post([state = state_.get()] { state->network.wake_letters(); });
}

void Service::wake_fetching() {
  state_->post([state = state_.get()] { state->network.wake_fetching(); });
}

void Service::wake_lookups() {
  state_->post([state = state_.get()] { state->network.wake_lookups(); });
}

void Service::peers_changed() {
  state_->post([state = state_.get()] { state->network.hurry(); });
}

void Service::greet_again(std::vector<NodeId> nodes) {
  state_->post(
      [state = state_.get(), nodes = std::move(nodes)] { state->network.greet_again(nodes); });
}

std::vector<Connection> Service::connections() const {
  if (!state_->running) return {};
  const auto found = std::make_shared<std::promise<std::vector<Connection>>>();
  auto future = found->get_future();
  asio::post(state_->context,
             [state = state_.get(), found] { found->set_value(state->network.connections()); });
  return future.get();
}

namespace {

asio::awaitable<void> run_test(Network& network, NodeId node,
                               std::shared_ptr<std::promise<std::vector<TestStep>>> found) {
  auto steps = co_await network.test(node);
  found->set_value(std::move(steps));
}

}  // namespace

std::vector<TestStep> Service::test_peer(const NodeId& node) {
  if (!state_->running) return {};
  const auto found = std::make_shared<std::promise<std::vector<TestStep>>>();
  auto future = found->get_future();
  asio::post(state_->context, [state = state_.get(), node, found] {
    state->network.spawn(run_test(state->network, node, found));
  });
  return future.get();
}

}  // namespace bakhita::peers
