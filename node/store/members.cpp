// SPDX-License-Identifier: EUPL-1.2
#include "node/store/members.h"

#include <algorithm>

#include "bakhita/storage/v1/members.pb.h"
#include "protocol/community/terms.h"

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
  for (const Hash& hash : community.chain) row.add_chain(std::string(as_text(hash)));
  if (community.accepted.epoch() > 0)
    row.set_accepted_charter(community.accepted.SerializeAsString());
  for (const NodeId& node : community.former) row.add_former(std::string(as_text(node.bytes)));
  row.set_frozen(community.frozen);
  return to_bytes(as_bytes(row.SerializeAsString()));
}

Community decode_community(ByteView bytes) {
  storage::v1::Community row;
  v1::SignedCharter outer;
  Community out;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !outer.ParseFromString(row.signed_charter()) ||
      !out.newest.ParseFromString(outer.charter()) ||
      !out.accepted.ParseFromString(row.accepted_charter()))
    throw StorageError("a community's row is malformed");
  out.id.bytes = to_array<16>(as_bytes(out.newest.community())).value_or(ByteArray<16>{});
  out.signed_charter = to_bytes(as_bytes(row.signed_charter()));
  out.charter_hash = charter_hash(outer);
  for (const std::string& hash : row.chain())
    out.chain.push_back(to_array<32>(as_bytes(hash)).value_or(Hash{}));
  out.acceptances.assign(row.acceptances().begin(), row.acceptances().end());
  for (const std::string& node : row.former())
    out.former.push_back({to_array<32>(as_bytes(node)).value_or(ByteArray<32>{})});
  out.frozen = row.frozen();
  out.derive();
  return out;
}

/// Place in the chain of the charter that the statement is about.
std::optional<std::size_t> place_in(const std::vector<Hash>& chain, const std::string& hash) {
  for (std::size_t i = 0; i < chain.size(); ++i)
    if (as_text(chain[i]) == hash) return i;
  return std::nullopt;
}

/// Place of the node's last yes, or of its last departure.
std::optional<std::size_t> last(const Community& community, const NodeId& node, bool leaves) {
  std::optional<std::size_t> out;
  for (const v1::Acceptance& acceptance : community.acceptances)
    if (acceptance.node() == as_text(node.bytes) && acceptance.leaves() == leaves)
      if (const auto place = place_in(community.chain, acceptance.charter_hash()))
        out = std::max(out, place);
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
  return last(*this, node, false) > last(*this, node, true);
}

bool Community::has_left(const NodeId& node) const {
  const auto departure = last(*this, node, true);
  return departure && departure >= last(*this, node, false);
}

bool Community::accepts_newest() const {
  return accepted.SerializeAsString() == newest.SerializeAsString();
}

bool Community::has_member(const NodeId& node) const { return names_member(charter, node); }

bool Community::had_member(const NodeId& node) const {
  return std::find(former.begin(), former.end(), node) != former.end();
}

bool Community::may_flow(const NodeId& from, const NodeId& to) const {
  return accepted_by(from) && accepted_by(to) && bakhita::may_flow(charter, from, to);
}

void Community::put_in_force(const CharterPackage& package, const NodeId& self) {
  id.bytes = to_array<16>(as_bytes(package.charter.community())).value_or(ByteArray<16>{});
  for (const v1::Member& member : newest.members()) former.push_back(node_of(member));
  std::erase_if(former, [&](const NodeId& node) { return names_member(package.charter, node); });
  newest = package.charter;
  charter_hash = package.hash;
  signed_charter = package.serialise();
  if (chain.empty() || chain.back() != package.hash) chain.push_back(package.hash);
  for (const v1::Acceptance& acceptance : acceptances_in(package.signed_charter)) add(acceptance);
  if (package.is_signed_by(self)) accepted = package.charter;
  derive();
}

bool Community::add(const v1::Acceptance& acceptance) {
  if (!place_in(chain, acceptance.charter_hash())) return false;
  for (const v1::Acceptance& known : acceptances)
    if (known.charter_hash() == acceptance.charter_hash() && known.node() == acceptance.node() &&
        known.leaves() == acceptance.leaves())
      return false;
  acceptances.push_back(acceptance);
  return true;
}

void Community::derive() {
  charter = accepted.epoch() == 0 || accepts_newest() ? newest : strictest(newest, accepted);
  if (!frozen) return;
  charter.clear_members();
  charter.clear_bases();
}

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

void Members::put(const Community& community, const AuditEntry& entry, Batch extra) {
  const std::lock_guard lock(mutex_);
  put_locked(community, entry, std::move(extra));
}

bool Members::add(const v1::Acceptance& acceptance, const AuditEntry& entry) {
  const auto node = to_array<32>(as_bytes(acceptance.node()));
  if (!node) return false;
  const std::lock_guard lock(mutex_);
  for (Community community : communities_) {
    if (!community.add(acceptance)) continue;
    put_locked(community, entry, {});
    return true;
  }
  return false;
}

void Members::put_locked(const Community& community, const AuditEntry& entry, Batch batch) {
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
    if (community.may_flow(self, peer) || community.may_flow(peer, self)) out.push_back(community);
  return out;
}

}  // namespace bakhita::store
