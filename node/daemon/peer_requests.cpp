// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/daemon/views.h"
#include "node/desk/answering.h"
#include "node/desk/exporting.h"
#include "protocol/community/card.h"
#include "protocol/community/charter.h"
#include "protocol/unix_time.h"

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
  if (state == store::PeerState::trusted && !peer.is_verified(node.config().peer_approvals))
    throw refuse(ExitCode::refused, "the peer was never verified by all who must",
                 "use `bakhita peer verify`");
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

/// What a newer card says otherwise, for the operator to see.
std::vector<std::string> differences(const v1::NodeCard& before, const v1::NodeCard& after) {
  std::vector<std::string> out;
  const auto compare = [&](const char* what, const std::string& old_one,
                           const std::string& new_one) {
    if (old_one != new_one) out.emplace_back(what);
  };
  const auto addresses = [](const v1::NodeCard& card) {
    std::string all;
    for (const std::string& address : card.addresses()) all += address + "\n";
    return all;
  };
  compare("country", before.country(), after.country());
  compare("authority", before.authority(), after.authority());
  compare("desk", before.desk(), after.desk());
  compare("addresses", addresses(before), addresses(after));
  compare("log key", before.log_key(), after.log_key());
  compare("TLS pin", before.tls_pin(), after.tls_pin());
  compare("encryption key", before.encryption_key(), after.encryption_key());
  if (before.valid_until() != after.valid_until()) out.emplace_back("validity");
  return out;
}

/// Why no session with the peer is wanted yet, and the next step; empty when one is.
std::string missing_for_session(Node& node, const store::Peer& peer) {
  const store::Members& members = node.desk().members;
  const std::string& country = peer.card.country();
  if (peer.state == store::PeerState::suspended)
    return "it is suspended on this node; `bakhita peer resume " + country + "` ends that";
  if (!members.is_pinned(peer))
    return "it is not verified yet; next: `bakhita peer verify " + country + "`";
  std::string not_accepted;
  for (const store::Community& community : members.communities()) {
    if (!names_member(community.newest, peer.node) || !names_member(community.newest, node.self()))
      continue;
    if (community.accepted_by(node.self()) || community.has_left(node.self())) return {};
    not_accepted = community.newest.name();
  }
  if (!not_accepted.empty())
    return "this node has not accepted the charter of " + not_accepted +
           "; next: `bakhita community sign " + not_accepted + "`";
  return "this node and it have no community in common yet, and sessions begin with one; next: "
         "`bakhita community create --member " +
         country + " …` on one node, and `bakhita community join FILE` on the other";
}

void require_matching_digits(const Node& node, const store::Peer& peer, const std::string& given) {
  const std::string digits = only_digits(verification_number(node.self(), peer.node));
  const std::string typed = only_digits(given);
  if ((typed.size() != 10 && typed.size() != 60) || !digits.ends_with(typed))
    throw refuse(ExitCode::not_verified, "the digits are not those of this peer and this node",
                 "compare all twelve groups again, over a channel that you trust; do not go on if "
                 "one differs");
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
  for (const store::Peer& other : desk.members.peers())
    if (other.node != node_of(*card) && other.state != store::PeerState::suspended &&
        other.card.tls_pin() == card->tls_pin())
      throw refuse(ExitCode::conflict,
                   "the card has the TLS pin of the node " +
                       to_hex(other.node.bytes).substr(0, 16) + " (" + other.card.country() + ")",
                   "one of the two copied it: ask both by telephone; `bakhita keys rotate tls` "
                   "makes a new one");
  store::Peer peer;
  if (const auto held = desk.members.peer(node_of(*card))) {
    if (held->card.serial() > card->serial())
      throw refuse(ExitCode::conflict, "a newer card of this peer is known already");
    peer = *held;
  } else if (const auto other = desk.members.peer(card->country());
             other && other->state != store::PeerState::suspended) {
    throw refuse(ExitCode::conflict, "another node of " + card->country() + " is a peer already",
                 "remove it first, if its key was lost");
  }
  const bool known = !peer.signed_card.empty();
  const std::vector<std::string> changed =
      known ? differences(peer.card, *card) : std::vector<std::string>();
  peer.node = node_of(*card);
  peer.take_card(*card, signed_card, node.now());
  desk.members.put(peer, desk.entry("node", "peer.add", to_hex(peer.node.bytes).substr(0, 16)));
  node.members_changed();
  Response response = peer_response(node, peer);
  for (const std::string& field : changed) response.mutable_peer()->add_changed(field);
  return response;
}

Response verify_peer(Node& node, const admin::v1::PeerVerify& request) {
  desk::Desk& desk = node.desk();
  store::Peer peer = peer_named(node, request.name());
  require_matching_digits(node, peer, request.digits());
  const std::string object = to_hex(peer.node.bytes).substr(0, 16);
  const std::uint32_t approvals = node.config().peer_approvals;
  const bool second = approvals == 2 && peer.verified_at != 0 && !peer.is_verified(approvals);
  if (second && peer.verified_by == request.operator_())
    throw refuse(ExitCode::refused,
                 peer.verified_by + " verified this peer before: another officer must confirm",
                 "the second officer runs `bakhita peer verify` under a name of his own");
  if (second) {
    peer.confirmed_by = request.operator_();
    peer.confirmed_how = request.how();
    peer.confirmed_at = node.now();
  } else {
    peer.verified_by = request.operator_();
    peer.verified_how = request.how();
    peer.verified_at = node.now();
    peer.confirmed_by.clear();
    peer.confirmed_how.clear();
    peer.confirmed_at = 0;
  }
  peer.state =
      peer.is_verified(approvals) ? store::PeerState::trusted : store::PeerState::unverified;
  desk.members.put(peer, desk.entry(request.operator_(), second ? "peer.confirm" : "peer.verify",
                                    object, request.how()));
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
  // Forgotten, it would be taken for a member that the charter vouches for.
  for (const store::Community& community : node.desk().members.communities())
    if (names_member(community.newest, peer.node)) {
      set_state(node, request, store::PeerState::suspended, "peer.suspend");
      Response response;
      response.mutable_ok()->set_message("suspended " + peer.card.country() + ": the charter of " +
                                         community.newest.name() + " still names it");
      return response;
    }
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
  auto* card = response.mutable_peer_tested()->add_steps();
  card->set_step("card");
  card->set_ok(!peer.has_expired(node.now()));
  card->set_detail((card->ok() ? "valid until " : "ended on ") +
                   time_text(peer.card.valid_until()));
  if (!card->ok()) return response;
  if (const std::string missing = missing_for_session(node, peer); !missing.empty()) {
    auto* step = response.mutable_peer_tested()->add_steps();
    step->set_step("community");
    step->set_detail(missing);
    return response;
  }
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

Response export_card(Node& node, const admin::v1::CardExport& request) {
  desk::Desk& desk = node.desk();
  const policy::Explanation why =
      desk::decide_export(desk, policy::FileKind::card, desk.self, nullptr,
                          desk.entry(request.operator_(), "card.export"));
  if (!why.allowed) throw refuse(ExitCode::refused, why.text);
  Response response;
  response.mutable_card()->set_signed_card(text(node.signed_card()));
  return response;
}

}  // namespace bakhita::daemon
