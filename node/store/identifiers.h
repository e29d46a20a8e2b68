// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <mutex>

#include "bakhita/storage/v1/desk.pb.h"
#include "keys/secret_bytes.h"
#include "node/store/identifier_keys.h"
#include "protocol/identifier/identifier.h"

namespace bakhita::store {

/// The blind index: what the node knows of each identifier, found by a keyed hash, sealed. No
/// identifier stands on disk in plain. Thread-safe; who reads, changes and writes holds
/// exclusive().
class Identifiers {
 public:
  Identifiers(Database& database, IdentifierKeys& keys, ByteView index_key);
  IdentifierHash hash(IdentifierType type, std::string_view canonical) const;
  std::optional<storage::v1::IdentifierState> load(const IdentifierHash& hash) const;
  std::vector<std::optional<storage::v1::IdentifierState>> load_many(
      std::span<const IdentifierHash> hashes) const;
  /// A state without sightings and locks is deleted.
  void put(Batch& batch, const IdentifierHash& hash,
           const storage::v1::IdentifierState& state) const;
  void for_each(const std::function<bool(const IdentifierHash&,
                                         const storage::v1::IdentifierState&)>& visit) const;
  std::unique_lock<std::mutex> exclusive() const { return std::unique_lock(mutex_); }
  IdentifierKeys& keys() const { return keys_; }

 private:
  std::optional<storage::v1::IdentifierState> open(const IdentifierHash& hash,
                                                   ByteView sealed) const;
  mutable std::mutex mutex_;
  Database& database_;
  IdentifierKeys& keys_;
  keys::SecretKey index_key_;
};

}  // namespace bakhita::store
