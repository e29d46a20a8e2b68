// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bakhita/v1/community.pb.h"
#include "node/store/audit.h"
#include "protocol/community/charter.h"

namespace bakhita::store {

/// `vouched`: no operator of ours verified it, but a charter that we accepted names it. Never
/// stored.
enum class PeerState : std::uint8_t { unverified, trusted, suspended, vouched };

/// A log key that an earlier card of a peer named.
struct FormerLogKey {
  PublicKey key{};
  std::uint64_t until = 0;  ///< Unix seconds at which the next card was taken
};

struct Peer {
  NodeId node;
  v1::NodeCard card;
  Bytes signed_card;
  PeerState state = PeerState::unverified;
  std::string verified_by;
  std::string verified_how;
  std::uint64_t verified_at = 0;
  std::string confirmed_by;  ///< the second officer, where two are needed
  std::string confirmed_how;
  std::uint64_t confirmed_at = 0;
  std::vector<FormerLogKey> former_log_keys;  ///< newest first, at most former_log_keys_max

  /// Verified by as many officers as are needed.
  bool is_verified(std::uint32_t approvals) const {
    return verified_at != 0 && (approvals < 2 || confirmed_at != 0);
  }
  /// The first of two officers verified it: as good as unverified to everybody else.
  bool awaits_second() const { return state == PeerState::unverified && verified_at != 0; }
  /// A card is good until its end; `now` is Unix seconds.
  bool has_expired(std::uint64_t now) const { return card.valid_until() < now; }
  /// Puts a newer card in place of the known one; the identity key signed both. A log key that it
  /// replaces is kept, with `now`.
  void take_card(const v1::NodeCard& newer, ByteView signed_newer, std::uint64_t now);
  /// The newest card's log key, then former ones.
  std::vector<PublicKey> log_keys() const;
};
inline constexpr std::size_t former_log_keys_max = 64;

struct Community {
  CommunityId id;
  /// What this node exchanges under: the newest, as far as this node accepted it. Without members
  /// while the community is frozen.
  v1::Charter charter;
  v1::Charter newest;       ///< in force, as signed
  v1::Charter accepted;     ///< by this node, last; of epoch 0: none
  Bytes signed_charter;     ///< package in force
  Hash charter_hash{};      ///< of the newest
  std::vector<Hash> chain;  ///< in force so far as this node saw; the last is charter_hash
  std::vector<v1::Acceptance> acceptances;
  std::vector<NodeId> former;        ///< were members, and are no more: they may learn why
  std::uint64_t in_force_since = 0;  ///< Unix seconds: when this node learned the newest charter
  bool frozen = false;

  /// Signed some charter of the chain, and did not leave since.
  bool accepted_by(const NodeId& node) const;
  bool has_left(const NodeId& node) const;
  /// This node signed the very charter that is in force.
  bool accepts_newest() const;
  bool has_member(const NodeId& node) const;
  bool had_member(const NodeId& node) const;
  /// May indicators of `from` be held, matched and asked about by `to`? Both are members, accepted,
  /// and a legal basis names them.
  bool may_flow(const NodeId& from, const NodeId& to) const;
  /// Of each node its last yes, and its last departure: all that another member needs.
  std::vector<v1::Acceptance> last_statements() const;
  /// Puts the package in force after all that came before; `self` is this node.
  void put_in_force(const CharterPackage& package, const NodeId& self);
  /// Adds a statement of a member that is not known yet; false when it is, or is about no charter
  /// of the chain.
  bool add(const v1::Acceptance& acceptance);
  /// Derives `charter` from the others.
  void derive();
};

/// Communities as they stood when they were asked for. They are shared, not copied: a charter of
/// hundreds of members is looked at for each feed and each peer.
class Communities {
 public:
  using Row = std::shared_ptr<const Community>;
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Community;
    using difference_type = std::ptrdiff_t;
    using pointer = const Community*;
    using reference = const Community&;
    Iterator() = default;
    explicit Iterator(std::vector<Row>::const_iterator at) : at_(at) {}
    reference operator*() const { return **at_; }
    pointer operator->() const { return at_->get(); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    bool operator==(const Iterator&) const = default;

   private:
    std::vector<Row>::const_iterator at_;
  };
  Communities() = default;
  explicit Communities(std::vector<Row> rows) : rows_(std::move(rows)) {}
  Iterator begin() const { return Iterator(rows_.begin()); }
  Iterator end() const { return Iterator(rows_.end()); }
  bool empty() const { return rows_.empty(); }
  std::size_t size() const { return rows_.size(); }
  const Community& at(std::size_t place) const { return *rows_.at(place); }
  const std::vector<Row>& rows() const { return rows_; }

 private:
  std::vector<Row> rows_;
};

/// Whom this node knows and with whom it shares what. Held in memory, durable in Table::members.
/// Thread-safe. Every change is audited.
class Members {
 public:
  Members(Database& database, Audit& audit);
  std::vector<Peer> peers() const;
  std::optional<Peer> peer(const NodeId& node) const;
  /// By country, or by a unique prefix of the node id in hex.
  std::optional<Peer> peer(std::string_view name) const;
  /// The node by its TLS pin: a trusted peer of the operators', or a vouched member whose card has
  /// the pin and the log key of the very card that the charter names.
  std::optional<Peer> peer_by_pin(const Hash& tls_pin) const;
  /// Whom records and matches of `node` belong to: a trusted or suspended peer of the operators',
  /// else the newest card of a member of a charter that this node accepted.
  std::optional<Peer> known(const NodeId& node) const;
  /// Members that are known through charters alone.
  std::vector<Peer> vouched() const;
  /// May it be connected directly? A trusted peer, or a vouched member whose keys are the pinned
  /// ones.
  bool is_pinned(const Peer& peer) const;
  /// Keeps a member's card that somebody passed on: the one that a charter pins, and the newest.
  /// False when it is no member's, is known, is older, or has another node's pin. The signature is
  /// checked by the caller.
  bool learn_card(const v1::NodeCard& card, ByteView signed_card, const NodeId& self,
                  const AuditEntry& entry);
  /// Signed cards of a community's members, to be passed on.
  std::vector<Bytes> cards_of(const Community& community) const;
  void put(const Peer& peer, const AuditEntry& entry);
  void remove(const NodeId& node, const AuditEntry& entry);
  Communities communities() const;
  /// None: it is not known.
  Communities::Row community(const CommunityId& id) const;
  /// `extra` becomes durable with it.
  void put(const Community& community, const AuditEntry& entry, Batch extra = {});
  /// Adds a member's acceptance to the community whose charter it names; false when there is none
  /// or it was known. The signature is checked by the caller. Sessions bring them at the same time.
  bool add(const v1::Acceptance& acceptance, const AuditEntry& entry);
  /// Communities in which both this node (`self`) and the trusted or vouched peer are, both having
  /// accepted, with a legal basis for at least one direction.
  Communities shared_with(const NodeId& self, const NodeId& peer) const;

 private:
  struct MemberCard {
    NodeId node;
    Hash hash{};
    v1::NodeCard card;
    Bytes signed_card;
  };
  void put_locked(const Community& community, const AuditEntry& entry, Batch batch);
  std::optional<Hash> pinned_hash(const NodeId& node) const;
  const MemberCard* newest_card(const NodeId& node) const;
  std::optional<Peer> vouched_locked(const NodeId& node) const;
  bool is_pinned_locked(const Peer& peer) const;
  bool is_pin_of_another(const v1::NodeCard& card, const NodeId& node) const;

  mutable std::mutex mutex_;
  Audit& audit_;
  std::vector<Peer> peers_;
  std::vector<Communities::Row> communities_;
  std::vector<MemberCard> cards_;  ///< at most two of a node: the pinned and the newest
};

}  // namespace bakhita::store
