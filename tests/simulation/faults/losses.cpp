// SPDX-License-Identifier: EUPL-1.2
#include "keys/private_file.h"
#include "node/desk/charters.h"
#include "protocol/community/charter.h"
#include "tests/simulation/faults/rate.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {

/// The machine burns; only a copy of the keystore is left, made after its last change. What
/// `bakhita init --restore` makes of it starts in recovery mode.
bool lose_machine(World& world, Random& random) {
  Node& node = world.any_node(random);
  const Bytes* keystore = node.up() ? node.disk.file("keystore") : nullptr;
  if (keystore == nullptr) return false;
  const Bytes copy = *keystore;
  SOMETIMES(true, "a machine is lost, all but a copy of its keystore");
  node.crash(random.between(60, 600) * second);
  node.disk.image() = DiskImage{};
  node.disk.image().files["keystore"] = copy;
  node.disk.damaged.clear();
  node.old_copy.reset();
  node.rolled_back = node.lost_all = node.anchor_lost = true;
  for (KnownReport& report : world.truth.reports[node.index]) report.certain = false;
  return true;
}

/// A member goes by itself. It comes back when the community has a later charter and its operator
/// signs that.
bool depart(World& world, Random& random) {
  if (world.truth.groups.empty()) return false;
  const Group& group = world.truth.groups[random.below(world.truth.groups.size())];
  const auto member = std::next(group.members.begin(),
                                static_cast<std::ptrdiff_t>(random.below(group.members.size())));
  Node& node = *world.nodes[*member];
  if (!node.serving()) return false;
  bool left = false;
  node.run([&] {
    const auto known = node.desk->members.community(group.id);
    if (!known || !known->accepted_by(node.id) || known->frozen) return;
    desk::leave_community(*node.desk, group.id, "operator");
    always(node.disk.all_synced(), "a departure was acknowledged before it was durable");
    always(node.desk->members.community(group.id)->has_left(node.id),
           "who has left is still in the community");
    SOMETIMES(true, "a member leaves a community");
    left = true;
  });
  if (!left || !node.up()) return left;
  world.network.greet_again(node);
  world.members_changed(node);
  return true;
}

}  // namespace

/// `bakhita peer add`, `peer verify` and `community join` on a machine that was made anew.
void make_known_again(World& world, Node& node) {
  if (!node.lost_all || !node.up()) return;
  for (const Group& group : world.truth.groups) {
    if (!group.ever.contains(node.index) || !node.up()) continue;
    bool known = false;
    node.run([&] { known = node.desk->members.community(group.id) != nullptr; });
    for (std::size_t i : group.ever) world.introduce(node, *world.nodes[i]);
    if (!known) accept_charter(world, node, group);
  }
}

void plan_losses(World& world) {
  plan_spells(world, Fault::lost_machine,
              [&world](Random& random) { return lose_machine(world, random); });
  plan_spells(world, Fault::departure, [&world](Random& random) { return depart(world, random); });
}

}  // namespace bakhita::simulation
