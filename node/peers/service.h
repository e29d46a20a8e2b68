// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "keys/secret_bytes.h"
#include "node/capture/writer.h"
#include "node/peers/host.h"
#include "protocol/session/settings.h"

/// Sessions with the other nodes: listens, dials, and keeps one session for each peer.
namespace bakhita::peers {

struct Options {
  /// host:port; port 0 takes a free one.
  std::vector<std::string> listen;
  /// Sockets held at once. At the limit nothing is accepted; existing sessions live on.
  std::size_t connections_max = 512;
  /// Callers whose certificate is not known yet, in all and of one address. One more takes the
  /// place of the oldest, so that silent ones keep nobody out.
  std::size_t strangers_max = 64;
  std::size_t strangers_of_address_max = 8;
  /// Threads for calls of the Host that may block.
  std::size_t host_threads = 4;
  session::Settings session;
  /// TCP, TLS and Hello together.
  session::Time handshake_time_max = limits::handshake_time_max;
  /// Wait before the second dial; doubles up to the longest; each is cut by up to a half by
  /// `jitter`.
  session::Time redial_min = std::chrono::seconds{1};
  session::Time redial_max = std::chrono::minutes{5};
  /// How often the list of peers is read again.
  session::Time refresh = std::chrono::seconds{5};
  /// In [0, 1). Empty: fresh randomness.
  std::function<double()> jitter;
  /// An exception of the host's, or a mistake of ours: the node must stop. Called on a thread of
  /// the pool, or on the network's.
  std::function<void(const std::exception& failure)> on_failure;
  /// Takes every frame; none when empty. Outlives the service.
  capture::Writer* capture = nullptr;
  /// For Hello.software.
  std::string software = "bakhita";
};

/// For `status`.
struct Connection {
  NodeId node;
  std::string address;
  bool dialed = false;               ///< by us
  std::uint64_t since = 0;           ///< Unix seconds
  std::uint64_t bytes_received = 0;  ///< frames, before TLS
  std::uint64_t bytes_sent = 0;
};

/// One step of `peer test`. Steps: resolve, tcp, tls, pin, hello, round trip.
struct TestStep {
  std::string name;
  bool passed = false;
  std::string detail;
  std::uint64_t milliseconds = 0;
};

/// Thread-safe. The Host outlives it.
class Service {
 public:
  /// `tls_seed`: 32-byte Ed25519 seed, copied into the certificate's key.
  Service(Host& host, const keys::SecretBytes& tls_seed, Options options);
  /// Stops.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Listens and dials. Throws std::runtime_error with the address when it cannot listen.
  void start();
  /// Closes all sessions and waits for them and for the Host calls in progress.
  void stop();
  /// host:port with the actual ports.
  std::vector<std::string> listening() const;

  /// Our heads changed: each session sends what its peer has not seen.
  void announce();
  /// Feeds that peers announced may have to be fetched from others than before.
  void wake_fetching();
  /// There may be new lookups.
  void wake_lookups();
  /// There may be new letters.
  void wake_letters();
  /// Our Hello to these would say more than when their sessions began: they begin anew.
  void greet_again(std::vector<NodeId> nodes);
  /// Peers were added, suspended or removed: dials, or closes sessions without trust.
  void peers_changed();

  std::vector<Connection> connections() const;
  /// Blocks for at most the handshake limit. The steps end with the first that failed.
  std::vector<TestStep> test_peer(const NodeId& node);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bakhita::peers
