// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "keys/keystore.h"
#include "node/store/database.h"

namespace bakhita::store {

/// Keyed hash of (type, canonical): an identifier's name on disk.
using IdentifierHash = ByteArray<16>;

/// The keys of all that is kept about identifiers: states, evaluations, queued lookups, matches.
/// Identifiers fall into buckets by their hash; each bucket has a key, which stands in the keystore
/// alone. A row that was deleted or overwritten lives on in files of the database; once its bucket
/// has a new key and the old one is destroyed, nothing opens it any more. Thread-safe.
class IdentifierKeys {
 public:
  /// Makes the keys of a new database. Throws keys::KeyError when the keystore is older than the
  /// database, or of another node.
  IdentifierKeys(Database& database, keys::Keystore& keystore);

  /// The buckets for which the keystore has newer keys alone: the database is an old copy, and
  /// nothing opens their rows. Each must be dropped before anything is sealed or opened.
  std::vector<std::uint16_t> outdated() const;
  bool is_outdated(const IdentifierHash& identifier) const;
  /// The deletion of an outdated bucket's rows, with its newest generation. Queued lookups are
  /// handed to `queued` instead, as they are counted elsewhere.
  Batch drop(std::uint16_t bucket, const std::function<void(ByteView key)>& queued) const;
  /// After the commit of these deletions: the newest keys of the buckets are in use.
  void adopt(std::span<const std::uint16_t> buckets);

  /// Ends replacements that a crash cut short: keys in no use are destroyed. Not before it is known
  /// that the database is no old copy: the newest would be in need of them.
  void finish_replacements();

  /// Held from seal() until the row is committed: meanwhile no key is replaced. Not recursive.
  std::shared_lock<std::shared_mutex> writing() const { return std::shared_lock(writing_); }
  /// u16 bucket ‖ u32 generation ‖ sealed, bound to table and key.
  Bytes seal(Table table, ByteView key, const IdentifierHash& identifier, ByteView plain) const;
  /// Opens a row as it was read. Nothing when it is gone meanwhile.
  std::optional<Bytes> open(Table table, ByteView key, ByteView row) const;
  std::optional<Bytes> get(Table table, ByteView key) const;

  /// New keys for the buckets of some identifiers. While it lives, nobody else writes sealed rows.
  class Replacement {
   public:
    /// The new keys are durable on return, and seal() uses them. The caller holds
    /// Identifiers::exclusive().
    Replacement(IdentifierKeys& keys, std::span<const IdentifierHash> identifiers);
    /// All rows of the buckets, sealed anew. Changes to the same rows go behind them.
    Batch rows() const;
    /// After the commit of these rows: the old keys are destroyed.
    void destroy_old_keys();

   private:
    IdentifierKeys& keys_;
    std::unique_lock<std::shared_mutex> alone_;
    std::map<std::uint16_t, std::uint32_t> old_generations_;
  };

 private:
  using KeyId = std::pair<std::uint16_t, std::uint32_t>;  // bucket, generation
  /// The keys of some buckets, as one secret of the keystore: locked memory comes in pages.
  struct Shelf {
    keys::SecretBytes content;
    std::map<KeyId, std::size_t> offsets;
  };
  static Shelf parse(keys::SecretBytes content);
  static keys::SecretBytes remake(const Shelf& shelf, std::span<const KeyId> added,
                                  std::span<const KeyId> dropped);
  /// Durable on return.
  void change(std::span<const KeyId> added, std::span<const KeyId> dropped);
  std::optional<ByteArray<32>> key_of(const KeyId& id) const;
  std::optional<Bytes> try_open(Table table, ByteView key, ByteView row) const;
  void for_each_row(Table table, std::size_t prefix_size, std::uint16_t bucket,
                    const std::function<void(ByteView key, ByteView row)>& visit) const;
  void reseal(Table table, std::size_t prefix_size, std::uint16_t bucket, Batch& batch) const;
  void reseal_matches(std::uint16_t bucket, Batch& batch) const;

  Database& database_;
  keys::Keystore& keystore_;
  mutable std::shared_mutex writing_;
  mutable std::mutex mutex_;  ///< of what follows
  std::vector<std::uint32_t> generations_;
  std::vector<Shelf> shelves_;
  std::map<std::uint16_t, std::uint32_t> outdated_;  ///< with the newest generation
};

}  // namespace bakhita::store
