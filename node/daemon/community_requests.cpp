// SPDX-License-Identifier: EUPL-1.2
#include "keys/rotation.h"
#include "keys/sealing.h"
#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/daemon/views.h"
#include "protocol/community/card.h"
#include "protocol/community/charter.h"

namespace bakhita::daemon {
namespace {

using admin::v1::Response;

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

}  // namespace

Response create_community(Node& node, const admin::v1::CommunityCreate& request) {
  constexpr std::uint32_t tlp_default = 4;  // AMBER+STRICT
  constexpr std::uint64_t live_locks_max = 10'000'000;
  desk::Desk& desk = node.desk();
  const auto own_hash = card_hash(node.signed_card());
  std::vector<store::Peer> members;
  for (const std::string& name : request.members()) {
    members.push_back(peer_named(node, name));
    if (members.back().state != store::PeerState::trusted)
      throw refuse(ExitCode::refused, name + " is not verified",
                   "use `bakhita peer verify " + name + "`");
  }
  v1::Charter charter;
  charter.set_community(text(desk.random.bytes<16>()));
  charter.set_epoch(1);
  charter.set_name(request.name());
  charter.set_steward(text(node.self().bytes));
  charter.set_highest_tlp(request.highest_tlp() == 0 ? tlp_default : request.highest_tlp());
  charter.set_retention_days(request.retention_days() == 0 ? desk.retention_days
                                                           : request.retention_days());
  charter.set_live_locks_per_origin(live_locks_max);
  for (const std::string& purpose : request.purposes()) charter.add_purposes(purpose);
  const auto add = [&](const NodeId& id, const Hash& hash, const std::string& country) {
    auto* member = charter.add_members();
    member->set_node(text(id.bytes));
    member->set_card_hash(text(hash));
    member->set_country(country);
  };
  add(node.self(), own_hash.value(), desk.country);
  for (const store::Peer& peer : members)
    add(peer.node, card_hash(peer.signed_card).value(), peer.card.country());
  const keys::SecretBytes identity = node.keystore().get(keys::name::identity);
  const auto sign = [&](ByteView message) { return keys::sign(identity, message); };
  v1::SignedCharter signed_charter = make_charter(charter, sign);
  if (const auto checked = open_charter(signed_charter); !checked)
    throw refuse(ExitCode::usage,
                 "the charter would not be valid: a name of 1 to 64 bytes and at least one other "
                 "member are needed");
  keys::SecretBytes secret(32);
  desk.random.fill(secret.writable());
  for (const store::Peer& peer : members) {
    auto* sealed = signed_charter.add_secrets();
    sealed->set_node(text(peer.node.bytes));
    sealed->set_sealed(text(
        keys::seal_to(to_array<32>(as_bytes(peer.card.encryption_key())).value(), secret.view())));
  }
  store::Community community;
  community.id.bytes = to_array<16>(as_bytes(charter.community())).value();
  community.charter = charter;
  community.charter_hash = charter_hash(signed_charter);
  community.signed_charter = to_bytes(as_bytes(signed_charter.SerializeAsString()));
  community.acceptances.push_back(make_acceptance(community.charter_hash, node.self(), sign));
  std::map<std::string, std::optional<keys::SecretBytes>> secrets;
  secrets.emplace(keys::name::community_secret(community.id, 1), std::move(secret));
  node.keystore().change(std::move(secrets));
  desk.members.put(community, desk.entry("node", "community.create", to_hex(community.id.bytes)));
  node.charter_accepted(community.charter);
  Response response;
  *response.mutable_community() = view_of(node, community);
  return response;
}

Response join_community(Node& node, const admin::v1::CommunityJoin& request) {
  desk::Desk& desk = node.desk();
  v1::SignedCharter signed_charter;
  if (request.signed_charter().size() > charter_size_max * 2 ||
      !signed_charter.ParseFromString(request.signed_charter()))
    throw refuse(ExitCode::usage, "the file is no charter");
  const auto charter = open_charter(signed_charter);
  if (!charter)
    throw refuse(ExitCode::not_verified,
                 "the charter is not valid: " + std::string(describe(charter.error())));
  const NodeId steward{to_array<32>(as_bytes(charter->steward())).value()};
  const auto steward_peer = desk.members.peer(steward);
  const bool is_steward = steward == node.self();  // back after a loss
  if (!is_steward && (!steward_peer || steward_peer->state != store::PeerState::trusted))
    throw refuse(ExitCode::refused, "the charter's steward is not a verified peer of this node",
                 "add its card and verify it first");
  if (!names_member(*charter, node.self()))
    throw refuse(ExitCode::refused, "the charter does not name this node as a member");
  store::Community community;
  community.id.bytes = to_array<16>(as_bytes(charter->community())).value();
  if (const auto known = desk.members.community(community.id);
      known && known->charter.epoch() >= charter->epoch())
    throw refuse(ExitCode::conflict, "this community's charter of epoch " +
                                         std::to_string(known->charter.epoch()) +
                                         " was joined already");
  std::optional<keys::SecretBytes> secret;
  for (const v1::SealedSecret& sealed : signed_charter.secrets())
    if (sealed.node() == text(node.self().bytes))
      secret =
          keys::open_sealed(node.keystore(), keys::name::encryption, as_bytes(sealed.sealed()));
  const std::string secret_name = keys::name::community_secret(community.id, charter->epoch());
  if (is_steward && node.keystore().has(secret_name)) secret = node.keystore().get(secret_name);
  if (!secret || secret->size() != 32)
    throw refuse(ExitCode::not_verified, "the charter holds no secret that this node can open");
  const keys::SecretBytes identity = node.keystore().get(keys::name::identity);
  community.charter = *charter;
  community.charter_hash = charter_hash(signed_charter);
  community.signed_charter = to_bytes(as_bytes(request.signed_charter()));
  community.acceptances.push_back(
      make_acceptance(community.charter_hash, node.self(),
                      [&](ByteView message) { return keys::sign(identity, message); }));
  std::map<std::string, std::optional<keys::SecretBytes>> secrets;
  secrets.emplace(secret_name, std::move(*secret));
  node.keystore().change(std::move(secrets));
  desk.members.put(community, desk.entry("node", "community.join", to_hex(community.id.bytes)));
  node.charter_accepted(community.charter);
  Response response;
  *response.mutable_community() = view_of(node, community);
  return response;
}

Response show_communities(Node& node, const admin::v1::CommunityShow& request) {
  Response response;
  response.mutable_communities();
  for (const store::Community& community : node.desk().members.communities())
    if (request.name().empty() || community.charter.name() == request.name())
      *response.mutable_communities()->add_communities() = view_of(node, community);
  if (!request.name().empty() && response.communities().communities_size() == 0)
    throw refuse(ExitCode::not_found, "there is no community of that name");
  return response;
}

}  // namespace bakhita::daemon
