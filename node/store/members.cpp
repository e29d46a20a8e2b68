// SPDX-License-Identifier: EUPL-1.2
#include "node/store/members.h"

#include <algorithm>
#include <map>
#include <set>

#include "bakhita/storage/v1/members.pb.h"
#include "protocol/community/terms.h"

namespace bakhita::store {
namespace {

Bytes peer_key(const NodeId& node) { return ByteWriter().text("peer/").raw(node.bytes).take(); }
Bytes card_key(const NodeId& node, const Hash& hash) {
  return ByteWriter().text("card/").raw(node.bytes).raw(hash).take();
}
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
  row.set_in_force_since(community.in_force_since);
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
  out.in_force_since = row.in_force_since();
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

void Peer::take_card(const v1::NodeCard& newer, ByteView signed_newer, std::uint64_t now) {
  const auto log_key = to_array<32>(as_bytes(card.log_key()));
  if (log_key && card.log_key() != newer.log_key()) {
    former_log_keys.insert(former_log_keys.begin(), {*log_key, now});
    if (former_log_keys.size() > former_log_keys_max) former_log_keys.pop_back();
  }
  card = newer;
  signed_card = to_bytes(signed_newer);
}

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

std::vector<v1::Acceptance> Community::last_statements() const {
  std::map<std::pair<std::string, bool>, std::pair<std::size_t, const v1::Acceptance*>> last_of;
  for (const v1::Acceptance& acceptance : acceptances) {
    const auto place = place_in(chain, acceptance.charter_hash());
    if (!place) continue;
    auto& [newest_place, kept] = last_of[{acceptance.node(), acceptance.leaves()}];
    if (kept != nullptr && newest_place >= *place) continue;
    newest_place = *place;
    kept = &acceptance;
  }
  std::vector<v1::Acceptance> out;
  out.reserve(last_of.size());
  for (const auto& [who, what] : last_of) out.push_back(*what.second);
  return out;
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
  // Keys are free to make: what strangers sign is neither kept nor passed on.
  const auto node = to_array<32>(as_bytes(acceptance.node()));
  if (!node || (!names_member(newest, {*node}) && !had_member({*node}))) return false;
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
    communities_.push_back(std::make_shared<const Community>(decode_community(row)));
    return true;
  });
  database.scan(Table::members, as_bytes("card/"), {}, [this](ByteView, ByteView row) {
    v1::SignedNodeCard outer;
    MemberCard card;
    if (!outer.ParseFromArray(row.data(), static_cast<int>(row.size())) ||
        !card.card.ParseFromString(outer.card()))
      throw StorageError("a member's card is malformed");
    card.node = node_of(card.card);
    card.hash = sha256(as_bytes(outer.card()));
    card.signed_card = to_bytes(row);
    cards_.push_back(std::move(card));
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
    if (peer.card.country() == name) {
      if (peer.state != PeerState::suspended) return peer;
      if (!found) found = peer;  // a lost node that another took the place of
      continue;
    }
    if (name.size() < 6 || !to_hex(peer.node.bytes).starts_with(name)) continue;
    if (found) return std::nullopt;  // not unique
    found = peer;
  }
  return found;
}

std::optional<Peer> Members::peer_by_pin(const Hash& tls_pin) const {
  const std::lock_guard lock(mutex_);
  for (const Peer& peer : peers_)
    if (peer.state == PeerState::trusted && peer.card.tls_pin() == as_text(tls_pin)) return peer;
  for (const MemberCard& card : cards_)
    if (card.card.tls_pin() == as_text(tls_pin))
      if (auto peer = vouched_locked(card.node); peer && is_pinned_locked(*peer)) return peer;
  return std::nullopt;
}

std::optional<Peer> Members::known(const NodeId& node) const {
  const std::lock_guard lock(mutex_);
  for (const Peer& peer : peers_)
    if (peer.node == node && peer.state != PeerState::unverified) return peer;
  return vouched_locked(node);
}

std::vector<Peer> Members::vouched() const {
  const std::lock_guard lock(mutex_);
  std::vector<Peer> out;
  std::set<NodeId> seen;
  for (const MemberCard& card : cards_)
    if (seen.insert(card.node).second)
      if (auto peer = vouched_locked(card.node)) out.push_back(std::move(*peer));
  return out;
}

bool Members::is_pinned(const Peer& peer) const {
  const std::lock_guard lock(mutex_);
  return is_pinned_locked(peer);
}

/// The card that the newest charter with this member names.
std::optional<Hash> Members::pinned_hash(const NodeId& node) const {
  for (const auto& community : communities_)
    for (const v1::Member& member : community->charter.members())
      if (member.node() == as_text(node.bytes)) return to_array<32>(as_bytes(member.card_hash()));
  return std::nullopt;
}

const Members::MemberCard* Members::newest_card(const NodeId& node) const {
  const MemberCard* out = nullptr;
  for (const MemberCard& card : cards_)
    if (card.node == node && (out == nullptr || card.card.serial() > out->card.serial()))
      out = &card;
  return out;
}

/// A peer of the operators' is theirs to trust or suspend: no charter overrules them.
std::optional<Peer> Members::vouched_locked(const NodeId& node) const {
  for (const Peer& peer : peers_)
    if (peer.node == node && peer.state != PeerState::unverified) return std::nullopt;
  const MemberCard* card = newest_card(node);
  if (card == nullptr || !pinned_hash(node)) return std::nullopt;
  Peer out;
  out.node = node;
  out.card = card->card;
  out.signed_card = card->signed_card;
  out.state = PeerState::vouched;
  return out;
}

bool Members::is_pinned_locked(const Peer& peer) const {
  if (peer.state == PeerState::trusted) return true;
  if (peer.state != PeerState::vouched) return false;
  // Officers have begun to verify it: they decide.
  for (const Peer& begun : peers_)
    if (begun.node == peer.node) return false;
  const auto pinned = pinned_hash(peer.node);
  return std::any_of(cards_.begin(), cards_.end(), [&](const MemberCard& card) {
    return card.node == peer.node && card.hash == pinned &&
           card.card.tls_pin() == peer.card.tls_pin() && card.card.log_key() == peer.card.log_key();
  });
}

/// Who copies a pin would be taken for the node that has the key, and cut it off.
bool Members::is_pin_of_another(const v1::NodeCard& card, const NodeId& node) const {
  for (const Peer& peer : peers_)
    if (peer.state == PeerState::trusted && peer.node != node &&
        peer.card.tls_pin() == card.tls_pin())
      return true;
  return std::any_of(cards_.begin(), cards_.end(), [&](const MemberCard& known) {
    return known.node != node && known.card.tls_pin() == card.tls_pin();
  });
}

bool Members::learn_card(const v1::NodeCard& card, ByteView signed_card, const NodeId& self,
                         const AuditEntry& entry) {
  const auto hash = card_hash(signed_card);
  const NodeId node = node_of(card);
  const std::lock_guard lock(mutex_);
  bool is_member = false, is_pinned = false;
  for (const auto& community : communities_) {
    if (!community->accepted_by(self)) continue;
    for (const v1::Member& member : community->charter.members())
      if (member.node() == as_text(node.bytes)) {
        is_member = true;
        is_pinned = is_pinned || member.card_hash() == as_text(*hash);
      }
  }
  if (!hash || !is_member || node == self) return false;
  for (const MemberCard& known : cards_)
    if (known.node == node && known.hash == *hash) return false;
  const MemberCard* newest = newest_card(node);
  const bool is_newest = newest == nullptr || card.serial() > newest->card.serial();
  if (!is_newest && !is_pinned) return false;
  if (is_pin_of_another(card, node)) return false;
  Batch batch;
  batch.put(Table::members, card_key(node, *hash), signed_card);
  const auto pinned = is_pinned ? hash.value() : pinned_hash(node).value_or(Hash{});
  const auto is_stale = [&](const MemberCard& known) {
    return known.node == node && known.hash != pinned && (is_newest || &known != newest);
  };
  for (const MemberCard& known : cards_)
    if (is_stale(known)) batch.erase(Table::members, card_key(node, known.hash));
  audit_.commit(std::move(batch), entry);
  std::vector<MemberCard> kept;
  for (const MemberCard& known : cards_)
    if (!is_stale(known)) kept.push_back(known);
  kept.push_back({node, *hash, card, to_bytes(signed_card)});
  cards_ = std::move(kept);
  return true;
}

std::vector<Bytes> Members::cards_of(const Community& community) const {
  const std::lock_guard lock(mutex_);
  std::vector<Bytes> out;
  for (const MemberCard& card : cards_)
    if (community.has_member(card.node)) out.push_back(card.signed_card);
  for (const Peer& peer : peers_)
    if (community.has_member(peer.node) && peer.state != PeerState::unverified)
      out.push_back(peer.signed_card);
  return out;
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

Communities Members::communities() const {
  const std::lock_guard lock(mutex_);
  return Communities(communities_);
}

Communities::Row Members::community(const CommunityId& id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& community : communities_)
    if (community->id == id) return community;
  return nullptr;
}

void Members::put(const Community& community, const AuditEntry& entry, Batch extra) {
  const std::lock_guard lock(mutex_);
  put_locked(community, entry, std::move(extra));
}

bool Members::add(const v1::Acceptance& acceptance, const AuditEntry& entry) {
  const auto node = to_array<32>(as_bytes(acceptance.node()));
  if (!node) return false;
  const std::lock_guard lock(mutex_);
  for (const auto& known : communities_) {
    Community community = *known;
    if (!community.add(acceptance)) continue;
    put_locked(community, entry, {});
    return true;
  }
  return false;
}

void Members::put_locked(const Community& community, const AuditEntry& entry, Batch batch) {
  // A pinned card is kept even when its peer hands out a newer one: others will ask for it.
  for (const v1::Member& member : community.newest.members())
    for (const Peer& peer : peers_) {
      if (member.node() != as_text(peer.node.bytes)) continue;
      const auto hash = card_hash(peer.signed_card);
      const bool known = std::any_of(cards_.begin(), cards_.end(), [&](const MemberCard& card) {
        return hash && card.hash == *hash;
      });
      if (!hash || known || member.card_hash() != as_text(*hash)) continue;
      batch.put(Table::members, card_key(peer.node, *hash), peer.signed_card);
      cards_.push_back({peer.node, *hash, peer.card, peer.signed_card});
    }
  const auto it = std::find_if(communities_.begin(), communities_.end(),
                               [&](const auto& known) { return known->id == community.id; });
  const bool is_news = it == communities_.end() || (*it)->charter_hash != community.charter_hash;
  auto row = std::make_shared<Community>(community);
  if (is_news) row->in_force_since = entry.time;
  batch.put(Table::members, community_key(row->id), encode(*row));
  audit_.commit(std::move(batch), entry);
  if (it == communities_.end())
    communities_.push_back(std::move(row));
  else
    *it = std::move(row);
}

Communities Members::shared_with(const NodeId& self, const NodeId& peer) const {
  const std::lock_guard lock(mutex_);
  std::vector<Communities::Row> out;
  const bool trusted = std::any_of(peers_.begin(), peers_.end(), [&](const Peer& known) {
    return known.node == peer && known.state == PeerState::trusted;
  });
  if (!trusted && !vouched_locked(peer)) return {};
  for (const auto& community : communities_)
    if (community->may_flow(self, peer) || community->may_flow(peer, self))
      out.push_back(community);
  return Communities(std::move(out));
}

}  // namespace bakhita::store
