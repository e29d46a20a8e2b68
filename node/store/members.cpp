// SPDX-License-Identifier: EUPL-1.2
#include "node/store/members.h"

#include <algorithm>

#include "bakhita/storage/v1/members.pb.h"
#include "protocol/community/charter.h"

namespace bakhita::store {
namespace {

Bytes peer_key(const NodeId& node) { return ByteWriter().text("peer/").raw(node.bytes).take(); }
Bytes community_key(const CommunityId& id) {
  return ByteWriter().text("community/").raw(id.bytes).take();
}

Bytes encode(const Peer& peer) {
  storage::v1::Peer row;
  row.set_signed_card(std::string(as_text(peer.signed_card)));
  row.set_state(static_cast<std::uint32_t>(peer.state));
  row.set_verified_by(peer.verified_by);
  row.set_verified_how(peer.verified_how);
  row.set_verified_at(peer.verified_at);
  row.set_confirmed_by(peer.confirmed_by);
  row.set_confirmed_how(peer.confirmed_how);
  row.set_confirmed_at(peer.confirmed_at);
  for (const FormerLogKey& former : peer.former_log_keys) {
    auto* key = row.add_former_log_keys();
    key->set_key(std::string(as_text(former.key)));
    key->set_until(former.until);
  }
  return to_bytes(as_bytes(row.SerializeAsString()));
}

Peer decode_peer(ByteView bytes) {
  storage::v1::Peer row;
  v1::SignedNodeCard outer;
  Peer out;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !outer.ParseFromString(row.signed_card()) || !out.card.ParseFromString(outer.card()) ||
      row.state() > static_cast<std::uint32_t>(PeerState::suspended))
    throw StorageError("a peer's row is malformed");
  out.node = node_of(out.card);
  out.signed_card = to_bytes(as_bytes(row.signed_card()));
  out.state = static_cast<PeerState>(row.state());
  out.verified_by = row.verified_by();
  out.verified_how = row.verified_how();
  out.verified_at = row.verified_at();
  out.confirmed_by = row.confirmed_by();
  out.confirmed_how = row.confirmed_how();
  out.confirmed_at = row.confirmed_at();
  for (const auto& former : row.former_log_keys()) {
    const auto key = to_array<32>(as_bytes(former.key()));
    if (!key) throw StorageError("a peer's row is malformed");
    out.former_log_keys.push_back({*key, former.until()});
  }
  return out;
}

Bytes encode(const Community& community) {
  storage::v1::Community row;
  row.set_signed_charter(std::string(as_text(community.signed_charter)));
  for (const v1::Acceptance& acceptance : community.acceptances)
    *row.add_acceptances() = acceptance;
  return to_bytes(as_bytes(row.SerializeAsString()));
}

Community decode_community(ByteView bytes) {
  storage::v1::Community row;
  v1::SignedCharter outer;
  Community out;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !outer.ParseFromString(row.signed_charter()) || !out.charter.ParseFromString(outer.charter()))
    throw StorageError("a community's row is malformed");
  out.id.bytes = to_array<16>(as_bytes(out.charter.community())).value_or(ByteArray<16>{});
  out.signed_charter = to_bytes(as_bytes(row.signed_charter()));
  out.charter_hash = charter_hash(outer);
  out.acceptances.assign(row.acceptances().begin(), row.acceptances().end());
  return out;
}

}  // namespace

std::vector<PublicKey> Peer::log_keys() const {
  std::vector<PublicKey> out;
  if (const auto key = to_array<32>(as_bytes(card.log_key()))) out.push_back(*key);
  for (const FormerLogKey& former : former_log_keys) out.push_back(former.key);
  return out;
}

bool Community::accepted_by(const NodeId& node) const {
  return std::any_of(acceptances.begin(), acceptances.end(), [&](const v1::Acceptance& acceptance) {
    return acceptance.node() == as_text(node.bytes) &&
           acceptance.charter_hash() == as_text(charter_hash);
  });
}

bool Community::has_member(const NodeId& node) const { return names_member(charter, node); }

Members::Members(Database& database, Audit& audit) : audit_(audit) {
  database.scan(Table::members, as_bytes("peer/"), {}, [this](ByteView, ByteView row) {
    peers_.push_back(decode_peer(row));
    return true;
  });
  database.scan(Table::members, as_bytes("community/"), {}, [this](ByteView, ByteView row) {
    communities_.push_back(decode_community(row));
    return true;
  });
}

std::vector<Peer> Members::peers() const {
  const std::lock_guard lock(mutex_);
  return peers_;
}

std::optional<Peer> Members::peer(const NodeId& node) const {
  const std::lock_guard lock(mutex_);
  for (const Peer& peer : peers_)
    if (peer.node == node) return peer;
  return std::nullopt;
}

std::optional<Peer> Members::peer(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  std::optional<Peer> found;
  for (const Peer& peer : peers_) {
    if (peer.card.country() == name) return peer;
    if (name.size() < 6 || !to_hex(peer.node.bytes).starts_with(name)) continue;
    if (found) return std::nullopt;  // not unique
    found = peer;
  }
  return found;
}

std::optional<Peer> Members::peer_by_pin(const Hash& tls_pin) const {
  const std::lock_guard lock(mutex_);
  for (const Peer& peer : peers_)
    if (peer.card.tls_pin() == as_text(tls_pin)) return peer;
  return std::nullopt;
}

void Members::put(const Peer& peer, const AuditEntry& entry) {
  const std::lock_guard lock(mutex_);
  Batch batch;
  batch.put(Table::members, peer_key(peer.node), encode(peer));
  audit_.commit(std::move(batch), entry);
  const auto it = std::find_if(peers_.begin(), peers_.end(),
                               [&](const Peer& known) { return known.node == peer.node; });
  if (it == peers_.end())
    peers_.push_back(peer);
  else
    *it = peer;
}

void Members::remove(const NodeId& node, const AuditEntry& entry) {
  const std::lock_guard lock(mutex_);
  Batch batch;
  batch.erase(Table::members, peer_key(node));
  audit_.commit(std::move(batch), entry);
  std::erase_if(peers_, [&](const Peer& peer) { return peer.node == node; });
}

std::vector<Community> Members::communities() const {
  const std::lock_guard lock(mutex_);
  return communities_;
}

std::optional<Community> Members::community(const CommunityId& id) const {
  const std::lock_guard lock(mutex_);
  for (const Community& community : communities_)
    if (community.id == id) return community;
  return std::nullopt;
}

void Members::put(const Community& community, const AuditEntry& entry) {
  const std::lock_guard lock(mutex_);
  put_locked(community, entry);
}

bool Members::add(const v1::Acceptance& acceptance, const AuditEntry& entry) {
  const auto node = to_array<32>(as_bytes(acceptance.node()));
  if (!node) return false;
  const std::lock_guard lock(mutex_);
  for (Community community : communities_) {
    if (acceptance.charter_hash() != as_text(community.charter_hash) ||
        !community.has_member({*node}) || community.accepted_by({*node}))
      continue;
    community.acceptances.push_back(acceptance);
    put_locked(community, entry);
    return true;
  }
  return false;
}

void Members::put_locked(const Community& community, const AuditEntry& entry) {
  Batch batch;
  batch.put(Table::members, community_key(community.id), encode(community));
  audit_.commit(std::move(batch), entry);
  const auto it = std::find_if(communities_.begin(), communities_.end(),
                               [&](const Community& known) { return known.id == community.id; });
  if (it == communities_.end())
    communities_.push_back(community);
  else
    *it = community;
}

std::vector<Community> Members::shared_with(const NodeId& self, const NodeId& peer) const {
  const std::lock_guard lock(mutex_);
  std::vector<Community> out;
  const bool trusted = std::any_of(peers_.begin(), peers_.end(), [&](const Peer& known) {
    return known.node == peer && known.state == PeerState::trusted;
  });
  if (!trusted) return out;
  for (const Community& community : communities_)
    if (community.has_member(self) && community.has_member(peer) && community.accepted_by(self) &&
        community.accepted_by(peer))
      out.push_back(community);
  return out;
}

}  // namespace bakhita::store
