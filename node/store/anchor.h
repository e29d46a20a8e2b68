// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "keys/secret_bytes.h"
#include "protocol/bytes.h"
#include "protocol/feed/checkpoint.h"

namespace bakhita::store {

/// The head anchor: the node's memory, outside RocksDB and its backups, of how far it has signed.
/// A database that is older than the anchor opens clean; only this file and the peers can tell.
struct AnchorState {
  std::uint64_t serial = 0;            ///< grows with each write
  std::map<FeedId, Checkpoint> feeds;  ///< last signed checkpoint of each own feed
  std::uint64_t audit_size = 0;
  Hash audit_root{};
  /// That the node worked with last; a keystore before it lacks keys, or holds destroyed ones.
  std::uint64_t keystore_generation = 0;
  /// In recovery: nothing may be signed until an operator has finished it, also after a restart.
  bool suspended = false;
  bool operator==(const AnchorState&) const = default;
};

/// Written as temp, fsync, rename, fsync of the folder; sealed by a keyed MAC so that damage is
/// found. A damaged or missing file, or one that says more than the database knows, suspends the
/// anchor: no feed advances until re_anchor(). Throws StorageError on I/O failure.
class Anchor {
 public:
  /// `mac_key` is keystore.derive("anchor"). A missing file is a fresh anchor only if `may_create`.
  Anchor(std::filesystem::path file, ByteView mac_key, bool may_create);
  /// Empty when the file was lost or damaged.
  AnchorState state() const;
  /// Why nothing may be signed; empty when all is well.
  std::string problem() const;
  /// From here on, and after restarts, nothing may be signed. A file that was lost or damaged stays
  /// as it is.
  void suspend(const std::string& reason);
  /// Ends a suspension: this is the truth from now on.
  void re_anchor(AnchorState next);
  /// Durable on return. Refuses (StorageError) a feed whose size shrinks, or whose root changes at
  /// one size: that would be a second signature for a size. RecoveryNeeded while suspended.
  void advance_feed(const Checkpoint& checkpoint);
  /// Does nothing while suspended.
  void advance_audit(std::uint64_t size, const Hash& root);
  /// After each write of the keystore, so that the anchor never names a generation that there is
  /// not. Does nothing when the file was lost or damaged: it stays as it is.
  void note_keystore(std::uint64_t generation);

 private:
  void write(const AnchorState& next);
  mutable std::mutex mutex_;
  std::filesystem::path file_;
  keys::SecretKey key_;
  AnchorState state_;
  std::string problem_;
};

}  // namespace bakhita::store
