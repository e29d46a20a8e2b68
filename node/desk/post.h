// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "node/desk/desk.h"

namespace bakhita::desk {

/// Carries letters: seals and hands out what waits, takes in what comes, with exactly one effect
/// for each letter however often it is delivered. Thread-safe.
class Post {
 public:
  explicit Post(Desk& desk) : desk_(desk) {}

  /// The next sealed letter to this peer; the same again until it is delivered or refused. What
  /// belongs to a frozen community is passed over.
  std::optional<Bytes> next(const NodeId& peer);
  void delivered(const NodeId& peer, ByteView receipt);
  /// `retry_after` seconds; 0: the peer will never take it, and the operator is told.
  void refused(const NodeId& peer, ByteView receipt, std::uint32_t retry_after, Error why);

  /// A sealed letter from this peer: opened, checked against charter and correspondence, and kept
  /// durably; a request is acknowledged with the same write. A letter that was kept before is fine.
  /// Error::quota_exhausted: the peer sent enough for today, so later; any other error: never.
  Result<void> take(const NodeId& peer, ByteView sealed);

 private:
  struct InFlight {
    LetterId receipt{};
    Bytes place;  ///< in the outbox
    LetterId letter{};
    bool is_chunk = false;
  };
  std::optional<InFlight> land(const NodeId& peer, ByteView receipt);
  void give_up(const Bytes& place, const LetterId& letter, Error why, store::AuditEntry entry);
  /// `size`: of the sealed letter.
  Result<void> take_chunk(const v1::Letter& letter, std::size_t size);
  Result<void> take_content(const v1::Letter& letter, ByteView signed_letter,
                            const store::AuditEntry& entry, std::size_t size);

  Desk& desk_;
  mutable std::mutex mutex_;
  std::map<NodeId, InFlight> in_flight_;
  std::map<NodeId, std::uint64_t> held_until_;
};

}  // namespace bakhita::desk
