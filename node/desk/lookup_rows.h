// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/store/identifiers.h"

/// Keys of the rows that lookups and matching share.
namespace bakhita::desk {

/// Table::prks: u32 feed ‖ u32 epoch ‖ identifier[16].
inline Bytes prk_key(std::uint32_t feed, std::uint32_t epoch,
                     const store::IdentifierHash& identifier) {
  return ByteWriter().u32(feed).u32(epoch).raw(identifier).take();
}
/// Table::wanted.
inline Bytes wanted_key(std::uint32_t feed, const ByteArray<16>& token_hash) {
  return ByteWriter().u32(feed).raw(token_hash).take();
}
/// Table::meta: what the origin's feed says of its keys, and the periods that its locks have.
inline Bytes origin_keys_prefix(std::uint32_t feed) {
  return ByteWriter().text("origin-key/").u32(feed).take();
}
inline Bytes origin_key_key(std::uint32_t feed, std::uint32_t epoch, std::uint8_t group) {
  return ByteWriter().raw(origin_keys_prefix(feed)).u32(epoch).u8(group).take();
}
inline Bytes period_prefix(std::uint32_t feed) {
  return ByteWriter().text("period/").u32(feed).take();
}
inline Bytes period_key(std::uint32_t feed, std::uint32_t period) {
  return ByteWriter().raw(period_prefix(feed)).u32(period).take();
}

}  // namespace bakhita::desk
