// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/store/feeds.h"

/// How feeds lie in the database: the bytes of keys and rows, and nothing else.
namespace bakhita::store {

/// All that is kept of a feed beside its tiles.
struct FeedRow {
  FeedState state;
  std::uint64_t indexed_size = 0;   ///< records whose tokens are in Table::tokens
  std::vector<Hash> signed_peaks;   ///< own feed: compact range of the signed size
  std::vector<std::string> claims;  ///< verified notes of sizes not yet held, to be compared
                                    ///< with the records when those are here
  std::vector<Hash> first_peaks;    ///< compact range of [0, first)
  Start::Closing closing;           ///< record 0 of a later generation that begins behind it
};

Bytes encode(const FeedRow& row);
/// Throws StorageError on a malformed row.
FeedRow decode_feed_row(std::uint32_t number, ByteView bytes);

/// Table::feeds: u32 number ‖ 0 → FeedRow; ‖ 1 ‖ u64 → tile roots of 65,536 records; ‖ 2 → matched
/// size; ‖ 3 ‖ u64 tile → bitmap of its missing bodies; ‖ 4 ‖ u64 index → withdrawn by a later
/// generation before it came here.
Bytes feed_row_key(std::uint32_t number);
Bytes tile_roots_key(std::uint32_t number, std::uint64_t wide_tile);
Bytes matched_key(std::uint32_t number);
Bytes missing_prefix(std::uint32_t number);
Bytes missing_key(std::uint32_t number, std::uint64_t tile);
std::uint64_t missing_tile(ByteView key);
Bytes withdrawn_key(std::uint32_t number, std::uint64_t index);
/// Table::feed_headers and feed_bodies.
Bytes tile_key(std::uint32_t number, std::uint64_t tile);
/// Table::tokens.
Bytes token_key(std::uint32_t number, ByteView token);

/// A tile of bodies: which are absent (32-byte bitmap, LSB first), then the bodies one after
/// another.
struct BodyTile {
  ByteArray<32> absent{};
  std::vector<Bytes> bodies;
};
Bytes encode(const BodyTile& tile);
/// `headers` gives the lengths. Throws StorageError when they do not fit.
BodyTile decode_body_tile(ByteView bytes, ByteView headers);

inline bool bit(ByteView bitmap, std::uint64_t i) {
  return i / 8 < bitmap.size() && (bitmap[i / 8] >> (i % 8) & 1) != 0;
}
inline void set_bit(std::span<std::uint8_t> bitmap, std::uint64_t i) {
  bitmap[i / 8] = static_cast<std::uint8_t>(bitmap[i / 8] | 1u << (i % 8));
}
inline void clear_bit(std::span<std::uint8_t> bitmap, std::uint64_t i) {
  bitmap[i / 8] = static_cast<std::uint8_t>(bitmap[i / 8] & ~(1u << i % 8));
}

}  // namespace bakhita::store
