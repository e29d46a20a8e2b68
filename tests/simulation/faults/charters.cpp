// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/charters.h"
#include "node/desk/proposing.h"
#include "node/store/charters.h"
#include "tests/simulation/faults/rate.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {

/// A node that knows the newest charter, and may propose the next.
Node* proposer_of(World& world, const Group& group, Random& random) {
  std::vector<Node*> able;
  for (std::size_t i : group.members) {
    Node& node = *world.nodes[i];
    if (!node.serving()) continue;
    const auto known = node.desk->members.community(group.id);
    if (known && !known->frozen && known->newest.epoch() == group.epoch) able.push_back(&node);
  }
  return able.empty() ? nullptr : able[random.below(able.size())];
}

/// Somebody is taken off, let in again, or the keys are renewed; or the operator errs.
admin::v1::CommunityPropose wish_for(const World& world, const Group& group, const Node& proposer,
                                     Random& random) {
  admin::v1::CommunityPropose out;
  const auto steward =
      to_array<32>(as_bytes(proposer.desk->members.community(group.id)->newest.steward()));
  std::vector<std::string> others, outside;
  for (std::size_t i : group.ever) {
    const Node& node = *world.nodes[i];
    if (!group.members.contains(i))
      outside.push_back(node.country);
    else if (&node != &proposer && NodeId{*steward} != node.id)
      others.push_back(node.country);
  }
  if (random.chance(0.1)) {
    out.add_remove(random.chance(0.5) ? proposer.country : "XX");
  } else if (!outside.empty() && random.chance(0.6)) {
    out.add_add(outside[random.below(outside.size())]);
    out.set_basis("invented treaty, article 2");
  } else if (group.members.size() > 2 && !others.empty() && random.chance(0.6)) {
    out.add_remove(others[random.below(others.size())]);
  } else {
    out.set_renew_keys(true);
  }
  return out;
}

std::set<std::size_t> members_of(const World& world, const v1::Charter& charter) {
  std::set<std::size_t> out;
  for (const auto& node : world.nodes)
    if (names_member(charter, node->id)) out.insert(node->index);
  return out;
}

/// What the product's requests do once it is written (node/daemon/community_requests.cpp).
bool propose(World& world, Random& random, bool rival) {
  if (world.truth.groups.empty()) return false;
  Group& group = world.truth.groups[random.below(world.truth.groups.size())];
  Node* proposer = proposer_of(world, group, random);
  if (proposer == nullptr) return false;
  bool done = false;
  proposer->run([&] {
    const auto community = proposer->desk->members.community(group.id);
    const bool busy = !store::proposals(proposer->desk->database, group.id).empty();
    if (busy && !rival) return;
    try {
      const auto wish = wish_for(world, group, *proposer, random);
      const CharterPackage package = desk::write_next_charter(*proposer->desk, *community, wish);
      world.truth.charters[package.hash] = members_of(world, package.charter);
      desk::learn_charter(*proposer->desk, package.serialise(), "operator");
      SOMETIMES(wish.add_size() > 0, "an admission is proposed");
      SOMETIMES(wish.remove_size() > 0, "a removal is proposed");
      SOMETIMES(wish.renew_keys(), "new keys are proposed");
      done = true;
    } catch (const desk::ProposalRefused&) {
      SOMETIMES(true, "a proposal cannot be written");
    }
  });
  if (done) world.members_changed(*proposer);
  return done;
}

/// The proposals that the operator has not signed; two of one epoch only where forks are drawn.
void sign_proposals(World& world, Node& node, const store::Community& community) {
  for (const Bytes& bytes : store::proposals(node.desk->database, community.id)) {
    const auto package = open_package(bytes);
    if (!package || package->is_signed_by(node.id) || !names_member(community.newest, node.id))
      continue;
    const bool other =
        desk::signed_otherwise(*node.desk, community, package->charter.epoch(), package->hash)
            .has_value();
    if (other && !world.scenario.faults.contains(Fault::fork)) continue;
    SOMETIMES(other, "an operator signs two charters of one epoch");
    const auto learned =
        desk::sign_charter(*node.desk, community.id, package->hash, "operator").learned;
    SOMETIMES(learned == desk::Learned::in_force, "a signature puts a proposal in force");
    return;
  }
}

/// What this node knows to be in force, for all to know outside of the product.
void note_in_force(World& world, const store::Community& community) {
  const auto group = std::ranges::find(world.truth.groups, community.id, &Group::id);
  if (group == world.truth.groups.end() || community.newest.epoch() <= group->epoch) return;
  v1::SignedCharter package;
  package.ParseFromArray(community.signed_charter.data(),
                         static_cast<int>(community.signed_charter.size()));
  group->epoch = community.newest.epoch();
  group->key_epoch = community.newest.key_epoch();
  group->members = members_of(world, community.newest);
  group->charter = std::move(package);
}

}  // namespace

/// The operator looks at the charters: accepts the one in force, signs proposals.
void govern(World& world, Node& node) {
  if (!node.serving()) return;
  bool changed = false;
  const bool done = node.run([&] {
    for (const store::Community& community : node.desk->members.communities()) {
      note_in_force(world, community);
      const Hash before = community.charter_hash;
      if (community.frozen) continue;
      const bool stays_away = community.has_left(node.id) && !world.faults_over();
      if (!community.accepts_newest() && names_member(community.newest, node.id) && !stays_away) {
        SOMETIMES(community.has_left(node.id), "who left a community comes back");
        desk::sign_charter(*node.desk, community.id, community.charter_hash, "operator");
        SOMETIMES(true, "an operator accepts the charter in force");
        changed = true;
      } else if (!world.faults_over() && !community.has_left(node.id)) {
        sign_proposals(world, node, community);
      }
      const auto after = node.desk->members.community(community.id);
      changed = changed || after->charter_hash != before;
      note_in_force(world, *after);
    }
  });
  if (!done || !changed || !node.up()) return;
  world.network.greet_again(node);
  world.members_changed(node);
}

/// All agree, out of band, to keep the charter of the smallest hash.
void settle_forks(World& world, Node& node) {
  if (!node.serving()) return;
  node.run([&] {
    for (const store::Community& community : node.desk->members.communities()) {
      SOMETIMES(community.frozen, "a community is frozen by two charters of one epoch");
      if (!community.frozen) continue;
      Hash kept = community.charter_hash;
      for (const Bytes& bytes : store::forks(node.desk->database, community.id))
        if (const auto fork = open_package(bytes);
            fork && fork->charter.epoch() == community.newest.epoch())
          kept = std::min(kept, fork->hash);
      if (desk::settle_fork(*node.desk, community.id, kept, "operator"))
        SOMETIMES(true, "a fork is settled");
    }
  });
  if (node.up()) world.members_changed(node);
}

void plan_charters(World& world) {
  plan_spells(world, Fault::proposal,
              [&world](Random& random) { return propose(world, random, false); });
  plan_spells(world, Fault::fork, [&world](Random& random) {
    const bool first = propose(world, random, true);
    return propose(world, random, true) && first;
  });
  for (auto& node : world.nodes)
    world.repeat(12, world.random.fork("govern", node->index),
                 [&world, &node] { govern(world, *node); });
}

}  // namespace bakhita::simulation
