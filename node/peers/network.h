// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <list>
#include <map>
#include <set>

#include "node/peers/backoff.h"
#include "node/peers/link.h"

namespace bakhita::peers {

/// All links: accepts, dials, and keeps one open link for each peer. Network thread only, but for
/// the constructor and listen().
class Network {
 public:
  Network(Host& host, const keys::SecretBytes& tls_seed, const Options& options,
          asio::io_context& context, asio::thread_pool& pool);

  /// Throws std::runtime_error naming the address that cannot be listened on.
  void listen();
  std::vector<std::string> listening() const { return listening_; }
  void start();
  /// Closes everything; `idle` is called when nothing is left.
  void stop(std::function<void()> idle);

  void announce();
  void wake_fetching();
  void wake_lookups();
  void wake_letters();
  /// Closes the links with these nodes; both sides dial again.
  void greet_again(const std::vector<NodeId>& nodes);
  /// Ends all pauses: reads the list of peers again, closes links whose peer is no longer trusted,
  /// dials.
  void hurry();
  std::vector<Connection> connections() const;
  asio::awaitable<std::vector<TestStep>> test(NodeId node);
  /// Runs a task that stop() waits for.
  void spawn(asio::awaitable<void> task) { tasks_.spawn(std::move(task)); }

 private:
  using Tcp = asio::ip::tcp;
  using LinkPointer = std::shared_ptr<Link>;

  /// A caller whose certificate was not known when it was last looked at.
  struct Stranger {
    Link* link;
    asio::ip::address address;
  };

  // listener.cpp
  asio::awaitable<void> accept(Tcp::acceptor& acceptor);
  void make_room_for(const asio::ip::address& address);
  // dialer.cpp
  asio::awaitable<void> keep_connected(NodeId node);
  asio::awaitable<std::vector<Tcp::endpoint>> resolve(std::vector<std::string> addresses);
  asio::awaitable<void> dial_once(NodeId node);
  LinkPointer start_dialing(const KnownPeer& peer, std::vector<Tcp::endpoint> endpoints);
  /// Until then, hurry() or stop().
  asio::awaitable<void> pause(session::Time time);
  // network.cpp
  asio::awaitable<void> keep_fresh();
  void refresh();
  void learn_peers(std::vector<KnownPeer> peers);
  bool admit(Link& link);
  void on_opened(Link& link);
  void on_ended(Link& link);
  void report(const NodeId& node, PeerEvent event);
  LinkPointer open_link(const NodeId& node) const;
  bool has_link(const NodeId& node) const;
  std::size_t links_of(const NodeId& node) const;

  Host& host_;
  const Options& options_;
  asio::io_context& context_;
  asio::strand<asio::thread_pool::executor_type> reports_;
  TaskGroup tasks_;
  Surroundings around_;
  TlsContext caller_;
  TlsContext listener_;
  std::list<Tcp::acceptor> acceptors_;
  std::vector<std::string> listening_;
  std::map<NodeId, KnownPeer> peers_;
  std::set<NodeId> dialing_;  ///< a keep_connected() runs
  std::map<Link*, LinkPointer> links_;
  std::list<Stranger> strangers_;  ///< oldest first
  Event changed_;                  ///< links, peers, or stopping
  std::set<std::shared_ptr<asio::steady_timer>> pauses_;
  std::function<double()> jitter_;
  bool stopping_ = false;
};

}  // namespace bakhita::peers
