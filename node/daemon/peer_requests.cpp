// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/daemon/views.h"
#include "node/desk/answering.h"
#include "protocol/community/card.h"

namespace bakhita::daemon {
namespace {

using admin::v1::Response;

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

Response peer_response(Node& node, const store::Peer& peer) {
  Response response;
  *response.mutable_peer() = view_of(node, peer);
  return response;
}

Response set_state(Node& node, const admin::v1::PeerName& request, store::PeerState state,
                   const char* action) {
  store::Peer peer = peer_named(node, request.name());
  if (state == store::PeerState::trusted && peer.verified_at == 0)
    throw refuse(ExitCode::refused, "the peer was never verified", "use `bakhita peer verify`");
  peer.state = state;
  node.desk().members.put(
      peer, node.desk().entry(request.operator_(), action, to_hex(peer.node.bytes).substr(0, 16)));
  node.members_changed();
  return peer_response(node, peer);
}

std::string only_digits(const std::string& number) {
  std::string out;
  for (char c : number)
    if (c >= '0' && c <= '9') out += c;
  return out;
}

}  // namespace

store::Peer peer_named(Node& node, const std::string& name) {
  auto peer = node.desk().members.peer(name);
  if (!peer)
    throw refuse(ExitCode::not_found, "there is no peer " + name, "see `bakhita peer list`");
  return *peer;
}

Response add_peer(Node& node, const admin::v1::PeerAdd& request) {
  desk::Desk& desk = node.desk();
  const Bytes signed_card = to_bytes(as_bytes(request.card()));
  const auto card = open_card(signed_card, node.now());
  if (!card)
    throw refuse(ExitCode::not_verified,
                 "the card is not valid: " + std::string(describe(card.error())));
  if (node_of(*card) == node.self())
    throw refuse(ExitCode::refused, "this is the card of this node itself");
  store::Peer peer;
  if (const auto known = desk.members.peer(node_of(*card))) {
    if (known->card.serial() > card->serial())
      throw refuse(ExitCode::conflict, "a newer card of this peer is known already");
    peer = *known;
  } else if (desk.members.peer(card->country())) {
    throw refuse(ExitCode::conflict, "another node of " + card->country() + " is a peer already",
                 "remove it first, if its key was lost");
  }
  peer.node = node_of(*card);
  peer.card = *card;
  peer.signed_card = signed_card;
  desk.members.put(peer, desk.entry("node", "peer.add", to_hex(peer.node.bytes).substr(0, 16)));
  node.members_changed();
  return peer_response(node, peer);
}

Response verify_peer(Node& node, const admin::v1::PeerVerify& request) {
  desk::Desk& desk = node.desk();
  store::Peer peer = peer_named(node, request.name());
  const std::string digits = only_digits(verification_number(node.self(), peer.node));
  const std::string typed = only_digits(request.digits());
  if ((typed.size() != 10 && typed.size() != 60) || !digits.ends_with(typed))
    throw refuse(ExitCode::not_verified, "the digits are not those of this peer and this node",
                 "compare all twelve groups again, over a channel that you trust; do not go on if "
                 "one differs");
  peer.state = store::PeerState::trusted;
  peer.verified_by = request.operator_();
  peer.verified_how = request.how();
  peer.verified_at = node.now();
  desk.members.put(peer, desk.entry(request.operator_(), "peer.verify",
                                    to_hex(peer.node.bytes).substr(0, 16), request.how()));
  node.members_changed();
  return peer_response(node, peer);
}

Response list_peers(Node& node) {
  Response response;
  response.mutable_peers();
  for (const store::Peer& peer : node.desk().members.peers())
    *response.mutable_peers()->add_peers() = view_of(node, peer);
  return response;
}

Response suspend_peer(Node& node, const admin::v1::PeerName& request) {
  return set_state(node, request, store::PeerState::suspended, "peer.suspend");
}

Response resume_peer(Node& node, const admin::v1::PeerName& request) {
  return set_state(node, request, store::PeerState::trusted, "peer.resume");
}

Response remove_peer(Node& node, const admin::v1::PeerName& request) {
  const store::Peer peer = peer_named(node, request.name());
  node.desk().members.remove(peer.node, node.desk().entry(request.operator_(), "peer.remove",
                                                          to_hex(peer.node.bytes).substr(0, 16)));
  node.members_changed();
  Response response;
  response.mutable_ok()->set_message("removed " + peer.card.country());
  return response;
}

Response test_peer(Node& node, const admin::v1::PeerName& request) {
  const store::Peer peer = peer_named(node, request.name());
  Response response;
  for (const peers::TestStep& step : node.network().test_peer(peer.node)) {
    auto* row = response.mutable_peer_tested()->add_steps();
    row->set_step(step.name);
    row->set_ok(step.passed);
    row->set_detail(step.detail +
                    (step.passed ? " (" + std::to_string(step.milliseconds) + " ms)" : ""));
  }
  return response;
}

Response release_quota(Node& node, const admin::v1::QuotaRelease& request) {
  const store::Peer peer = peer_named(node, request.name());
  if (!desk::release_onboarding(node.desk(), peer.node, request.operator_()))
    throw refuse(ExitCode::conflict, "the onboarding quota of " + peer.card.country() +
                                         " was released before; it is given once");
  Response response;
  response.mutable_ok()->set_message("released the onboarding quota of " + peer.card.country());
  return response;
}

Response export_card(Node& node) {
  Response response;
  response.mutable_card()->set_signed_card(text(node.signed_card()));
  return response;
}

}  // namespace bakhita::daemon
