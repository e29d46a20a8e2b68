// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/ceilings.h"

#include <algorithm>
#include <limits>

namespace bakhita::desk {
namespace {

/// A header and a lock's body, rounded up.
constexpr std::uint64_t record_bytes = 288;
constexpr std::uint64_t records_per_lock = 16;
constexpr std::uint64_t allowance = 16ull << 20;
/// What a generation counts besides its records: rows and memory of its own.
constexpr std::uint64_t generation_bytes = 1ull << 20;

// Table::meta: u32 day ‖ u64 bytes.
Bytes letters_key(const NodeId& peer) {
  return ByteWriter().text("letters-taken/").raw(peer.bytes).take();
}

}  // namespace

std::uint64_t feed_ceiling(const v1::Charter& charter) {
  constexpr std::uint64_t per_lock = records_per_lock * record_bytes;
  constexpr std::uint64_t most = (std::numeric_limits<std::uint64_t>::max() - allowance) / per_lock;
  return std::min(charter.live_locks_per_origin(), most) * per_lock + allowance;
}

bool is_full(const Desk& desk, const FeedId& feed) {
  const auto community = desk.members.community(feed.community);
  if (!community || feed.origin == desk.self) return false;
  const std::uint64_t ceiling = feed_ceiling(community->charter);
  std::uint64_t bytes = 0;
  for (FeedId one{feed.community, feed.origin, 1}; one.generation <= feed.generation;
       ++one.generation) {
    const auto state = desk.feeds.find(one);
    bytes += generation_bytes + (state ? state->bytes : 0);
    if (bytes >= ceiling) return true;
  }
  return false;
}

bool charge_letter(const Desk& desk, const NodeId& peer, std::uint64_t bytes, store::Batch& batch) {
  const Bytes key = letters_key(peer);
  const auto today = static_cast<std::uint32_t>(desk.now() / 86'400);
  std::uint64_t taken = 0;
  if (const auto row = desk.database.get(store::Table::meta, key)) {
    ByteReader in(*row);
    const std::uint32_t day = in.u32();
    if (day == today) taken = in.u64();
  }
  if (taken + bytes > letter_bytes_per_day) return false;
  batch.put(store::Table::meta, key, ByteWriter().u32(today).u64(taken + bytes).view());
  return true;
}

}  // namespace bakhita::desk
