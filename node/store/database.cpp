// SPDX-License-Identifier: EUPL-1.2
#include "node/store/database.h"

#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "node/store/watermark.h"

namespace bakhita::store {
namespace {

namespace fs = std::filesystem;
namespace rdb = rocksdb;

constexpr std::array<const char*, table_count> table_names{
    "meta",    "reports",      "report_ids",  "report_keys", "report_filters", "identifiers",
    "feeds",   "feed_headers", "feed_bodies", "tokens",      "wanted",         "prks",
    "lookups", "matches",      "quotas",      "members",     "audit",          "evidence",
    "letters", "match_index",  "reviews",     "recalls"};

/// Blobs keep bodies, which are written once and read in order, out of compaction.
constexpr std::uint64_t blob_size_min = 4096;
constexpr int open_files_max = 512;

rdb::Slice slice(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView view(const rdb::Slice& text) { return as_bytes({text.data(), text.size()}); }

/// How an operator mends what RocksDB says.
std::string remedy(const rdb::Status& status) {
  const std::string text = status.ToString();
  const auto says = [&](std::string_view words) { return text.find(words) != std::string::npos; };
  if (status.IsNoSpace() || says("No space left") || says("Disk quota") || says("File too large"))
    return "the disk is full: make room, then start the node again; what was acknowledged is there";
  if (says("Read-only file system"))
    return "the disk is read-only: mend or remount it, then start the node again";
  if (says("Permission denied") || says("not permitted"))
    return "let the node's user read and write the folder and all files in it";
  if (status.IsCorruption() || says("No such file"))
    return "the files are damaged: see the how-to on loss and recovery; never delete single files";
  return "mend the disk, then start the node again";
}

void check(const rdb::Status& status, std::string_view what) {
  if (!status.ok())
    throw StorageError(std::string(what) + ": " + status.ToString() + "; " + remedy(status));
}

/// Only a folder without files of a database may become a new one: RocksDB would begin anew where
/// CURRENT is missing, and delete the rest.
void check_pointer(const fs::path& folder) {
  if (Database::exists(folder)) return;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path kind = entry.path().extension();
    if (kind == ".sst" || kind == ".blob" || (kind == ".log" && entry.file_size() > 0))
      throw StorageError(folder.string() +
                         ": the file CURRENT is missing, yet there is a database; put the newest "
                         "copy of the folder back, see the how-to on loss and recovery");
  }
}

/// The folder is ours, not a link, and nobody else can look in; it is made if it is missing.
fs::path checked_folder(const fs::path& folder, bool create) {
  if (create && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    throw StorageError(folder.string() + ": cannot be made: " + std::strerror(errno));
  const int fd = ::open(folder.c_str(), O_DIRECTORY | O_NOFOLLOW | O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    throw StorageError(folder.string() + ": " +
                       (errno == ELOOP || errno == ENOTDIR ? "is not a folder, or a symbolic link"
                                                           : std::strerror(errno)) +
                       "; the node's user needs to read and write it");
  struct stat info {};
  const int failed = ::fstat(fd, &info);
  ::close(fd);
  if (failed != 0) throw StorageError(folder.string() + ": " + std::strerror(errno));
  if (info.st_uid != ::geteuid())
    throw StorageError(folder.string() + ": belongs to another user; chown it to the node's");
  if ((info.st_mode & 077) != 0)
    throw StorageError(folder.string() + ": others can look in; chmod 0700 it");
  check_pointer(folder);
  return folder;
}

bool is_point_table(Table table) {
  return table == Table::tokens || table == Table::wanted || table == Table::identifiers ||
         table == Table::prks || table == Table::report_ids;
}

rdb::ColumnFamilyOptions table_options(Table table, const Database::Options& options,
                                       const std::shared_ptr<rdb::Cache>& cache) {
  rdb::ColumnFamilyOptions out;
  out.write_buffer_size = options.write_buffer_bytes;
  out.compression = rdb::kNoCompression;  // everything is sealed or random
  out.paranoid_file_checks = true;
  out.memtable_protection_bytes_per_key = 8;
  rdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  blocks.checksum = rdb::kXXH3;
  blocks.format_version = 5;
  if (is_point_table(table)) blocks.filter_policy.reset(rdb::NewBloomFilterPolicy(10));
  out.table_factory.reset(rdb::NewBlockBasedTableFactory(blocks));
  if (table == Table::feed_bodies || table == Table::feed_headers) {
    out.enable_blob_files = true;
    out.min_blob_size = blob_size_min;
    out.enable_blob_garbage_collection = true;
  }
  return out;
}

/// After a failed write RocksDB would write on by itself when there is room again. What it had
/// promised is not known then, and its log ends in the middle: the node stops and reads what is
/// there.
class NoResumption : public rdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rdb::BackgroundErrorReason, rdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

/// RocksDB's own log is not kept: what went wrong comes as a status, and on a full disk its log
/// writer ends the process with an assertion.
class NoLog : public rdb::Logger {
 public:
  using rdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rdb::DBOptions database_options(const Database::Options& options) {
  rdb::DBOptions out;
  out.create_if_missing = options.create;
  out.create_missing_column_families = true;
  out.paranoid_checks = true;
  out.listeners.push_back(std::make_shared<NoResumption>());
  out.max_bgerror_resume_count = 0;
  // The one mode that refuses a log damaged in its middle (trust: measured).
  out.wal_recovery_mode = rdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  out.track_and_verify_wals_in_manifest =
      true;  // of logs that are full; the watermark has the last
  out.avoid_flush_during_shutdown = false;
  out.allow_data_in_errors = false;
  out.max_open_files = open_files_max;
  out.max_background_jobs = 2;
  out.info_log = std::make_shared<NoLog>();
  return out;
}

}  // namespace

struct Batch::State {
  struct Row {
    Table table;
    enum class Kind : std::uint8_t { put, erase, erase_range } kind;
    Bytes key, value;
  };
  std::vector<Row> rows;  ///< a table's name on disk is known to the database alone
  std::size_t bytes = 0;
};

Batch::Batch() : state_(std::make_unique<State>()) {}
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
Batch::~Batch() = default;

void Batch::put(Table table, ByteView key, ByteView value) {
  state_->bytes += key.size() + value.size();
  state_->rows.push_back({table, State::Row::Kind::put, to_bytes(key), to_bytes(value)});
}
void Batch::erase(Table table, ByteView key) {
  state_->bytes += key.size();
  state_->rows.push_back({table, State::Row::Kind::erase, to_bytes(key), {}});
}
void Batch::erase_range(Table table, ByteView from, ByteView to) {
  state_->bytes += from.size() + to.size();
  state_->rows.push_back({table, State::Row::Kind::erase_range, to_bytes(from), to_bytes(to)});
}
void Batch::append(Batch other) {
  state_->bytes += other.state_->bytes;
  for (auto& row : other.state_->rows) state_->rows.push_back(std::move(row));
}
std::size_t Batch::size_bytes() const { return state_->bytes; }
bool Batch::empty() const { return state_->rows.empty(); }

struct Database::State {
  fs::path folder;
  Watermark watermark;
  bool behind_watermark = false;
  std::shared_ptr<rdb::Cache> cache;
  std::unique_ptr<rdb::DB> db;
  std::vector<rdb::ColumnFamilyHandle*> handles;
  std::atomic<bool> failed{false};
  std::atomic<std::uint64_t> next_run{0};

  explicit State(const fs::path& data) : folder(data), watermark(data.string() + ".written") {}

  rdb::ColumnFamilyHandle* handle(Table table) const {
    return handles[static_cast<std::size_t>(table)];
  }
  /// After a failed write nobody knows what is on disk: no further write may build on it.
  void check_write(const rdb::Status& status) {
    if (status.ok()) return;
    failed = true;
    check(status, "write failed");
  }
  void write(Batch batch, bool durably);
  /// Nor is anything read any more: it may show what was never acknowledged.
  void refuse_if_failed() const {
    if (failed) throw StorageError("an earlier write failed; restart the node");
  }
};

bool Database::exists(const fs::path& folder) { return fs::exists(folder / "CURRENT"); }

Database::Database(const fs::path& folder, const Options& options)
    : state_(std::make_unique<State>(checked_folder(folder, options.create))) {
  state_->cache = rdb::NewLRUCache(options.block_cache_bytes);
  rdb::ColumnFamilyOptions unused;  // RocksDB insists on this family; nothing compresses, so that a
  unused.compression = rdb::kNoCompression;  // search of the files for plain text can be trusted
  std::vector<rdb::ColumnFamilyDescriptor> tables{{rdb::kDefaultColumnFamilyName, unused}};
  for (std::size_t i = 0; i < table_count; ++i)
    tables.emplace_back(table_names[i],
                        table_options(static_cast<Table>(i), options, state_->cache));
  rdb::DB* db = nullptr;
  std::vector<rdb::ColumnFamilyHandle*> handles;
  check(rdb::DB::Open(database_options(options), folder.string(), tables, &handles, &db),
        "database " + folder.string());
  state_->db.reset(db);
  db->DestroyColumnFamilyHandle(handles[0]);
  state_->handles.assign(handles.begin() + 1, handles.end());
  state_->behind_watermark = db->GetLatestSequenceNumber() < state_->watermark.at_start();
}

Database::~Database() {
  if (!state_->db) return;
  if (state_->failed) {
    // Closing would write the rest of a log that failed, which RocksDB 7.8 ends with an assertion.
    // The process ends, and reads at its next start what is there.
    static_cast<void>(state_->db.release());
    return;
  }
  for (auto* handle : state_->handles) state_->db->DestroyColumnFamilyHandle(handle);
  state_->db->Close().PermitUncheckedError();
}

bool Database::is_behind_watermark() const { return state_->behind_watermark; }

std::optional<Bytes> Database::get(Table table, ByteView key) const {
  state_->refuse_if_failed();
  rdb::PinnableSlice value;
  const rdb::Status status = state_->db->Get({}, state_->handle(table), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  check(status, "read failed");
  return to_bytes(view(value));
}

std::vector<std::optional<Bytes>> Database::get_many(Table table,
                                                     std::span<const Bytes> keys) const {
  state_->refuse_if_failed();
  std::vector<rdb::Slice> slices;
  slices.reserve(keys.size());
  for (const Bytes& key : keys) slices.push_back(slice(key));
  std::vector<rdb::PinnableSlice> values(keys.size());
  std::vector<rdb::Status> statuses(keys.size());
  state_->db->MultiGet({}, state_->handle(table), keys.size(), slices.data(), values.data(),
                       statuses.data());
  std::vector<std::optional<Bytes>> out(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    check(statuses[i], "read failed");
    out[i] = to_bytes(view(values[i]));
  }
  return out;
}

void Database::commit(Batch batch) { state_->write(std::move(batch), true); }
void Database::commit_later(Batch batch) { state_->write(std::move(batch), false); }

void Database::State::write(Batch batch, bool durably) {
  refuse_if_failed();
  if (batch.empty()) return;
  rdb::WriteBatch rows{0, 0, 8, 0};  // 8 protection bytes a key
  for (const auto& row : batch.state_->rows) {
    auto* handle = this->handle(row.table);
    using Row = Batch::State::Row;
    const rdb::Status added =
        row.kind == Row::Kind::put     ? rows.Put(handle, slice(row.key), slice(row.value))
        : row.kind == Row::Kind::erase ? rows.Delete(handle, slice(row.key))
                                       : rows.DeleteRange(handle, slice(row.key), slice(row.value));
    check_write(added);
  }
  rdb::WriteOptions options;
  options.sync = durably;  // concurrent writers share one fsync in RocksDB's write group
  // All that others have written by now lies in the log before this batch, and is synced with it.
  const std::uint64_t before = db->GetLatestSequenceNumber();
  check_write(db->Write(options, &rows));
  if (!durably) return;
  try {
    watermark.raise(before + static_cast<std::uint64_t>(rows.Count()));
  } catch (const StorageError&) {
    failed = true;  // the rows are there, and the caller is told that they are not
    throw;
  }
}

void Database::ingest(Table table, const SortedRows& rows) {
  state_->refuse_if_failed();
  if (rows.empty()) return;
  const fs::path file = state_->folder / ("run-" + std::to_string(state_->next_run++) + ".ingest");
  rdb::SstFileWriter writer(rdb::EnvOptions(), state_->db->GetOptions(state_->handle(table)),
                            state_->handle(table));
  state_->check_write(writer.Open(file.string()));
  for (const auto& [key, value] : rows) state_->check_write(writer.Put(slice(key), slice(value)));
  state_->check_write(writer.Finish());
  rdb::IngestExternalFileOptions options;
  options.move_files = true;
  state_->check_write(
      state_->db->IngestExternalFile(state_->handle(table), {file.string()}, options));
}

void Database::scan(Table table, ByteView prefix, ByteView from,
                    const std::function<bool(ByteView, ByteView)>& visit) const {
  state_->refuse_if_failed();
  const std::unique_ptr<rdb::Iterator> it(state_->db->NewIterator({}, state_->handle(table)));
  for (it->Seek(slice(from.empty() ? prefix : from)); it->Valid(); it->Next()) {
    if (!it->key().starts_with(slice(prefix)) || !visit(view(it->key()), view(it->value()))) break;
  }
  check(it->status(), "read failed");
}

std::uint64_t Database::approximate_count(Table table) const {
  std::uint64_t out = 0;
  state_->db->GetIntProperty(state_->handle(table), rdb::DB::Properties::kEstimateNumKeys, &out);
  return out;
}

std::uint64_t Database::size_bytes() const {
  std::uint64_t out = 0;
  std::error_code gone;  // files come and go under compaction
  for (const auto& entry : fs::directory_iterator(state_->folder)) {
    const auto size = entry.file_size(gone);
    if (!gone) out += size;
  }
  return out;
}

void Database::verify() const { check(state_->db->VerifyChecksum(), "a database file is damaged"); }

void Database::purge(std::span<const Table> tables) {
  state_->refuse_if_failed();
  // A log goes when no table has rows in it that are nowhere else.
  state_->check_write(state_->db->Flush({}, state_->handles));
  rdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rdb::BottommostLevelCompaction::kForce;
  options.blob_garbage_collection_policy = rdb::BlobGarbageCollectionPolicy::kForce;
  options.blob_garbage_collection_age_cutoff = 1.0;
  for (Table table : tables)
    state_->check_write(state_->db->CompactRange(options, state_->handle(table), nullptr, nullptr));
}

}  // namespace bakhita::store
