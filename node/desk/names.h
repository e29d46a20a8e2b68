// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "node/desk/desk.h"

/// What things are called on this node, to people and in its rows.
namespace bakhita::desk {

/// A record of a feed by the feed's local number. Matches, recalls and challenges are named by
/// their record: u32 feed ‖ u64 index, in hexadecimal.
struct RecordName {
  std::uint32_t feed = 0;
  std::uint64_t index = 0;
  auto operator<=>(const RecordName&) const = default;
};
/// A record with its index.
struct Placed {
  std::uint64_t index = 0;
  const Record* record = nullptr;
};
Bytes to_key(const RecordName& name);
std::string to_id(const RecordName& name);
/// `key`: 12 bytes.
RecordName record_named(ByteView key);

std::optional<store::FeedState> feed_numbered(const Desk& desk, std::uint32_t number);

/// The country that the node's card names, or the beginning of its id.
std::string country_of(const Desk& desk, const NodeId& node);

/// Bytes as Protobuf's messages hold them.
inline std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

}  // namespace bakhita::desk
