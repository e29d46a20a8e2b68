// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "bakhita/storage/v1/desk.pb.h"
#include "keys/keystore.h"
#include "node/store/database.h"

namespace bakhita::store {

/// Where a report is, and what its newest version says.
struct ReportHead {
  std::uint64_t number = 0;
  std::uint32_t version = 0;
  ByteArray<16> digest{};  ///< keyed, of the content
};

/// What an old copy of the database held of reports whose keys were replaced since: nothing opens
/// it. Which reports they were, and which of them were erased since, nobody can tell.
struct DroppedReports {
  std::uint64_t count = 0;
  std::uint32_t first_day = 0, last_day = 0;  ///< received, as yyyymmdd
};

/// Reports under a key each, wrapped by the key of their bucket, which stands in the keystore
/// alone. Erasing destroys keys: deleting a row erases nothing on disk. Thread-safe but for the
/// writers, who hold the lock of Identifiers.
class Reports {
 public:
  /// Throws keys::KeyError when the keystore is older than the database, or of another node.
  Reports(Database& database, keys::Keystore& keystore);

  /// The buckets for which the keystore has newer keys alone: the database is an old copy, and
  /// nothing opens their reports. They must be dropped before anything is read or written.
  std::vector<std::uint64_t> outdated() const;
  /// Deletes these reports and takes the newest keys into use; `commit` makes the last write. A
  /// crash in between is mended by doing it again.
  void drop_outdated(const std::function<void(Batch)>& commit);
  /// What was dropped, until forget_dropped().
  DroppedReports dropped() const;
  static void forget_dropped(Batch& batch);
  /// Ends erasures that a crash cut short: unused bucket keys are destroyed.
  void finish_erasures();

  /// Is there a report of this number?
  bool holds(std::uint64_t number) const;
  std::optional<ReportHead> find(std::string_view id) const;
  ByteArray<16> digest(const storage::v1::StoredReport& content) const;
  /// Adds the next version. `head` is what find() said; a new report gets the next number.
  ReportHead put(Batch& batch, const std::optional<ReportHead>& head,
                 const storage::v1::StoredReport& content, const storage::v1::ReportRow& row);
  std::optional<storage::v1::StoredReport> load(std::uint64_t number, std::uint32_t version) const;
  /// The authority's id and newest version of a report.
  std::optional<storage::v1::ReportRow> row(std::uint64_t number) const;
  /// Rows by day received, newest first, from behind `after` on (a position that `visit` was
  /// given).
  void for_each_row(
      ByteView after,
      const std::function<bool(ByteView position, const storage::v1::ReportRow&)>& visit) const;
  /// Adds the deletion of all rows of the report to `batch`, wraps the other keys of its bucket
  /// anew, commits through `commit`, and destroys the old bucket key. Returns how many keys were
  /// wrapped anew. `commit` reads no report: readers wait for it.
  std::size_t erase(std::string_view id, Batch batch, const std::function<void(Batch)>& commit);

 private:
  ByteArray<32> bucket_key(std::uint64_t bucket) const;
  const ByteArray<32>& locked_bucket_key(std::uint64_t bucket) const;
  std::optional<ByteArray<32>> report_key(std::uint64_t number) const;
  void ensure_bucket_keys(std::uint64_t bucket);
  void find_outdated();
  void drop_report(std::uint64_t number, std::uint32_t version, DroppedReports& dropped,
                   Batch& batch) const;
  std::uint32_t bucket_generation(std::uint64_t bucket) const;

  Database& database_;
  keys::Keystore& keystore_;
  keys::SecretKey id_key_;
  mutable std::mutex mutex_;  ///< of the cached bucket key, and of its replacement
  mutable std::uint64_t cached_bucket_ = ~0ull;
  mutable keys::SecretKey cached_key_;
  std::uint64_t next_number_ = 0;
  std::map<std::uint64_t, std::uint32_t> outdated_;  ///< bucket → newest generation
};

}  // namespace bakhita::store
