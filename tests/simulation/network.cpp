// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/network.h"

#include <algorithm>

#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {

constexpr std::size_t links_per_peer_max = 2;
constexpr std::size_t recordings_max = 32;
constexpr std::size_t recording_size_max = 4'096;
/// Input that waits for a session; more would be the kernel's, and stop the sender.
constexpr std::size_t waiting_max = 64 << 20;

}  // namespace

Network::Network(Events& events, const Scenario& scenario, Random random, Watcher& watcher)
    : events_(events), scenario_(scenario), random_(random), watcher_(watcher) {}

session::Settings Network::settings() const {
  session::Settings out;
  out.silence_max = std::chrono::seconds(scenario_.silence_seconds);
  if (scenario_.tiny_limits) {
    out.frames = {2, 12};
    out.bytes = {16.0 * 1024, 64.0 * 1024};
    out.checks = {5, 20};
    out.lookups = {0.2, 2};
    out.data_waiting_max = 1;
    out.unsent_size_max = 1;
  }
  return out;
}

void Network::add(Node& node) { nodes_[node.id] = &node; }

Node* Network::find(const NodeId& id) const {
  const auto it = nodes_.find(id);
  return it == nodes_.end() ? nullptr : it->second;
}

void Network::came_up(Node& node) { refresh(node, ++lives_[node.id]); }

/// Reads again whom to dial, as the product's network does every few seconds.
void Network::refresh(Node& node, std::uint64_t life) {
  if (lives_[node.id] != life || !node.up()) return;
  std::vector<peers::KnownPeer> peers;
  node.run([&] { peers = node.host->peers_to_dial(); });
  for (const peers::KnownPeer& peer : peers) plan_dial(node, peer.node);
  const auto links = links_[node.id];
  for (const LinkPointer& link : links) {
    End& end = link->ends[0].node == &node ? link->ends[0] : link->ends[1];
    bool known = false;
    node.run([&] { known = node.host->peer_by_pin(peer_of(link, end).tls_pin).has_value(); });
    if (!node.up()) return;
    if (end.gone || known || !end.session || end.session->closed()) continue;
    SOMETIMES(true, "a connection ends as its peer is a member no more");
    end.session->close(session::Ending::stopped, now());
    pump(link, end);
  }
  events_.after(5 * minute, [this, &node, life] { refresh(node, life); });
}

void Network::plan_dial(Node& node, const NodeId& peer) {
  Dialing& dialing = dialing_[{node.id, peer}];
  const std::uint64_t life = lives_[node.id];
  if (dialing.life != life || !dialing.backoff) {
    dialing = {};
    dialing.life = life;
    const auto longest = std::chrono::seconds(60);
    dialing.backoff = std::make_unique<peers::Backoff>(std::chrono::seconds(1), longest,
                                                       [this] { return random_.unit(); });
  }
  if (dialing.planned || has_link(node, peer)) return;
  dialing.planned = true;
  const auto wait = static_cast<Micros>(dialing.backoff->next().count()) * 1'000;
  events_.after(wait, [this, &node, peer, life] {
    if (lives_[node.id] != life) return;
    dialing_[{node.id, peer}].planned = false;
    dial(node, peer);
  });
}

void Network::dial(Node& node, const NodeId& peer) {
  if (!node.up() || has_link(node, peer)) return;
  std::optional<peers::KnownPeer> known;
  node.run([&] {
    for (peers::KnownPeer& candidate : node.host->peers_to_dial())
      if (candidate.node == peer) known = std::move(candidate);
  });
  Node* listener = find(peer);
  if (!node.up() || !known || listener == nullptr) return;
  const bool reachable = listener->up() && !weather.is_blocked(node.index, listener->index) &&
                         !weather.is_blocked(listener->index, node.index);
  SOMETIMES(!reachable, "a dial fails");
  if (!reachable) {
    report(node, peer, peers::PeerEvent::Kind::dial_failed, std::nullopt);
    plan_dial(node, peer);
    return;
  }
  connect(node, *listener, *known);
}

/// TCP and TLS, as far as they matter: both know each other's pin, and share an exporter.
void Network::connect(Node& caller, Node& listener, const peers::KnownPeer& expected) {
  std::optional<peers::KnownPeer> known;
  listener.run([&] { known = listener.host->peer_by_pin(caller.tls_pin); });
  if (!listener.up()) return;
  const auto count = std::ranges::count_if(links_[listener.id], [&](const LinkPointer& link) {
    return link->ends[0].node == &caller || link->ends[1].node == &caller;
  });
  const bool other_key = expected.tls_pin != listener.tls_pin;
  if (!known || other_key || static_cast<std::size_t>(count) > links_per_peer_max) {
    SOMETIMES(!known, "a caller whom the listener does not know is turned away");
    SOMETIMES(other_key, "a listener shows a TLS key that the caller does not know yet");
    report(caller, listener.id, peers::PeerEvent::Kind::dial_failed, std::nullopt);
    plan_dial(caller, listener.id);
    return;
  }
  const auto link = std::make_shared<Link>();
  link->number = next_link_++;
  link->latency = random_.between(1, 80) * 1'000;
  link->ends[0].node = &caller;
  link->ends[0].dialed = true;
  link->ends[1].node = &listener;
  links_[caller.id].push_back(link);
  links_[listener.id].push_back(link);
  Hash exporter;
  for (std::size_t i = 0; i < exporter.size(); ++i)
    exporter[i] = static_cast<std::uint8_t>(random_.next());
  begin(link, link->ends[0], expected, exporter);
  begin(link, link->ends[1], *known, exporter);
}

void Network::begin(const LinkPointer& link, End& end, const peers::KnownPeer& peer,
                    const Hash& exporter) {
  Node& node = *end.node;
  end.begun_at = events_.now();
  const session::Ends ends{node.id, peer.node, peer.log_key, exporter};
  end.session.emplace(ends, settings());
  node.run([&] {
    const auto sign = [&](ByteView message) { return node.host->sign_hello(message); };
    const bool later = scenario_.faults.contains(Fault::mixed_version) && node.index % 3 == 1;
    v1::Hello hello = session::make_hello(ends, node.host->card_serial(), node.unix_now(),
                                          later ? "bakhita/0.9 (later)" : "bakhita/0.1", sign);
    for (auto& acceptance : node.host->acceptances(peer.node))
      *hello.add_acceptances() = std::move(acceptance);
    end.session->start(hello, now());
  });
  pump(link, end);
}

/// No more is read of what a peer sends unasked than the session's meter allows.
void Network::check_rate(End& end, ByteView sent) const {
  constexpr std::uint8_t pong_tag = 12 << 3 | 2;
  end.sent.append(sent);
  for (auto frame = end.sent.next(); frame && *frame; frame = end.sent.next())
    end.pongs += !(*frame)->empty() && (**frame)[0] == pong_tag;
  const auto rate = settings().frames;
  const double seconds = static_cast<double>(events_.now() - end.begun_at) / second;
  always(static_cast<double>(end.pongs) <= rate.burst + rate.per_second * seconds + 2,
         "a session reads on past its limits");
}

void Network::pump(const LinkPointer& link, End& end) {
  if (!end.session) return;
  if (end.gone) {
    for (session::Effect& effect : end.session->take_effects())
      perform(link, end, std::move(effect));
    return;
  }
  while (!end.gone) {
    auto effects = end.session->take_effects();
    if (effects.empty()) break;
    for (session::Effect& effect : effects)
      if (!end.gone) perform(link, end, std::move(effect));
  }
  if (end.gone) return;
  while (end.session->has_output()) {
    Bytes piece = end.session->take_output();
    check_rate(end, piece);
    deliver(link, end, std::move(piece));
    end.session->output_written(now());
    if (end.gone) return;
    for (session::Effect& effect : end.session->take_effects())
      if (!end.gone) perform(link, end, std::move(effect));
    if (end.gone) return;
  }
  if (end.session->closed()) return close_side(link, end);
  if (!end.waiting.empty() && end.session->wants_input(now())) return feed(link, end);
  plan_tick(link, end);
}

void Network::plan_tick(const LinkPointer& link, End& end) {
  const session::Time wake = end.session->wake_at(now());
  if (wake == session::Time::max()) return;
  const Micros at = std::max<Micros>(
      static_cast<Micros>(std::max<session::Time::rep>(wake.count(), 0)) * 1'000, events_.now());
  if (at >= end.tick_at && end.tick_at > events_.now()) return;
  end.tick_at = at;
  events_.at(at, [this, link, &end, at] {
    if (end.gone || end.tick_at != at) return;
    end.tick_at = ~Micros{0};
    end.session->tick(now());
    pump(link, end);
  });
}

void Network::deliver(const LinkPointer& link, End& from, Bytes bytes) {
  Node& sender = *from.node;
  End& to = link->other(from);
  watcher_.frame_bytes(sender, *to.node, bytes);
  bytes_sent_ += bytes.size();
  if (scenario_.faults.contains(Fault::replay) && bytes.size() <= recording_size_max) {
    recordings_.push_back({sender.id, to.node->id, bytes});
    if (recordings_.size() > recordings_max) recordings_.pop_front();
  }
  const std::size_t step = weather.piece_max == 0 ? bytes.size() : weather.piece_max;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    Bytes piece(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), at + step)));
    const Micros wait = link->latency + random_.below(weather.delay_extra + 1);
    from.arrives_last = std::max(from.arrives_last, events_.now() + wait);
    events_.at(from.arrives_last, [this, link, &to, piece = std::move(piece)]() mutable {
      arrive(link, to, std::move(piece));
    });
  }
}

void Network::arrive(const LinkPointer& link, End& to, Bytes bytes) {
  if (to.gone || !to.session || link->lost) return;
  const Node& sender = peer_of(link, to);
  // TCP would send again until the path is back, or give up: then the silence ends the session.
  if (weather.is_blocked(sender.index, to.node->index)) {
    SOMETIMES(true, "a packet is lost in a partition");
    return vanish(link, to);
  }
  to.waiting.insert(to.waiting.end(), bytes.begin(), bytes.end());
  always(to.waiting.size() < waiting_max, "a session is sent more than it reads, without end");
  feed(link, to);
}

void Network::feed(const LinkPointer& link, End& to) {
  if (to.gone) return;
  if (!to.session->closed() && !to.session->wants_input(now())) {
    SOMETIMES(true, "a session stops its input");
    plan_tick(link, to);
    return;
  }
  const Bytes bytes = std::exchange(to.waiting, {});
  to.session->receive(bytes, now());
  pump(link, to);
}

/// The segment is gone for good: both ends wait, and find out by the silence.
void Network::vanish(const LinkPointer& link, End& end) {
  link->lost = true;
  End& other = link->other(end);
  for (End* side : {&end, &other}) {
    if (side->gone) continue;
    events_.after(static_cast<Micros>(scenario_.silence_seconds) * second,
                  [this, link, side] { break_stream(link, *side); });
  }
}

void Network::close_side(const LinkPointer& link, End& end) {
  if (end.gone) return;
  end.gone = true;
  Node& node = *end.node;
  End& other = link->other(end);
  std::erase(links_[node.id], link);
  const NodeId peer = other.node->id;
  // The end of the stream reaches the other side behind the last byte.
  events_.at(std::max(end.arrives_last, events_.now() + link->latency),
             [this, link, &other] { break_stream(link, other); });
  if (node.up()) plan_dial(node, peer);
}

void Network::break_stream(const LinkPointer& link, End& end) {
  if (end.gone) return;
  if (end.session && !end.session->closed()) end.session->close(session::Ending::lost, now());
  pump(link, end);
  close_side(link, end);
}

void Network::went_down(Node& node) {
  ++lives_[node.id];
  const auto links = links_[node.id];
  for (const LinkPointer& link : links) {
    End& end = link->ends[0].node == &node ? link->ends[0] : link->ends[1];
    if (end.gone) continue;
    end.gone = true;
    End& other = link->other(end);
    events_.after(link->latency + random_.below(2 * second),
                  [this, link, &other] { break_stream(link, other); });
  }
  links_[node.id].clear();
}

void Network::announce_all(Node& node) {
  const auto links = links_[node.id];
  for (const LinkPointer& link : links) {
    End& end = link->ends[0].node == &node ? link->ends[0] : link->ends[1];
    if (end.gone || !end.open || !node.up()) continue;
    // In recovery mode only what was lost is fetched.
    if (node.serving()) end.session->announce(now());
    end.session->wake_fetching(now());
    if (node.serving()) end.session->wake_lookups(now());
    if (node.serving()) end.session->wake_letters(now());
    pump(link, end);
  }
}

void Network::greet_again(Node& node) {
  const auto links = links_[node.id];
  for (const LinkPointer& link : links) {
    End& end = link->ends[0].node == &node ? link->ends[0] : link->ends[1];
    if (end.gone || !end.open) continue;
    end.session->close(session::Ending::replaced, now());
    pump(link, end);
  }
}

bool Network::cut_one(Random& random) {
  std::vector<LinkPointer> all;
  for (const auto& [node, links] : links_)
    for (const LinkPointer& link : links)
      if (link->ends[0].node->id == node) all.push_back(link);
  if (all.empty()) return false;
  const LinkPointer link = all[random.below(all.size())];
  for (End& end : link->ends) {
    // Bytes on their way may arrive or not, and the sides learn of it at different times.
    events_.after(random.below(5 * second), [this, link, &end] { break_stream(link, end); });
  }
  return true;
}

bool Network::replay_one(Random& random) {
  if (recordings_.empty()) return false;
  const Recording& recorded = recordings_[random.below(recordings_.size())];
  Node* victim = find(recorded.to);
  if (victim == nullptr || !victim->up()) return false;
  std::optional<peers::KnownPeer> known;
  Node* claimed = find(recorded.from);
  victim->run([&] { known = victim->host->peer_by_pin(claimed->tls_pin); });
  if (!known || !victim->up()) return false;
  // The strongest replay: TLS stands, with the right pin, and only the exporter differs.
  Hash exporter;
  for (std::uint8_t& byte : exporter) byte = static_cast<std::uint8_t>(random.next());
  const session::Ends ends{victim->id, claimed->id, known->log_key, exporter};
  session::Session session(ends, settings());
  v1::Hello hello;
  victim->run([&] {
    hello = session::make_hello(ends, 1, victim->unix_now(), "bakhita/0.1",
                                [&](ByteView m) { return victim->host->sign_hello(m); });
  });
  session.start(hello, now());
  session.receive(recorded.bytes, now());
  SOMETIMES(true, "a recorded stream is played into a new connection");
  always(!session.open(), "a recorded Hello opened a new session");
  return true;
}

bool Network::inject(Node& node, Random& random, const std::function<Bytes(Node&)>& make) {
  std::vector<std::pair<LinkPointer, End*>> open;
  for (const LinkPointer& link : links_[node.id]) {
    End& end = link->ends[0].node == &node ? link->ends[0] : link->ends[1];
    if (!end.gone && end.open) open.emplace_back(link, &end);
  }
  if (open.empty()) return false;
  auto& [link, end] = open[random.below(open.size())];
  Bytes bytes = make(peer_of(link, *end));
  if (bytes.empty()) return false;
  deliver(link, *end, std::move(bytes));
  return true;
}

bool Network::has_link(const Node& node, const NodeId& peer) const {
  const auto it = links_.find(node.id);
  if (it == links_.end()) return false;
  return std::ranges::any_of(it->second, [&](const LinkPointer& link) {
    const End& own = link->ends[0].node == &node ? link->ends[0] : link->ends[1];
    const End& other = link->ends[0].node == &node ? link->ends[1] : link->ends[0];
    return !own.gone && other.node->id == peer;
  });
}

bool Network::connected(const NodeId& a, const NodeId& b) const {
  const auto it = links_.find(a);
  if (it == links_.end()) return false;
  return std::ranges::any_of(it->second, [&](const LinkPointer& link) {
    return !link->ends[0].gone && !link->ends[1].gone && link->ends[0].open && link->ends[1].open &&
           (link->ends[0].node->id == b || link->ends[1].node->id == b);
  });
}

std::size_t Network::open_links() const {
  std::size_t out = 0;
  for (const auto& [node, links] : links_)
    for (const LinkPointer& link : links) out += link->ends[0].open && link->ends[1].open;
  return out / 2;
}

void Network::report(Node& node, const NodeId& peer, peers::PeerEvent::Kind kind,
                     std::optional<Error> error) {
  if (!node.up()) return;
  node.run([&] { node.host->report(peer, {kind, "", error}); });
}

}  // namespace bakhita::simulation
