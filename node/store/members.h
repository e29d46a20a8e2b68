// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bakhita/v1/community.pb.h"
#include "node/store/audit.h"

namespace bakhita::store {

enum class PeerState : std::uint8_t { unverified, trusted, suspended };

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
  /// The newest card's log key, then former ones.
  std::vector<PublicKey> log_keys() const;
};
inline constexpr std::size_t former_log_keys_max = 64;

struct Community {
  CommunityId id;
  v1::Charter charter;
  Bytes signed_charter;
  Hash charter_hash{};
  std::vector<v1::Acceptance> acceptances;
  bool accepted_by(const NodeId& node) const;
  bool has_member(const NodeId& node) const;
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
  std::optional<Peer> peer_by_pin(const Hash& tls_pin) const;
  void put(const Peer& peer, const AuditEntry& entry);
  void remove(const NodeId& node, const AuditEntry& entry);
  std::vector<Community> communities() const;
  std::optional<Community> community(const CommunityId& id) const;
  void put(const Community& community, const AuditEntry& entry);
  /// Adds a member's acceptance to the community whose charter it names; false when there is none
  /// or it was known. The signature is checked by the caller. Sessions bring them at the same time.
  bool add(const v1::Acceptance& acceptance, const AuditEntry& entry);
  /// Communities in which both this node (`self`) and the trusted peer are, both having accepted.
  std::vector<Community> shared_with(const NodeId& self, const NodeId& peer) const;

 private:
  void put_locked(const Community& community, const AuditEntry& entry);

  mutable std::mutex mutex_;
  Audit& audit_;
  std::vector<Peer> peers_;
  std::vector<Community> communities_;
};

}  // namespace bakhita::store
