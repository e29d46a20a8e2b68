// SPDX-License-Identifier: EUPL-1.2
#include <boost/asio/redirect_error.hpp>

#include "node/peers/address.h"
#include "node/peers/network.h"

namespace bakhita::peers {
namespace {

/// A session that lasted this long was a good one: the next wait is short again.
constexpr std::chrono::seconds good_session{30};
/// Endpoints tried in one dial: a card with many addresses holds nobody up.
constexpr std::size_t endpoints_max = 8;

/// What a test looks at, and where to look when it ends there.
struct TestedStage {
  Link::Stage stage;
  const char* name;
  const char* mend;
};
constexpr TestedStage tested_stages[] = {
    {Link::Stage::tcp, "tcp",
     "does bakhitad run there, at an address of its card, and does the firewall let it through?"},
    {Link::Stage::tls, "tls", "is it bakhitad that answers there?"},
    {Link::Stage::pin, "pin",
     "its key is not the one in its card: take its newest card with `bakhita peer add`; if that is "
     "the newest, something else answers at this address"},
    {Link::Stage::hello, "hello",
     "has it this node's newest card (`bakhita card export`), verified it, and joined the "
     "community?"}};

/// Passed when there is no `problem`.
TestStep step(std::string name, std::string problem, SteadyClock::time_point start) {
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - start).count();
  const bool passed = problem.empty();
  return {std::move(name), passed, std::move(problem), static_cast<std::uint64_t>(took)};
}

std::string why_ended(const Link& link) {
  const std::string text = link.end_event().text;
  return text.empty() ? "timed out" : text;
}

}  // namespace

asio::awaitable<void> Network::pause(session::Time time) {
  const auto end = SteadyClock::now() + time;
  const auto timer = std::make_shared<asio::steady_timer>(context_, end);
  pauses_.insert(timer);
  boost::system::error_code ignored;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  pauses_.erase(timer);
}

/// Runs as long as the peer is in the list.
asio::awaitable<void> Network::keep_connected(NodeId node) {
  Backoff backoff(options_.redial_min, options_.redial_max, jitter_);
  while (!stopping_ && peers_.contains(node)) {
    if (!has_link(node)) {
      co_await dial_once(node);
    }
    auto opened = SteadyClock::time_point::max();
    while (has_link(node) && !stopping_) {
      const LinkPointer link = open_link(node);
      if (link) opened = link->opened_at();
      co_await changed_.wait();
    }
    if (stopping_) break;
    const bool lasted = opened < SteadyClock::now() - good_session;
    if (lasted) backoff.reset();
    co_await pause(backoff.next());
  }
  dialing_.erase(node);
}

asio::awaitable<void> Network::dial_once(NodeId node) {
  const KnownPeer peer = peers_.at(node);
  auto endpoints = co_await resolve(peer.addresses);
  if (stopping_ || has_link(node)) co_return;
  if (endpoints.empty()) {
    if (!peer.addresses.empty())
      report(node, {PeerEvent::Kind::dial_failed, "no address of the peer's card resolves", {}});
    co_return;
  }
  start_dialing(peer, std::move(endpoints));
}

/// Numbers need no resolver, which may block for long.
asio::awaitable<std::vector<asio::ip::tcp::endpoint>> Network::resolve(
    std::vector<std::string> addresses) {
  std::vector<Tcp::endpoint> endpoints;
  Tcp::resolver resolver(context_);
  for (const std::string& text : addresses) {
    const auto parsed = parse_host_port(text);
    if (!parsed) continue;
    const auto number = static_cast<asio::ip::port_type>(std::stoul(parsed->port));
    boost::system::error_code error;
    const auto address = asio::ip::make_address(parsed->host, error);
    if (!error) {
      endpoints.emplace_back(address, number);
      continue;
    }
    auto done = asio::redirect_error(asio::use_awaitable, error);
    Tcp::resolver::results_type found;
    found = co_await resolver.async_resolve(parsed->host, parsed->port, done);
    if (error) continue;
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  }
  if (endpoints.size() > endpoints_max) endpoints.resize(endpoints_max);
  co_return endpoints;
}

Network::LinkPointer Network::start_dialing(const KnownPeer& peer,
                                            std::vector<Tcp::endpoint> endpoints) {
  const auto link = std::make_shared<Link>(around_, Tcp::socket(context_), caller_, peer);
  links_.emplace(link.get(), link);
  tasks_.spawn(link->dial(std::move(endpoints)));
  return link;
}

/// Follows a link, the open one or a new one, through its stages.
asio::awaitable<std::vector<TestStep>> Network::test(NodeId node) {
  std::vector<TestStep> steps;
  const auto known = peers_.find(node);
  if (known == peers_.end()) {
    steps.push_back(step("resolve", "no session with this node is wanted", SteadyClock::now()));
    co_return steps;
  }
  const KnownPeer peer = known->second;
  auto start = SteadyClock::now();
  const auto limit = start + options_.handshake_time_max;
  LinkPointer link = open_link(node);
  if (!link) {
    auto endpoints = co_await resolve(peer.addresses);
    if (endpoints.empty() || stopping_) {
      steps.push_back(step("resolve", "no address of the peer's card resolves", start));
      co_return steps;
    }
    link = start_dialing(peer, std::move(endpoints));
  }
  steps.push_back(step("resolve", {}, start));
  Watchdog watchdog(context_.get_executor());
  watchdog.start(limit - start, [link] { link->changed().notify(); });
  for (const TestedStage& tested : tested_stages) {
    start = SteadyClock::now();
    while (link->reached() <= tested.stage && !link->ended() && SteadyClock::now() < limit) {
      co_await link->changed().wait();
    }
    const bool passed = link->reached() > tested.stage;
    steps.push_back(
        step(tested.name, passed ? std::string() : why_ended(*link) + "; " + tested.mend, start));
    if (!passed) co_return steps;
  }
  start = SteadyClock::now();
  const std::uint64_t before = link->round_trips();
  link->ping();
  while (link->round_trips() == before && !link->ended() && SteadyClock::now() < limit) {
    co_await link->changed().wait();
  }
  const bool passed = link->round_trips() > before;
  steps.push_back(step("round trip", passed ? std::string() : why_ended(*link), start));
  co_return steps;
}

}  // namespace bakhita::peers
