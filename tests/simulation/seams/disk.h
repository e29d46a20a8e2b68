// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/store/database.h"
#include "tests/simulation/random.h"

namespace bakhita::simulation {

/// Thrown out of a write when the machine loses its power in the middle of it.
struct PowerLost {};

struct DiskRow {
  store::Table table;
  enum class Kind : std::uint8_t { put, erase, erase_range } kind;
  Bytes key, value;
};

/// All that a disk holds: the database's tables, and small files.
struct DiskImage {
  using Rows = std::map<Bytes, Bytes>;
  std::array<Rows, store::table_count> tables;
  std::map<std::string, Bytes> files;
  bool has_database = false;
  std::uint64_t written = 0;    ///< batches that the tables hold
  std::uint64_t watermark = 0;  ///< of them synced; lies beside the tables

  void apply(const DiskRow& row);
  const Rows& rows(store::Table table) const { return tables[static_cast<std::size_t>(table)]; }
};

/// One machine's disk, with a cache that a crash loses: written batches are visible at once and
/// durable with the next sync. A crash keeps what was synced and, of what was not, the first
/// batches up to a random one: a write-ahead log is cut at its end, never in its middle.
class Disk {
 public:
  explicit Disk(Random random) : random_(random) {}

  const DiskImage& image() const { return image_; }
  DiskImage& image() { return image_; }
  void write(std::vector<DiskRow> rows, bool sync);
  void write_file(const std::string& name, ByteView content);
  const Bytes* file(const std::string& name) const;
  /// Throws StorageError when this read fails.
  void before_read() const;
  /// As RocksDB's checksums do: throws StorageError when the row's block is damaged.
  void check_row(store::Table table, const Bytes& key) const {
    if (!damaged.empty()) refuse_damaged(table, key);
  }
  /// A clean end: what was written is durable.
  void sync() { unsynced_.clear(); }
  /// The power goes: unsynced batches are lost from a random one on.
  void crash();
  /// The row as it would be after a crash that loses every unsynced batch.
  std::optional<Bytes> durable(store::Table table, const Bytes& key) const;
  bool all_synced() const { return unsynced_.empty(); }
  std::size_t unsynced() const { return unsynced_.size(); }

  // Faults. All but the last stay until they are taken away.
  bool full = false;
  bool failing = false;  ///< the next write fails, and its outcome is unknown
  bool reads_fail = false;
  std::set<std::pair<store::Table, Bytes>> damaged;  ///< a bit turned; until written or mended
  bool forgets_syncs = false;  ///< a planted bug: the write is acknowledged, never synced
  /// Power goes at this many writes from now; 0: not planned. Before or after the write, at random.
  std::uint64_t power_lasts = 0;
  std::uint64_t power_lasts_next = 0;  ///< the same, from when it is back after the next loss

  std::uint64_t writes = 0, syncs = 0;
  /// Sees every batch and file as it is written.
  std::function<void(ByteView)> on_write;

 private:
  struct Undo {
    store::Table table;
    Bytes key;
    std::optional<Bytes> before;
  };
  void check_space();
  void refuse_damaged(store::Table table, const Bytes& key) const;
  void apply(const DiskRow& row, std::vector<Undo>& undo);
  void take_back(const std::vector<Undo>& undo);

  DiskImage image_;
  std::deque<std::vector<Undo>> unsynced_;  ///< how to take each unsynced batch back
  mutable Random random_;
};

/// The disk that a path lies on; set while a node runs, as a process has one file system.
Disk& current_disk();
void set_current_disk(Disk* disk);

}  // namespace bakhita::simulation
