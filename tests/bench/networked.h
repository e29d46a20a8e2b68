// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>

#include "node/peers/service.h"
#include "tests/support/federation.h"

/// Nodes of a test federation on the real network, for benchmarks.
namespace bakhita::bench {

using testing_support::Federation;
using testing_support::TestNode;

/// Random locks, as many as asked, in signed batches.
inline void fill(TestNode& origin, std::uint64_t count) {
  const auto community = origin.desk->members.communities().at(0);
  const Scope scope = desk::scope_of(community, origin.id(), 1);
  const std::uint32_t period = period_of(origin.now);
  while (count > 0) {
    std::vector<Record> records;
    for (; count > 0 && records.size() < 50'000; --count)
      records.push_back(make_dummy(scope, period, origin.desk->random.bytes<208>(),
                                   static_cast<std::uint32_t>(origin.now / 3'600),
                                   static_cast<std::uint32_t>(origin.now / 86'400 + 300)));
    origin.desk->feeds.append(
        origin.feed(), records, keys::ed25519_public(origin.keystore->get(keys::name::log)),
        [&](ByteView text) { return origin.sign(keys::name::log, text); }, {});
  }
}

/// The real network around a node, on a free port of loopback.
class Networked {
 public:
  explicit Networked(TestNode& node) {
    peers::Options options;
    options.listen = {"localhost:0"};
    options.on_failure = [](const std::exception& failure) {
      std::fprintf(stderr, "%s\n", failure.what());
      std::_Exit(1);
    };
    service_ =
        std::make_unique<peers::Service>(*node.host, node.keystore->get(keys::name::tls), options);
    service_->start();
  }
  std::string address() const { return service_->listening().at(0); }
  peers::Service& service() { return *service_; }

 private:
  std::unique_ptr<peers::Service> service_;
};

inline void set_address(TestNode& at, const TestNode& of, const std::string& address) {
  store::Peer peer = *at.desk->members.peer(of.id());
  peer.card.clear_addresses();
  if (!address.empty()) peer.card.add_addresses(address);
  at.desk->members.put(peer, at.desk->entry("bench", "peer.add"));
}

/// Ends the benchmark when it is not so within half an hour.
inline void wait_until(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(30);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) {
      std::fprintf(stderr, "the nodes did not get there within half an hour\n");
      std::_Exit(1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace bakhita::bench
