// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/names.h"

namespace bakhita::desk {

Bytes to_key(const RecordName& name) { return ByteWriter().u32(name.feed).u64(name.index).take(); }

std::string to_id(const RecordName& name) { return to_hex(to_key(name)); }

RecordName record_named(ByteView key) {
  ByteReader in(key);
  RecordName out;
  out.feed = in.u32();
  out.index = in.u64();
  if (!in.finished()) throw store::StorageError("the name of a record is malformed");
  return out;
}

std::optional<store::FeedState> feed_numbered(const Desk& desk, std::uint32_t number) {
  for (store::FeedState& feed : desk.feeds.all())
    if (feed.number == number) return std::move(feed);
  return std::nullopt;
}

std::string country_of(const Desk& desk, const NodeId& node) {
  if (node == desk.self) return desk.country;
  const auto known = desk.members.known(node);
  return known ? known->card.country() : to_hex(node.bytes).substr(0, 16);
}

}  // namespace bakhita::desk
