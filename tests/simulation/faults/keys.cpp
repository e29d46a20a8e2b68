// SPDX-License-Identifier: EUPL-1.2
#include "keys/error.h"
#include "keys/rotation.h"
#include "protocol/community/card.h"
#include "tests/simulation/faults/rate.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {

/// `bakhita keys rotate`, with the node stopped. The write may fail, or the power go: the next
/// start reads which key it is.
bool rotate(World& world, Random& random) {
  Node& node = world.any_node(random);
  if (!node.serving()) return false;
  constexpr std::string_view names[] = {keys::name::tls, keys::name::log, keys::name::encryption};
  const std::string_view name = names[random.below(std::size(names))];
  node.stop();
  node.change_keys([&](keys::Keystore& keystore) {
    keys::rotate(keystore, name, node.unix_now());
    SOMETIMES(name == keys::name::tls, "a node gets another TLS key");
    SOMETIMES(name == keys::name::log, "a node gets another log key");
    SOMETIMES(name == keys::name::encryption, "a node gets another encryption key");
  });
  // Histories that were signed by the former key are believed by nobody any more.
  node.liar.forks.clear();
  world.events.after(random.between(5, 60) * second, [&node] { node.start(); });
  return true;
}

}  // namespace

/// `bakhita peer add`: the identity key signed it, so that it needs no ceremony.
void take_cards(World& world, Node& node) {
  if (!node.up() || !world.scenario.faults.contains(Fault::key_rotation)) return;
  bool changed = false;
  node.run([&] {
    for (store::Peer& peer : node.desk->members.peers()) {
      const Node* of = world.network.find(peer.node);
      if (of == nullptr || of->card == peer.signed_card) continue;
      const auto card = open_card(of->card, node.unix_now());
      if (!card || card->serial() <= peer.card.serial()) continue;
      peer.take_card(*card, of->card, node.unix_now());
      node.desk->members.put(peer, node.desk->entry("operator", "peer.add"));
      node.cards_taken[peer.node] = world.events.now();
      SOMETIMES(true, "a peer takes a new card");
      changed = true;
    }
  });
  if (changed && node.up()) world.members_changed(node);
}

void hand_cards_round(World& world, Node& node) {
  Random random = node.random.fork("cards", node.card_serial);
  for (auto& other : world.nodes)
    world.events.after(random.between(1, 900) * second,
                       [&world, &other] { take_cards(world, *other); });
}

void plan_key_faults(World& world) {
  plan_spells(world, Fault::key_rotation,
              [&world](Random& random) { return rotate(world, random); });
}

}  // namespace bakhita::simulation
