// SPDX-License-Identifier: EUPL-1.2
#include "node/peers/network.h"

#include <algorithm>
#include <random>

namespace bakhita::peers {
namespace {

/// One in use, one that may replace it.
constexpr std::size_t links_per_peer_max = 2;

std::function<void(std::exception_ptr)> tell(const Options& options) {
  return [&options](std::exception_ptr error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& failure) {
      if (options.on_failure) options.on_failure(failure);
    }
  };
}

std::function<double()> fresh_jitter() {
  auto engine = std::make_shared<std::mt19937>(std::random_device()());
  return [engine] { return std::uniform_real_distribution<double>(0, 1)(*engine); };
}

}  // namespace

Network::Network(Host& host, const keys::SecretBytes& tls_seed, const Options& options,
                 asio::io_context& context, asio::thread_pool& pool)
    : host_(host),
      options_(options),
      context_(context),
      reports_(asio::make_strand(pool)),
      tasks_(context.get_executor(), tell(options)),
      around_{host,
              options,
              {context.get_executor(), pool, tasks_,
               [&options](const std::exception& failure) {
                 if (options.on_failure) options.on_failure(failure);
               }},
              [this](Link& link) { return admit(link); },
              [this](Link& link) { on_opened(link); },
              [this](const NodeId& node, PeerEvent event) { report(node, std::move(event)); },
              [this](Link& link) { on_ended(link); }},
      caller_(TlsContext::Side::caller, tls_seed,
              [&host](const Hash& pin) { return host.peer_by_pin(pin).has_value(); }),
      listener_(TlsContext::Side::listener, tls_seed,
                [&host](const Hash& pin) { return host.peer_by_pin(pin).has_value(); }),
      changed_(context.get_executor()),
      jitter_(options.jitter ? options.jitter : fresh_jitter()) {}

void Network::start() {
  for (Tcp::acceptor& acceptor : acceptors_) tasks_.spawn(accept(acceptor));
  tasks_.spawn(keep_fresh());
}

void Network::stop(std::function<void()> idle) {
  stopping_ = true;
  boost::system::error_code ignored;
  for (Tcp::acceptor& acceptor : acceptors_) acceptor.close(ignored);
  const auto links = links_;  // closing changes the original
  for (const auto& [key, link] : links) link->close(session::Ending::stopped);
  hurry();
  changed_.notify();
  tasks_.when_idle(std::move(idle));
}

void Network::announce() {
  for (const auto& [key, link] : links_) link->announce();
}

void Network::wake_fetching() {
  for (const auto& [key, link] : links_) link->wake_fetching();
}

void Network::wake_lookups() {
  for (const auto& [key, link] : links_) link->wake_lookups();
}

void Network::wake_letters() {
  for (const auto& [key, link] : links_) link->wake_letters();
}

void Network::greet_again(const std::vector<NodeId>& nodes) {
  const auto links = links_;  // closing changes the original
  for (const auto& [key, link] : links)
    if (link->open() && std::ranges::find(nodes, link->peer()->node) != nodes.end())
      link->close(session::Ending::replaced);
}

asio::awaitable<void> Network::keep_fresh() {
  while (!stopping_) {
    refresh();
    co_await pause(options_.refresh);
  }
}

void Network::hurry() {
  for (const auto& timer : pauses_) timer->cancel();
}

void Network::refresh() {
  const auto links = links_;
  for (const auto& [key, link] : links) {
    const auto& peer = link->peer();
    if (!peer) continue;
    const auto known = host_.peer_by_pin(peer->tls_pin);
    if (!known || (known->node != peer->node && !peers_.contains(peer->node)))
      link->close(session::Ending::stopped);
  }
  run_blocking(
      around_.workers, [&host = host_] { return host.peers_to_dial(); },
      [this](std::optional<std::vector<KnownPeer>> peers) {
        if (peers && !stopping_) learn_peers(std::move(*peers));
      });
}

void Network::learn_peers(std::vector<KnownPeer> peers) {
  peers_.clear();
  for (KnownPeer& peer : peers) {
    const NodeId node = peer.node;
    if (node == host_.self()) continue;
    peers_.insert_or_assign(node, std::move(peer));
    if (dialing_.insert(node).second) tasks_.spawn(keep_connected(node));
  }
}

std::vector<Connection> Network::connections() const {
  std::vector<Connection> connections;
  for (const auto& [key, link] : links_)
    if (link->open()) connections.push_back(link->describe());
  std::ranges::sort(connections, {}, &Connection::node);
  return connections;
}

bool Network::admit(Link& link) {
  return !stopping_ && links_of(link.peer()->node) <= links_per_peer_max;
}

/// One open link for each peer. When both dialed at the same time, both keep the one that the
/// smaller node id began; an older one is replaced by a newer, as its peer would not dial if it
/// still had it.
void Network::on_opened(Link& link) {
  const NodeId node = link.peer()->node;
  const NodeId self = host_.self();
  Link* loser = nullptr;
  for (const auto& [key, other] : links_) {
    if (key == &link || !other->open() || other->peer()->node != node) continue;
    const bool together = SteadyClock::now() - other->opened_at() < options_.handshake_time_max;
    const bool other_is_preferred = other->dialed() == (self < node);
    const bool keeps_other = together && other->dialed() != link.dialed() && other_is_preferred;
    loser = keeps_other ? &link : key;
  }
  if (loser != nullptr) loser->close(session::Ending::replaced);
  if (loser != &link) report(node, {PeerEvent::Kind::connected, {}, std::nullopt});
  changed_.notify();
}

void Network::on_ended(Link& link) {
  const NodeId node = link.peer() ? link.peer()->node : NodeId{};
  if (!stopping_ || link.peer()) report(node, link.end_event());
  std::erase_if(strangers_, [&](const Stranger& one) { return one.link == &link; });
  links_.erase(&link);
  changed_.notify();
}

/// On a strand: events arrive in order of happening.
void Network::report(const NodeId& node, PeerEvent event) {
  asio::post(reports_, [&host = host_, &options = options_, node, event = std::move(event)] {
    try {
      host.report(node, event);
    } catch (const std::exception& error) {
      if (options.on_failure) options.on_failure(error);
    }
  });
}

Network::LinkPointer Network::open_link(const NodeId& node) const {
  for (const auto& [key, link] : links_)
    if (link->open() && link->peer()->node == node) return link;
  return nullptr;
}

bool Network::has_link(const NodeId& node) const { return links_of(node) > 0; }

std::size_t Network::links_of(const NodeId& node) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      links_, [&](const auto& entry) { return entry.second->concerns(node); }));
}

}  // namespace bakhita::peers
