// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <memory>
#include <vector>

#include "tests/simulation/network.h"
#include "tests/simulation/oracles.h"
#include "tests/simulation/truth.h"

namespace bakhita::simulation {

/// One run: nodes, network, faults and oracles, from the seed on.
class World {
 public:
  explicit World(const Scenario& scenario);
  ~World();
  /// Faults for the scenario's length, then healing, then the demands of liveness.
  void run();

  /// Calls `action` again and again, on average so many times an hour, until the faults end.
  void repeat(double per_hour, Random random, std::function<void()> action);
  Node& any_node(Random& stream) { return *nodes[stream.below(nodes.size())]; }
  bool faults_over() const { return events.now() >= scenario.length; }
  void count(Fault fault) { ++faults[static_cast<std::size_t>(fault)]; }

  Scenario scenario;
  Random random;
  Events events;
  Truth truth;
  Oracles oracles;
  Network network;
  Node::Surroundings around;
  std::vector<std::unique_ptr<Node>> nodes;
  std::uint64_t faults[fault_count] = {};
  std::uint64_t hash() const { return oracles.history; }
  double node_hours() const;
  void members_changed(Node& node);
  /// The operator of `node` adds and verifies the other.
  void introduce(Node& node, const Node& other);

 private:
  void found_communities();
  void introduce(const Group& group);
  void heal();
};

// Each family plans its own events (faults/*.cpp, workload.cpp).
void plan_workload(World& world);
void publish(World& world, Node& node);
/// Records of an own feed that have ended already, and the floor that says so, where it is empty.
void publish_past(Node& node, const CommunityId& community);
/// The operator of a node in recovery mode looks at how it stands.
void recover(World& world, Node& node);
void plan_recoveries(World& world);
void plan_network_faults(World& world);
void plan_disk_faults(World& world);
void plan_clock_faults(World& world);
void plan_member_faults(World& world);
void plan_lying_peers(World& world);
void plan_hostile_peers(World& world);
/// The next charter, of the community's members as they are now.
void renew_charter(World& world, Group& group);
/// The operator of `node` accepts the newest charter.
void accept_charter(World& world, Node& node, const Group& group);
void heal_members(World& world);
/// The operator of `node` accepts and signs charters; settles what two of one epoch froze.
void govern(World& world, Node& node);
void settle_forks(World& world, Node& node);
void plan_charters(World& world);
void plan_key_faults(World& world);
void plan_losses(World& world);
/// The operator of a node that lost its machine brings peers and charters.
void make_known_again(World& world, Node& node);
/// The operator of `node` hands its new card to all whom it knows; they take it by and by.
void hand_cards_round(World& world, Node& node);
/// The operator of `node` adds the new cards of its peers.
void take_cards(World& world, Node& node);

}  // namespace bakhita::simulation
