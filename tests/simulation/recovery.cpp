// SPDX-License-Identifier: EUPL-1.2
#include "node/exchange/recovery.h"
#include "node/desk/old_copy.h"

#include "protocol/community/charter.h"
#include "tests/simulation/points.h"
#include "tests/simulation/world.h"

namespace bakhita::simulation {
namespace {

/// So often an operator looks before he gives the lost records up.
constexpr std::size_t patience = 6;

bool was_a_member(const World& world, const Node& node) {
  return std::ranges::any_of(world.truth.groups,
                             [&](const Group& group) { return group.ever.contains(node.index); });
}

}  // namespace

/// As the operator does it with `bakhita recover`: waits for what peers hold, finishes, or opens a
/// new generation when nobody holds the rest.
void recover(World& world, Node& node) {
  if (!node.up() || node.serving()) return;
  make_known_again(world, node);
  bool left = false;
  node.run([&] {
    const std::size_t peers_needed = exchange::peers_needed(*node.desk, 1);
    const exchange::Standing now =
        exchange::standing(*node.desk, node.host->own_heads(), peers_needed);
    // In no community nobody can be asked: `bakhita recover finish --alone`.
    const bool in_none = node.desk->members.communities().empty();
    const bool alone = in_none && !(node.anchor_lost && was_a_member(world, node));
    if (in_none && !alone) return;
    SOMETIMES(alone, "a node recovers that is in no community");
    if (!alone && now.answered.size() < peers_needed) return;
    if (!alone && !now.obstacle.empty()) {
      SOMETIMES(true, "an operator waits for what peers hold of the own feed");
      if (++node.recovery_looks < patience) return;
      if (exchange::open_generations(*node.desk, now, "operator") == 0) return;
      SOMETIMES(true, "a new generation is opened");
    }
    exchange::finish_recovery(*node.desk, "operator", "finish");
    left = node.leave_recovery();
  });
  if (!left || !node.serving()) return;
  SOMETIMES(true, "a node recovers");
  SOMETIMES(node.anchor_lost, "a node is back whose machine was lost");
  node.anchor_lost = false;
  node.recovery_looks = 0;
  // What came back from the peers stands on no report any more.
  node.run([&] { desk::settle_dropped(*node.desk, "operator"); });
  world.members_changed(node);
}

void plan_recoveries(World& world) {
  for (auto& node : world.nodes)
    world.repeat(12, world.random.fork("recovery", node->index),
                 [&world, &node] { recover(world, *node); });
}

}  // namespace bakhita::simulation
