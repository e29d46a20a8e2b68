// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/network.h"

#include <algorithm>

#include "protocol/session/error_code.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {

constexpr std::size_t links_per_peer_max = 2;
constexpr std::size_t recordings_max = 32;
constexpr std::size_t recording_size_max = 4'096;
/// Input that waits for a session; more would be the kernel's, and stop the sender.
constexpr std::size_t waiting_max = 64 << 20;

v1::Frame frame_of(peers::Host::Answer answer) {
  v1::Frame frame;
  if (auto* evaluated = std::get_if<v1::Evaluated>(&answer))
    *frame.mutable_evaluated() = std::move(*evaluated);
  else if (auto* busy = std::get_if<v1::Busy>(&answer))
    *frame.mutable_busy() = std::move(*busy);
  else
    *frame.mutable_error() = std::move(std::get<v1::ProtocolError>(answer));
  return frame;
}

void note_refusal(const Result<std::optional<v1::Want>>& next) {
  const auto refused = [&](Error error) { return !next && next.error() == error; };
  SOMETIMES(refused(Error::bad_commitment), "a range is refused: a body does not fit its header");
  SOMETIMES(refused(Error::bad_proof), "a range is refused: its proof fails");
  SOMETIMES(refused(Error::wrong_root), "a range is refused: another root was signed");
  SOMETIMES(refused(Error::bad_signature), "a range is refused: its note is not signed");
  SOMETIMES(refused(Error::malformed), "a range is refused: malformed");
  SOMETIMES(next && !*next, "a fetch is complete");
}

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

template <class Work, class Then>
void Network::job(const LinkPointer& link, End& end, Work work, Then then) {
  if (!end.node->up()) return;
  bool failed = false;
  auto result = std::make_shared<std::optional<decltype(work())>>();
  if (!end.node->run([&] { *result = work(); })) failed = true;
  if (failed) return;  // the machine is about to go down
  // Also when the connection is gone meanwhile: a session that is over gives back what it had
  // chosen. Not when the machine went down: nobody remembers it then.
  const auto finish = [this, link, &end, result, then = std::move(then),
                       life = end.node->starts]() mutable {
    if (!end.node->up() || end.node->starts != life) return;
    then(std::move(**result));
    pump(link, end);
  };
  if (weather.job_time_max == 0) {
    then(std::move(**result));
    return;
  }
  events_.after(random_.below(weather.job_time_max), finish);
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

void Network::perform(const LinkPointer& link, End& end, session::Effect effect) {
  Node& node = *end.node;
  Node& peer = peer_of(link, end);
  if (auto* opened = std::get_if<session::Opened>(&effect))
    return on_opened(link, end, opened->hello);
  if (std::holds_alternative<session::ListHeads>(effect)) {
    job(
        link, end,
        [&] {
          auto heads = node.host->heads_for(peer.id);
          if (node.liar.lies())
            node.liar.change_heads(node, heads, [this](const NodeId& id) { return find(id); });
          watcher_.heads_told(node, peer, heads);
          return std::pair(std::move(heads), node.host->statements_for(peer.id));
        },
        [this, &end](std::pair<std::vector<v1::FeedHead>, v1::Clock> told) {
          end.session->heads_listed(std::move(told.first), now(), std::move(told.second));
        });
  } else if (auto* compare = std::get_if<session::CompareClock>(&effect)) {
    job(
        link, end,
        [&] {
          auto wants = node.host->wanted(peer.id, compare->clock);
          watcher_.clock_compared(node, peer, compare->clock, wants);
          return wants;
        },
        [this, &end](Result<std::vector<v1::Want>> wants) {
          end.session->clock_compared(std::move(wants), now());
        });
  } else if (auto* read = std::get_if<session::ReadRange>(&effect)) {
    job(
        link, end,
        [&] {
          auto data = node.host->read(peer.id, read->want);
          if (node.liar.lies()) node.liar.change_range(read->want, data, node.random);
          if (data) watcher_.range_told(node, peer, read->want, *data);
          return data;
        },
        [this, &end](Result<v1::Data> data) { end.session->range_read(std::move(data), now()); });
  } else if (auto* accept = std::get_if<session::AcceptData>(&effect)) {
    job(
        link, end, [&] { return node.host->accept(peer.id, std::move(accept->data)); },
        [this, &end](Result<std::optional<v1::Want>> next) {
          note_refusal(next);
          end.session->data_accepted(std::move(next), now());
        });
  } else if (auto* answer = std::get_if<session::AnswerLookup>(&effect)) {
    job(
        link, end,
        [&] {
          auto out = node.host->answer(peer.id, answer->request);
          watcher_.lookup_answered(node, peer, answer->request, out);
          if (node.liar.lies()) node.liar.change_answer(out, node.random);
          return out;
        },
        [this, &end](peers::Host::Answer out) {
          end.session->lookup_answered(frame_of(std::move(out)), now());
        });
  } else if (std::holds_alternative<session::ChooseLookup>(effect)) {
    job(
        link, end, [&] { return node.host->next_lookup(peer.id); },
        [this, &end](std::optional<v1::Evaluate> lookup) {
          end.session->lookup_chosen(std::move(lookup), now());
        });
  } else if (auto* close = std::get_if<session::CloseLookup>(&effect)) {
    job(
        link, end,
        [&] {
          if (close->answer)
            node.host->finish_lookup(peer.id, *close->answer);
          else
            node.host->fail_lookup(peer.id, close->request_id, close->retry_after, close->error);
          return true;
        },
        [this, &end](bool) { end.session->lookup_closed(now()); });
  } else if (std::holds_alternative<session::ChooseLetter>(effect)) {
    job(
        link, end, [&] { return node.host->next_letter(peer.id); },
        [this, &end](std::optional<Bytes> sealed) {
          end.session->letter_chosen(std::move(sealed), now());
        });
  } else if (auto* letter = std::get_if<session::CloseLetter>(&effect)) {
    job(
        link, end,
        [&] {
          if (letter->delivered)
            node.host->letter_delivered(peer.id, letter->id);
          else
            node.host->letter_refused(peer.id, letter->id, letter->retry_after,
                                      letter->error.value_or(Error::refused));
          return true;
        },
        [this, &end](bool) { end.session->letter_closed(now()); });
  } else if (auto* taken = std::get_if<session::TakeLetter>(&effect)) {
    job(
        link, end, [&] { return node.host->take_letter(peer.id, taken->sealed); },
        [this, &end](Result<void> done) { end.session->letter_taken(std::move(done), now()); });
  } else if (std::holds_alternative<session::ListCharters>(effect)) {
    job(
        link, end,
        [&] {
          return std::pair(node.host->charters_for(peer.id), node.host->shares_community(peer.id));
        },
        [this, &end](std::pair<std::vector<session::CharterNews>, bool> listed) {
          end.session->charters_listed(std::move(listed.first), listed.second, now());
        });
  } else if (auto* learn = std::get_if<session::LearnCharter>(&effect)) {
    job(
        link, end,
        [&] {
          node.host->learn_charter(peer.id, learn->package);
          return true;
        },
        [this, &end](bool) { end.session->charter_learned(now()); });
  } else if (std::holds_alternative<session::SplitViewSeen>(effect)) {
    report(node, peer.id, peers::PeerEvent::Kind::split_view, Error::split_view);
  } else if (auto* closed = std::get_if<session::Closed>(&effect)) {
    watcher_.session_ended(node, peer, *closed);
    const bool fault = closed->ending == session::Ending::misbehaved;
    report(node, peer.id,
           fault ? peers::PeerEvent::Kind::misbehaved : peers::PeerEvent::Kind::closed,
           closed->error);
  }
}

void Network::on_opened(const LinkPointer& link, End& end, const v1::Hello& hello) {
  Node& node = *end.node;
  Node& peer = peer_of(link, end);
  end.open = true;
  end.opened_at = events_.now();
  const std::uint64_t ours = node.unix_now(), theirs = hello.time();
  if ((ours > theirs ? ours - theirs : theirs - ours) > 300) {
    SOMETIMES(true, "clocks of two peers differ by minutes");
    report(node, peer.id, peers::PeerEvent::Kind::clock_differs, std::nullopt);
  }
  if (hello.acceptances_size() > 0) {
    std::vector<v1::Acceptance> all(hello.acceptances().begin(), hello.acceptances().end());
    node.run([&] { node.host->learn_acceptances(peer.id, std::move(all)); });
  }
  // One open link for each peer, as node/peers/network.cpp decides it.
  const auto links = links_[node.id];
  for (const LinkPointer& other : links) {
    if (other == link) continue;
    End& other_end = other->ends[0].node == &node ? other->ends[0] : other->ends[1];
    if (&peer_of(other, other_end) != &peer || !other_end.open || other_end.gone) continue;
    const bool together = events_.now() - other_end.opened_at < 10 * second;
    const bool other_is_preferred = other_end.dialed == (node.id < peer.id);
    const bool keeps_other = together && other_end.dialed != end.dialed && other_is_preferred;
    SOMETIMES(true, "two connections of one pair: one is replaced");
    const LinkPointer loser_link = keeps_other ? link : other;
    End& loser = keeps_other ? end : other_end;
    loser.session->close(session::Ending::replaced, now());
    events_.after(0, [this, loser_link, &loser] { pump(loser_link, loser); });
  }
  report(node, peer.id, peers::PeerEvent::Kind::connected, std::nullopt);
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
