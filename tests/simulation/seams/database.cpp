// SPDX-License-Identifier: EUPL-1.2
// In the place of node/store/database.cpp: the same interface over a simulated disk.
#include "node/store/database.h"

#include "tests/simulation/seams/disk.h"

namespace bakhita::store {

using simulation::Disk;
using simulation::DiskRow;

struct Batch::State {
  std::vector<DiskRow> rows;
  std::size_t bytes = 0;
};

Batch::Batch() : state_(std::make_unique<State>()) {}
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
Batch::~Batch() = default;

void Batch::put(Table table, ByteView key, ByteView value) {
  state_->bytes += key.size() + value.size();
  state_->rows.push_back({table, DiskRow::Kind::put, to_bytes(key), to_bytes(value)});
}
void Batch::erase(Table table, ByteView key) {
  state_->bytes += key.size();
  state_->rows.push_back({table, DiskRow::Kind::erase, to_bytes(key), {}});
}
void Batch::erase_range(Table table, ByteView from, ByteView to) {
  state_->bytes += from.size() + to.size();
  state_->rows.push_back({table, DiskRow::Kind::erase_range, to_bytes(from), to_bytes(to)});
}
void Batch::append(Batch other) {
  state_->bytes += other.state_->bytes;
  for (DiskRow& row : other.state_->rows) state_->rows.push_back(std::move(row));
}
std::size_t Batch::size_bytes() const { return state_->bytes; }
bool Batch::empty() const { return state_->rows.empty(); }

struct Database::State {
  Disk& disk;
  bool failed = false;

  void refuse_if_failed() const {
    if (failed) throw StorageError("an earlier write failed; restart the node");
  }
  void write(std::vector<DiskRow> rows, bool sync) {
    refuse_if_failed();
    if (rows.empty()) return;
    try {
      disk.write(std::move(rows), sync);
    } catch (const StorageError&) {
      failed = true;
      throw;
    }
  }
};

bool Database::exists(const std::filesystem::path&) {
  return simulation::current_disk().image().has_database;
}

Database::Database(const std::filesystem::path&, const Options&)
    : state_(new State{simulation::current_disk()}) {
  state_->disk.image().has_database = true;
}
Database::~Database() = default;

bool Database::is_behind_watermark() const {
  return state_->disk.image().written < state_->disk.image().watermark;
}

std::optional<Bytes> Database::get(Table table, ByteView key) const {
  state_->refuse_if_failed();
  state_->disk.before_read();
  const auto& rows = state_->disk.image().rows(table);
  const auto it = rows.find(to_bytes(key));
  if (it == rows.end()) return std::nullopt;
  state_->disk.check_row(table, it->first);
  return it->second;
}

std::vector<std::optional<Bytes>> Database::get_many(Table table,
                                                     std::span<const Bytes> keys) const {
  std::vector<std::optional<Bytes>> out;
  out.reserve(keys.size());
  for (const Bytes& key : keys) out.push_back(get(table, key));
  return out;
}

void Database::commit(Batch batch) { state_->write(std::move(batch.state_->rows), true); }
void Database::commit_later(Batch batch) { state_->write(std::move(batch.state_->rows), false); }

void Database::ingest(Table table, const SortedRows& rows) {
  std::vector<DiskRow> out;
  for (const auto& [key, value] : rows) out.push_back({table, DiskRow::Kind::put, key, value});
  state_->write(std::move(out), true);
}

void Database::scan(Table table, ByteView prefix, ByteView from,
                    const std::function<bool(ByteView, ByteView)>& visit) const {
  state_->refuse_if_failed();
  state_->disk.before_read();
  const auto& rows = state_->disk.image().rows(table);
  const std::string_view wanted = as_text(prefix);
  // Visitors may write other rows meanwhile; a map's iterators bear that, as a snapshot would.
  for (auto it = rows.lower_bound(to_bytes(from.empty() ? prefix : from)); it != rows.end(); ++it) {
    state_->disk.check_row(table, it->first);
    if (!as_text(it->first).starts_with(wanted) || !visit(it->first, it->second)) break;
  }
}

std::uint64_t Database::approximate_count(Table table) const {
  return state_->disk.image().rows(table).size();
}

std::uint64_t Database::size_bytes() const {
  std::uint64_t out = 0;
  for (const auto& rows : state_->disk.image().tables)
    for (const auto& [key, value] : rows) out += key.size() + value.size();
  return out;
}

void Database::verify() const { state_->disk.before_read(); }
void Database::purge(std::span<const Table>) {}

}  // namespace bakhita::store
