// SPDX-License-Identifier: EUPL-1.2
#include "tests/world/community.h"

#include <stdexcept>

#include "keys/sealing.h"
#include "node/desk/charters.h"
#include "protocol/community/card.h"
#include "protocol/community/charter.h"

namespace bakhita::world {

using simulation::Node;
using simulation::text_of;

void renew_charter(Community& community, const Nodes& nodes) {
  v1::Charter charter;
  charter.set_community(text_of(sha256(as_bytes("the world"))).substr(0, 16));
  charter.set_epoch(++community.epoch);
  charter.set_key_epoch(community.key_epoch);
  if (community.epoch > 1) charter.set_previous(text_of(charter_hash(community.charter)));
  charter.set_name("the world");
  Node& steward = *nodes[*community.members.begin()];
  charter.set_steward(text_of(steward.id.bytes));
  charter.set_proposer(charter.steward());
  charter.set_highest_tlp(4);
  charter.set_retention_days(365);
  charter.set_live_locks_per_origin(1'000'000);
  charter.add_purposes("investigation");
  v1::LegalBasis& basis = *charter.add_bases();
  basis.set_basis("invented treaty, article 1");
  for (std::size_t i : community.members) {
    const Node& node = *nodes[i];
    basis.add_from(static_cast<std::uint32_t>(charter.members_size()));
    basis.add_to(static_cast<std::uint32_t>(charter.members_size()));
    auto* member = charter.add_members();
    member->set_node(text_of(node.id.bytes));
    member->set_card_hash(text_of(card_hash(node.card).value()));
    member->set_country(node.country);
    member->set_encryption_key(text_of(node.encryption_key));
  }
  const Hash secret =
      sha256(ByteWriter().text("secret").u32(community.key_epoch).raw(steward.id.bytes).take());
  charter.set_key_commitment(text_of(commit_to_secret(secret)));
  steward.run([&] {
    v1::SignedCharter package = make_package(charter);
    for (std::size_t i : community.members) {
      const Node& node = *nodes[i];
      add_signature(package, node.id,
                    [&](ByteView message) { return keys::sign(node.identity, message); });
      auto* sealed = package.add_secrets();
      sealed->set_node(text_of(node.id.bytes));
      sealed->set_sealed(text_of(keys::seal_to(node.encryption_key, secret)));
    }
    community.charter = std::move(package);
  });
}

void introduce(Node& node, const Node& other) {
  node.run([&] {
    store::Peer peer;
    peer.node = other.id;
    peer.signed_card = other.card;
    peer.card = open_card(peer.signed_card, node.unix_now()).value();
    peer.state = store::PeerState::trusted;
    peer.verified_at = node.unix_now();
    node.desk->members.put(peer, node.desk->entry("operator", "peer.verify"));
  });
}

void accept_charter(const Community& community, Node& node) {
  const Bytes file = to_bytes(as_bytes(community.charter.SerializeAsString()));
  const bool taken = node.run([&] {
    if (community.epoch > 1) {
      const auto learning = desk::learn_charter(*node.desk, file, "operator");
      if (learning.learned != desk::Learned::in_force)
        throw std::runtime_error("a charter that follows is not taken");
    } else if (!desk::join_under(*node.desk, open_package(file).value(), "operator")) {
      throw std::runtime_error("a sealed secret does not open");
    }
  });
  if (!taken) throw std::runtime_error("a node without faults failed");
}

}  // namespace bakhita::world
