// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/bytes.h"

/// The node's one RocksDB. RocksDB is known in node/store/database.cpp alone.
namespace bakhita::store {

/// The disk failed or lied: the outcome of the last write is unknown. The node stops, and reads
/// what is there when it starts again (trust: a failed fsync may still have written).
class StorageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Database and head anchor disagree: an old copy was started, or the log was lost. Nothing may be
/// signed.
class RecoveryNeeded : public StorageError {
 public:
  using StorageError::StorageError;
};

/// Column families. The comment is the key ‖ what the value holds; all integers big-endian.
enum class Table : std::uint8_t {
  meta,     ///< ascii name → counters, format version
  reports,  ///< u64 report number ‖ u32 version → sealed report, bound to its key
  report_ids,  ///< keyed hash[16] of the authority's id → u64 number ‖ u32 version ‖ keyed digest
  report_keys,     ///< u64 bucket ‖ u64 number → report key wrapped by the bucket key
  report_filters,  ///< newest first: inverted day ‖ number → row for lists, sealed under the
                   ///< report's key
  identifiers,  ///< the blind index: keyed hash[16] of (type, canonical) → sealed state: sightings,
                ///< live locks
  feeds,         ///< u32 feed number → feed id, sizes, notes, frontier
  feed_headers,  ///< u32 feed ‖ u64 tile → up to 256 headers
  feed_bodies,   ///< u32 feed ‖ u64 tile → up to 256 bodies (blob files)
  tokens,        ///< u32 feed ‖ token → u64 record index
  wanted,        ///< u32 feed ‖ keyed token hash[16] → keyed hash[16] of the identifier
  prks,          ///< u32 feed ‖ u32 epoch ‖ keyed hash[16] of the identifier → sealed PRK
  lookups,       ///< queue of lookups to make: u32 feed ‖ u8 group ‖ u8 priority ‖ hash[16]
  matches,       ///< u32 feed ‖ u64 record index → sealed match
  quotas,  ///< peer ‖ community ‖ group → token bucket; peer ‖ request id → what was asked
  members,      ///< peers, cards, charters, acceptances
  audit,        ///< u64 index → sealed audit record
  evidence,     ///< split views and other proofs, kept for ever
  letters,      ///< correspondences, drafts, attachments, outbox: see letters.cpp
  match_index,  ///< keyed hash[16] of the identifier ‖ key of its match → nothing
  reviews,      ///< keyed hash[16] of an identifier ‖ u8 cause: its reports changed
  recalls,      ///< what was taken back, who holds it, receipts, objections: see recalls.cpp
};
inline constexpr std::size_t table_count = 22;

/// Writes that become durable together or not at all.
class Batch {
 public:
  Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  ~Batch();
  void put(Table table, ByteView key, ByteView value);
  void erase(Table table, ByteView key);
  /// Deletes [from, to).
  void erase_range(Table table, ByteView from, ByteView to);
  /// Takes over the writes of another batch, after its own.
  void append(Batch other);
  std::size_t size_bytes() const;
  bool empty() const;

 private:
  friend class Database;
  struct State;
  std::unique_ptr<State> state_;
};

/// One ordered run of rows for `Database::ingest`.
using SortedRows = std::vector<std::pair<Bytes, Bytes>>;

/// Thread-safe. Every method throws StorageError when RocksDB reports anything but ok or not-found;
/// after the first write that failed every later read and write throws as well.
class Database {
 public:
  struct Options {
    std::size_t block_cache_bytes = 256ull << 20;
    std::size_t write_buffer_bytes = 64ull << 20;
    bool create = true;
  };
  /// Does the folder hold a database? A missing folder, and an empty one such as a fresh disk, do
  /// not.
  static bool exists(const std::filesystem::path& folder);
  /// Opens or creates `folder` (0700, refuses other owners, group access and symlinks). A folder
  /// that held a database is never taken for a new one because a file of it is gone.
  Database(const std::filesystem::path& folder, const Options& options);
  ~Database();

  /// The database ends before what was acknowledged: an old copy, or its log was lost or cut.
  bool is_behind_watermark() const;

  std::optional<Bytes> get(Table table, ByteView key) const;
  std::vector<std::optional<Bytes>> get_many(Table table, std::span<const Bytes> keys) const;
  /// Returns when the batch is on disk. Concurrent callers share one fsync (group commit).
  void commit(Batch batch);
  /// Written in order, but durable only with the next commit() or ingest(): a crash may lose it,
  /// and then everything behind it too. Only for what can be had again from where it came.
  void commit_later(Batch batch);
  /// Adds sorted, distinct rows as a file beside the memtable: for index runs of 20,000 rows and
  /// more. Durable on return. The rows' table must be `tokens` or `wanted`.
  void ingest(Table table, const SortedRows& rows);
  /// Visits keys that start with `prefix`, from `from` (a full key, may be empty) on, in order, of
  /// one snapshot, until the visitor returns false.
  void scan(Table table, ByteView prefix, ByteView from,
            const std::function<bool(ByteView key, ByteView value)>& visit) const;
  std::uint64_t approximate_count(Table table) const;
  std::uint64_t size_bytes() const;
  /// Reads and checks every block of every file; throws StorageError on the first damage.
  void verify() const;
  /// Writes these tables' files anew, without rows that were deleted or replaced, and drops the
  /// logs that held them: afterwards no file of the database has such a row, though freed blocks of
  /// the disk may. Costs as much as these tables are large.
  void purge(std::span<const Table> tables);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bakhita::store
