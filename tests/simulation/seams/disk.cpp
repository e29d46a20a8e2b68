// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/seams/disk.h"

#include <stdexcept>
#include <utility>

#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {
Disk* current = nullptr;
}

Disk& current_disk() {
  if (current == nullptr) throw std::logic_error("no node runs: whose disk is it?");
  return *current;
}
void set_current_disk(Disk* disk) { current = disk; }

void DiskImage::apply(const DiskRow& row) {
  Rows& rows = tables[static_cast<std::size_t>(row.table)];
  switch (row.kind) {
    case DiskRow::Kind::put:
      rows[row.key] = row.value;
      break;
    case DiskRow::Kind::erase:
      rows.erase(row.key);
      break;
    case DiskRow::Kind::erase_range:
      if (row.key < row.value) rows.erase(rows.lower_bound(row.key), rows.lower_bound(row.value));
      break;
  }
}

void Disk::apply(const DiskRow& row, std::vector<Undo>& undo) {
  auto& rows = image_.tables[static_cast<std::size_t>(row.table)];
  const auto keep = [&](DiskImage::Rows::iterator it) {
    undo.push_back({row.table, it->first, it->second});
  };
  if (row.kind == DiskRow::Kind::erase_range) {
    for (auto it = rows.lower_bound(row.key); it != rows.end() && it->first < row.value; ++it)
      keep(it);
  } else if (const auto it = rows.find(row.key); it != rows.end()) {
    keep(it);
  } else {
    undo.push_back({row.table, row.key, std::nullopt});
  }
  image_.apply(row);
}

void Disk::take_back(const std::vector<Undo>& undo) {
  for (auto it = undo.rbegin(); it != undo.rend(); ++it) {
    auto& rows = image_.tables[static_cast<std::size_t>(it->table)];
    if (it->before)
      rows[it->key] = *it->before;
    else
      rows.erase(it->key);
  }
}

void Disk::check_space() {
  SOMETIMES(full, "a write meets a full disk");
  if (full) throw store::StorageError("no space left on the disk");
}

void Disk::write(std::vector<DiskRow> rows, bool sync) {
  check_space();
  ++writes;
  const bool dies = power_lasts > 0 && --power_lasts == 0;
  if (dies && random_.chance(0.3)) {
    SOMETIMES(true, "power is lost before a write");
    throw PowerLost();
  }
  for (const DiskRow& row : rows) {
    if (on_write) on_write(row.value);
    if (!damaged.empty()) damaged.erase({row.table, row.key});
  }
  const bool fails = std::exchange(failing, false);
  if (fails && random_.chance(0.5)) {
    SOMETIMES(true, "a failed write wrote nothing");
    throw store::StorageError("input/output error");
  }
  if (sync && !forgets_syncs && !dies) {
    for (const DiskRow& row : rows) image_.apply(row);
    unsynced_.clear();
    image_.watermark = ++image_.written;
    ++syncs;
  } else {
    std::vector<Undo> undo;
    for (const DiskRow& row : rows) apply(row, undo);
    unsynced_.push_back(std::move(undo));
    ++image_.written;
    SOMETIMES(unsynced_.size() > 1, "several batches wait for one sync");
  }
  if (fails) {
    SOMETIMES(true, "a failed write was written all the same");
    throw store::StorageError("input/output error");
  }
  if (dies) {
    SOMETIMES(true, "power is lost after a write");
    throw PowerLost();
  }
}

void Disk::write_file(const std::string& name, ByteView content) {
  check_space();
  ++writes;
  if (power_lasts > 0 && --power_lasts == 0) {
    SOMETIMES(true, "power is lost while a file is replaced");
    if (random_.chance(0.5)) image_.files[name] = to_bytes(content);
    throw PowerLost();
  }
  if (on_write) on_write(content);
  image_.files[name] = to_bytes(content);
}

const Bytes* Disk::file(const std::string& name) const {
  const auto it = image_.files.find(name);
  return it == image_.files.end() ? nullptr : &it->second;
}

void Disk::before_read() const {
  if (!reads_fail) return;
  SOMETIMES(true, "a read fails");
  throw store::StorageError("block checksum mismatch");
}

void Disk::refuse_damaged(store::Table table, const Bytes& key) const {
  if (!damaged.contains({table, key})) return;
  SOMETIMES(true, "a turned bit is read");
  throw store::StorageError("block checksum mismatch");
}

void Disk::crash() {
  power_lasts = std::exchange(power_lasts_next, 0);
  failing = false;
  const std::size_t kept = random_.below(unsynced_.size() + 1);
  SOMETIMES(!unsynced_.empty() && kept < unsynced_.size(), "a crash loses unsynced writes");
  SOMETIMES(kept > 0, "a crash keeps unsynced writes");
  while (unsynced_.size() > kept) {
    take_back(unsynced_.back());
    unsynced_.pop_back();
    --image_.written;
  }
  unsynced_.clear();
}

std::optional<Bytes> Disk::durable(store::Table table, const Bytes& key) const {
  for (const auto& batch : unsynced_)
    for (const Undo& undo : batch)
      if (undo.table == table && undo.key == key) return undo.before;
  const auto& rows = image_.rows(table);
  const auto it = rows.find(key);
  if (it == rows.end()) return std::nullopt;
  return it->second;
}

}  // namespace bakhita::simulation
