// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/lookup_queue.h"

#include "node/store/sealing.h"

namespace bakhita::desk {
namespace {

using store::Table;

constexpr std::string_view count_prefix = "lookups-waiting/";

Bytes count_key(std::uint32_t feed) { return ByteWriter().text(count_prefix).u32(feed).take(); }

}  // namespace

Bytes queue_key(std::uint32_t feed, std::uint8_t group, Priority priority,
                const store::IdentifierHash& identifier) {
  return ByteWriter()
      .raw(queue_prefix(feed, group))
      .u8(static_cast<std::uint8_t>(priority))
      .raw(identifier)
      .take();
}
Bytes queue_prefix(std::uint32_t feed, std::uint8_t group) {
  return ByteWriter().u32(feed).u8(group).take();
}
Priority priority_of(ByteView key) {
  return key[5] == 0 ? Priority::interactive : Priority::scheduled;
}
store::IdentifierHash identifier_of(ByteView key) { return to_array<16>(key.subspan(6)).value(); }

LookupQueue::LookupQueue(store::Database& database) : database_(database) {
  database.scan(Table::meta, as_bytes(count_prefix), {}, [&](ByteView key, ByteView value) {
    counts_[ByteReader(key.subspan(count_prefix.size())).u32()] = ByteReader(value).u64();
    return true;
  });
}

std::uint64_t LookupQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t out = 0;
  for (const auto& [feed, count] : counts_) out += count;
  return out;
}

std::uint64_t LookupQueue::waiting(std::uint32_t feed) const {
  const std::lock_guard lock(mutex_);
  const auto known = counts_.find(feed);
  return known == counts_.end() ? 0 : known->second;
}

bool LookupQueue::Edit::holds(const Bytes& key) const {
  const auto known = changed_.find(key);
  if (known != changed_.end()) return known->second;
  return queue_.database_.get(Table::lookups, key).has_value();
}

bool LookupQueue::Edit::add(ByteView key, ByteView value) {
  Bytes row = to_bytes(key);
  if (holds(row)) return false;
  batch_.put(Table::lookups, row, value);
  ++difference_[ByteReader(row).u32()];
  changed_[std::move(row)] = true;
  return true;
}

bool LookupQueue::Edit::remove(ByteView key) {
  Bytes row = to_bytes(key);
  if (!holds(row)) return false;
  batch_.erase(Table::lookups, row);
  --difference_[ByteReader(row).u32()];
  changed_[std::move(row)] = false;
  return true;
}

store::Batch LookupQueue::Edit::take() {
  const std::lock_guard lock(queue_.mutex_);
  for (const auto& [feed, difference] : difference_) {
    if (difference == 0) continue;
    std::uint64_t& count = queue_.counts_[feed];
    count += static_cast<std::uint64_t>(difference);
    batch_.put(Table::meta, count_key(feed), store::number_key(count));
  }
  changed_.clear();
  difference_.clear();
  return std::exchange(batch_, store::Batch());
}

}  // namespace bakhita::desk
