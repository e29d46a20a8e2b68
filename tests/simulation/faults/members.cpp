// SPDX-License-Identifier: EUPL-1.2
#include "keys/sealing.h"
#include "node/desk/charters.h"
#include "protocol/community/card.h"
#include "protocol/community/charter.h"
#include "tests/simulation/faults/rate.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {

/// The next charter of the group, signed by its members and those of the one before, as far as they
/// stay: as their operators do it with the file.
void renew_charter(World& world, Group& group) {
  ++group.epoch;
  Node& steward = *world.nodes[*group.members.begin()];
  const auto count = static_cast<std::uint32_t>(group.members.size());
  v1::Charter charter;
  charter.set_community(text_of(group.id.bytes));
  charter.set_epoch(group.epoch);
  charter.set_key_epoch(group.key_epoch);
  if (group.epoch > 1) charter.set_previous(text_of(charter_hash(group.charter)));
  charter.set_name(group.name);
  charter.set_steward(text_of(steward.id.bytes));
  charter.set_proposer(charter.steward());
  charter.set_highest_tlp(4);
  charter.set_retention_days(365);
  charter.set_live_locks_per_origin(1'000'000);
  charter.add_purposes("investigation");
  v1::LegalBasis& basis = *charter.add_bases();
  basis.set_basis("invented treaty, article 1");
  for (std::uint32_t place = 0; place < count; ++place) {
    basis.add_from(place);
    basis.add_to(place);
  }
  for (std::size_t i : group.members) {
    const Node& node = *world.nodes[i];
    auto* member = charter.add_members();
    member->set_node(text_of(node.id.bytes));
    member->set_card_hash(text_of(card_hash(node.card).value()));
    member->set_country(node.country);
    member->set_encryption_key(text_of(node.encryption_key));
  }
  const Hash secret =
      sha256(ByteWriter().text("secret").raw(group.id.bytes).u32(group.key_epoch).take());
  charter.set_key_commitment(text_of(commit_to_secret(secret)));
  steward.run([&] {
    v1::SignedCharter package = make_package(charter);
    for (std::size_t i : group.members) {
      const Node& node = *world.nodes[i];
      add_signature(package, node.id,
                    [&](ByteView message) { return keys::sign(node.identity, message); });
      auto* sealed = package.add_secrets();
      sealed->set_node(text_of(node.id.bytes));
      sealed->set_sealed(text_of(keys::seal_to(node.encryption_key, secret)));
    }
    world.truth.charters[charter_hash(package)] = group.members;
    group.charter = std::move(package);
  });
}

/// As node/daemon's community requests do it, once the file was read and found good.
void accept_charter(World& world, Node& node, const Group& group) {
  if (!node.up() || !group.members.contains(node.index)) return;
  node.run([&] {
    const auto known = node.desk->members.community(group.id);
    // Two charters of one epoch are settled first.
    if (known && (known->frozen || known->newest.epoch() >= group.epoch)) return;
    const Bytes file = to_bytes(as_bytes(group.charter.SerializeAsString()));
    const CharterPackage next = open_package(file).value();
    if (known && next.charter.previous() == as_text(known->charter_hash)) {
      const auto learning = desk::learn_charter(*node.desk, file, "operator");
      always(learning.learned == desk::Learned::in_force, "a charter that follows is not taken");
    } else {
      always(desk::join_under(*node.desk, next, "operator"), "a sealed secret does not open");
    }
    SOMETIMES(true, "an operator brings a charter");
  });
  if (!node.up()) return;
  world.network.greet_again(node);
  world.members_changed(node);
}

namespace {

void spread(World& world, std::size_t number, Random& random, Micros slowest) {
  const Group& group = world.truth.groups[number];
  for (std::size_t i : group.members) {
    Node& node = *world.nodes[i];
    world.events.after(random.below(slowest) + second, [&world, &node, number] {
      accept_charter(world, node, world.truth.groups[number]);
    });
  }
}

bool remove_one(World& world, Random& random) {
  const std::size_t number = random.below(world.truth.groups.size());
  if (world.truth.groups.empty()) return false;
  Group& group = world.truth.groups[number];
  if (group.members.size() < 3) return false;
  auto leaver = std::next(group.members.begin(),
                          static_cast<std::ptrdiff_t>(random.between(1, group.members.size() - 1)));
  group.members.erase(leaver);
  ++group.key_epoch;
  renew_charter(world, group);
  SOMETIMES(true, "a member is taken off the charter");
  spread(world, number, random, 10 * minute);
  return true;
}

}  // namespace

void plan_member_faults(World& world) {
  plan_spells(world, Fault::removal,
              [&world](Random& random) { return remove_one(world, random); });
}

void heal_members(World& world) {
  for (auto& node : world.nodes) govern(world, *node);
  for (std::size_t i = 0; i < world.truth.groups.size(); ++i) {
    Group& group = world.truth.groups[i];
    if (group.epoch == 1 && !world.scenario.faults.contains(Fault::departure)) continue;
    SOMETIMES(group.members != group.ever, "a member is let in again");
    group.members = group.ever;
    // The secret of keys that a proposal brought is not known here.
    const auto& faults = world.scenario.faults;
    if (faults.contains(Fault::proposal) || faults.contains(Fault::fork)) ++group.key_epoch;
    renew_charter(world, group);
    // Machines that are down accept it when they are back.
    for (int round = 1; round <= 6; ++round)
      world.events.after(static_cast<Micros>(round) * 8 * minute, [&world, i] {
        for (std::size_t member : world.truth.groups[i].members)
          accept_charter(world, *world.nodes[member], world.truth.groups[i]);
      });
  }
}

}  // namespace bakhita::simulation
