// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/world.h"

#include <cmath>

#include "protocol/community/card.h"
#include "protocol/community/charter.h"
#include "tests/simulation/letters.h"
#include "tests/simulation/points.h"
#include "tests/simulation/seams/crypto.h"

namespace bakhita::simulation {
namespace {

/// 2026-03-01 00:00 UTC, and some days, so that months end during runs.
constexpr Micros epoch_start = 1'772'323'200ull * second;
/// What the demands of liveness are given: lookups that were refused wait up to an hour, and those
/// to an origin whose clock went back until that is where it was, a day at most.
Micros healing_time(const Scenario& scenario) {
  const bool waits_for_clocks = scenario.tiny_limits && scenario.faults.contains(Fault::clock_jump);
  return (waits_for_clocks ? 30 : 5) * hour;
}

}  // namespace

World::World(const Scenario& drawn)
    : scenario(drawn),
      random(Random(drawn.seed).fork("world")),
      oracles(*this),
      network(events, scenario, random.fork("network"), oracles),
      around{events,
             scenario,
             [this](Node& node) { network.went_down(node); },
             [this](Node& node) { network.came_up(node); },
             [this](Node& node) { network.announce_all(node); },
             [this](Node& node) { members_changed(node); },
             [this](Node& node) { oracles.published(node); },
             [this](Node& node) {
               oracles.keys_changed(node);
               hand_cards_round(*this, node);
             },
             [this](Node& node, const NodeId& peer, const peers::PeerEvent& event) {
               oracles.peer_event(node, peer, event);
             }} {
  crypto() = {};
  crypto().real_signatures = scenario.real_signatures;
  crypto().real_group = scenario.real_group;
  Random secret = random.fork("run secret");
  for (auto& byte : crypto().run_secret) byte = static_cast<std::uint8_t>(secret.next());
  Random start = random.fork("start");
  const Micros base = epoch_start + start.below(60 * 86'400) * second;
  for (std::size_t i = 0; i < scenario.nodes; ++i) {
    nodes.push_back(std::make_unique<Node>(i, random.fork("machine", i), around, base));
    network.add(*nodes.back());
  }
  oracles.begin();
  for (auto& node : nodes) node->start();
  found_communities();
}

World::~World() {
  crypto().on_signature = nullptr;
  nodes.clear();
  set_current_disk(nullptr);
  crypto().entropy = nullptr;
}

void World::repeat(double per_hour, Random stream, std::function<void()> action) {
  if (per_hour <= 0) return;
  const double hours = -std::log(1 - stream.unit()) / per_hour;
  const auto wait = static_cast<Micros>(std::min(hours, 1e6) * static_cast<double>(hour));
  if (events.now() + wait >= scenario.length) return;
  events.after(wait, [this, per_hour, stream, action = std::move(action)]() mutable {
    action();
    repeat(per_hour, stream, std::move(action));
  });
}

/// Regions of neighbours, some nodes in two: as few connections as treaties have partners.
void World::found_communities() {
  const std::size_t width = std::min(scenario.community_size, nodes.size());
  for (std::size_t layer = 0; layer < scenario.communities_per_node; ++layer)
    for (std::size_t first = layer * (width / 2); first < nodes.size(); first += width) {
      Group group;
      for (std::size_t i = first; i < std::min(first + width, nodes.size()); ++i)
        group.members.insert(i);
      if (group.members.size() < 2) continue;
      group.ever = group.members;
      Random name = random.fork("community", truth.groups.size());
      for (auto& byte : group.id.bytes) byte = static_cast<std::uint8_t>(name.next());
      group.name = "community " + std::to_string(truth.groups.size());
      renew_charter(*this, group);
      truth.groups.push_back(group);
      introduce(group);
      Random past = random.fork("past", truth.groups.size());
      if (!past.chance(0.35)) continue;
      for (std::size_t member : group.members)
        events.after(past.below(30 * minute),
                     [&node = *nodes[member], id = group.id] { publish_past(node, id); });
    }
}

void World::introduce(const Group& group) {
  for (std::size_t i : group.members)
    for (std::size_t j : group.members) {
      if (i == j) continue;
      introduce(*nodes[i], *nodes[j]);
    }
  for (std::size_t i : group.members) accept_charter(*this, *nodes[i], group);
}

void World::introduce(Node& node, const Node& other) {
  if (&node == &other || !node.up()) return;
  node.run([&] {
    if (node.desk->members.peer(other.id)) return;
    store::Peer peer;
    peer.node = other.id;
    peer.signed_card = other.card;
    peer.card = open_card(peer.signed_card, node.unix_now()).value();
    peer.state = store::PeerState::trusted;
    peer.verified_at = node.unix_now();
    node.desk->members.put(peer, node.desk->entry("operator", "peer.verify"));
  });
}

/// The caller is in the midst of a session's work.
void World::members_changed(Node& node) {
  events.after(0, [this, &node] {
    if (node.up()) network.came_up(node);
  });
  node.work_soon();
}

double World::node_hours() const {
  return static_cast<double>(events.now()) / static_cast<double>(hour) *
         static_cast<double>(nodes.size());
}

void World::run() {
  plan_workload(*this);
  plan_letters(*this);
  plan_recoveries(*this);
  plan_network_faults(*this);
  plan_disk_faults(*this);
  plan_clock_faults(*this);
  plan_member_faults(*this);
  plan_charters(*this);
  plan_key_faults(*this);
  plan_losses(*this);
  plan_lying_peers(*this);
  plan_hostile_peers(*this);
  const Micros step = scenario.nodes > 30 ? 10 * minute : minute;
  while (events.now() < scenario.length) {
    events.run_until(std::min(events.now() + step, scenario.length));
    oracles.look_around();
  }
  heal();
  // Converged earlier is as good; the bound is what counts.
  const Micros end = events.now() + healing_time(scenario);
  Micros next_publication = events.now();
  for (std::string missing = "not asked"; !missing.empty();) {
    if (events.now() >= next_publication) {
      for (auto& node : nodes) publish(*this, *node);
      next_publication = events.now() + 30 * minute;
    }
    events.run_until(events.now() + 10 * minute);
    oracles.look_around();
    for (auto& node : nodes) {
      take_cards(*this, *node);
      make_known_again(*this, *node);
      recover(*this, *node);
      settle_forks(*this, *node);  // who was in recovery mode learns of a fork late
      govern(*this, *node);
      node->work_soon();
    }
    events.run_until(events.now() + 2 * minute);
    missing = oracles.what_is_missing();
    if (missing.empty()) missing = missing_letter(*this);
    always(missing.empty() || events.now() < end, "not healed in time: " + missing);
  }
  oracles.look_back();
}

void World::heal() {
  network.weather = {};
  for (auto& node : nodes) {
    node->disk.full = node->disk.failing = node->disk.reads_fail = false;
    node->disk.power_lasts = node->disk.power_lasts_next = 0;
    node->disk.damaged.clear();
    node->clock.leap_seconds = 0;
    node->clock.rate = 1;
    node->liar.withholds = node->liar.answers_wrongly = node->liar.sends_bad_ranges = false;
    node->g1 = node->g2 = {1'000'000, 1'000'000, 100'000'000};
    if (node->desk) node->desk->g1 = node->desk->g2 = node->g1;
  }
  // What was signed reaches everybody first, and forks are settled: then members are let in again.
  for (int round = 1; round <= 6; ++round)
    events.after(static_cast<Micros>(round) * 8 * minute, [this] {
      for (auto& node : nodes) take_cards(*this, *node);
      for (auto& node : nodes) settle_forks(*this, *node);
      for (auto& node : nodes) govern(*this, *node);
    });
  events.after(60 * minute, [this] { heal_members(*this); });
  events.run_until(events.now() + 61 * minute);
}

}  // namespace bakhita::simulation
