// SPDX-License-Identifier: EUPL-1.2
#include "node/store/missing_bodies.h"

#include <algorithm>

#include "node/store/sealing.h"
#include "protocol/feed/merkle.h"

namespace bakhita::store {
namespace {

bool is_empty(const ByteArray<32>& bits) {
  return std::all_of(bits.begin(), bits.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// The first bit at or behind `from`; tile_width when there is none.
std::uint64_t next_bit(ByteView bits, std::uint64_t from) {
  while (from < tile_width && !bit(bits, from)) ++from;
  return from;
}

}  // namespace

bool is_awaited(const Header& header, std::uint32_t today) {
  return header.expiry_day >= today || header.kind == RecordKind::oprf_key ||
         header.kind == RecordKind::policy || header.kind == RecordKind::floor;
}

MissingBodies::MissingBodies(const Database& database, const FeedState& state, bool anew)
    : database_(database),
      anew_(anew),
      feed_(state.number),
      count_(state.missing),
      first_(state.first_missing) {}

ByteArray<32>& MissingBodies::tile(std::uint64_t number) {
  const auto known = tiles_.find(number);
  if (known != tiles_.end()) return known->second;
  const auto stored =
      anew_ ? std::nullopt : database_.get(Table::feeds, missing_key(feed_, number));
  return tiles_[number] = stored ? to_array<32>(*stored).value() : ByteArray<32>{};
}

void MissingBodies::scan(std::uint64_t from,
                         const std::function<bool(std::uint64_t tile, ByteView bits)>& fn) {
  if (anew_) return;
  database_.scan(Table::feeds, missing_prefix(feed_), missing_key(feed_, from),
                 [&](ByteView key, ByteView bits) { return fn(missing_tile(key), bits); });
}

bool MissingBodies::contains(std::uint64_t index) {
  return count_ > 0 && bit(tile(index / tile_width), index % tile_width);
}

void MissingBodies::add(std::uint64_t index) {
  if (contains(index)) return;
  first_ = count_ == 0 ? index : std::min(first_, index);
  set_bit(tile(index / tile_width), index % tile_width);
  ++count_;
}

void MissingBodies::remove(std::uint64_t index) {
  if (!contains(index)) return;
  clear_bit(tile(index / tile_width), index % tile_width);
  --count_;
}

void MissingBodies::remove_before(std::uint64_t index) {
  if (count_ == 0 || first_ >= index) return;
  std::vector<std::uint64_t> stored;
  scan(first_ / tile_width, [&](std::uint64_t number, ByteView) {
    stored.push_back(number);
    return number < index / tile_width;
  });
  for (const std::uint64_t number : stored) tile(number);
  for (const auto& [number, bits] : tiles_)
    for (std::uint64_t i = 0; i < tile_width && number * tile_width + i < index; ++i)
      remove(number * tile_width + i);
}

/// Only records behind the first were removed or added since it was known.
std::uint64_t MissingBodies::first_behind(std::uint64_t index) {
  std::optional<std::uint64_t> found;
  for (auto it = tiles_.lower_bound(index / tile_width); it != tiles_.end() && !found; ++it)
    if (const std::uint64_t at = next_bit(it->second, 0); at < tile_width)
      found = it->first * tile_width + at;
  scan(index / tile_width, [&](std::uint64_t number, ByteView bits) {
    if (found && number * tile_width >= *found) return false;
    if (tiles_.contains(number)) return true;
    found = number * tile_width + next_bit(bits, 0);
    return false;
  });
  return found.value_or(0);
}

void MissingBodies::write(Batch& batch, FeedState& state) {
  for (const auto& [number, bits] : tiles_)
    if (is_empty(bits))
      batch.erase(Table::feeds, missing_key(feed_, number));
    else
      batch.put(Table::feeds, missing_key(feed_, number), bits);
  if (count_ == 0)
    first_ = 0;
  else if (!contains(first_))
    first_ = first_behind(first_);
  state.missing = count_;
  state.first_missing = first_;
}

}  // namespace bakhita::store
