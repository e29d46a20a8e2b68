// SPDX-License-Identifier: EUPL-1.2
#include "node/store/recalls.h"

#include <algorithm>
#include <map>

#include "node/store/sealing.h"

namespace bakhita::store {
namespace {

// Table::recalls. "w" ‖ u32 feed ‖ u64 index → Recall; "h" ‖ u32 feed ‖ peer → Holding; "r" ‖ u32
// feed ‖ peer ‖ u64 size ‖ u64 purged size → Receipt; "d" ‖ u32 feed → Duty; "t" ‖ community ‖
// origin ‖ keyed hash[16] of a token → Tombstone; "c" ‖ u32 feed ‖ u64 index ‖ objector → Dispute;
// "k" ‖ u32 objector's feed ‖ u64 index → key of the "c" row.
Bytes record_key(std::string_view kind, std::uint32_t feed, std::uint64_t index) {
  return ByteWriter().text(kind).u32(feed).u64(index).take();
}
Bytes feed_prefix(std::string_view kind, std::uint32_t feed) {
  return ByteWriter().text(kind).u32(feed).take();
}
Bytes peer_key(std::string_view kind, std::uint32_t feed, const NodeId& peer) {
  return ByteWriter().text(kind).u32(feed).raw(peer.bytes).take();
}
Bytes dispute_key(std::uint32_t feed, std::uint64_t index, const NodeId& objector) {
  return ByteWriter().raw(record_key("c", feed, index)).raw(objector.bytes).take();
}
Bytes place(ByteView key) { return ByteWriter().text("recalls").raw(key).take(); }

NodeId node_at(ByteView key, std::size_t offset) {
  const auto node = to_array<32>(key.subspan(std::min(offset, key.size())));
  if (!node) throw StorageError("a key of the recalls is malformed");
  return {*node};
}

Recalls::DisputePlace place_of_dispute(ByteView key) {
  ByteReader in(key.subspan(1));
  Recalls::DisputePlace out;
  out.feed = in.u32();
  out.index = in.u64();
  out.objector = node_at(key, 13);
  return out;
}

}  // namespace

Recalls::Recalls(Database& database, ByteView seal_key)
    : database_(database), seal_key_(seal_key) {}

Bytes Recalls::sealed_row(ByteView key, const google::protobuf::Message& message) const {
  return seal(seal_key_, as_bytes(message.SerializeAsString()), place(key));
}

template <class Message>
Message Recalls::open_row(ByteView key, ByteView row) const {
  const Bytes plain = unseal(seal_key_, row, place(key));
  Message out;
  if (!out.ParseFromArray(plain.data(), static_cast<int>(plain.size())))
    throw StorageError("a row of the recalls is malformed");
  return out;
}

template <class Message>
std::optional<Message> Recalls::load(ByteView key) const {
  const auto row = database_.get(Table::recalls, key);
  if (!row) return std::nullopt;
  return open_row<Message>(key, *row);
}

void Recalls::put(Batch& batch, std::uint32_t feed, std::uint64_t index,
                  const storage::v1::Recall& recall) const {
  const Bytes key = record_key("w", feed, index);
  batch.put(Table::recalls, key, sealed_row(key, recall));
}

std::optional<storage::v1::Recall> Recalls::recall(std::uint32_t feed, std::uint64_t index) const {
  return load<storage::v1::Recall>(record_key("w", feed, index));
}

std::vector<Recalls::Recall> Recalls::recalls(std::uint32_t feed, std::uint64_t from) const {
  std::vector<Recall> out;
  database_.scan(Table::recalls, feed_prefix("w", feed), record_key("w", feed, from),
                 [&](ByteView key, ByteView row) {
                   out.emplace_back(ByteReader(key.subspan(5)).u64(),
                                    open_row<storage::v1::Recall>(key, row));
                   return true;
                 });
  return out;
}

Named Recalls::recall_named(std::string_view beginning) const {
  return named(database_, Table::recalls, as_bytes("w"), beginning);
}

bool Recalls::has_recall(std::uint32_t feed, std::uint64_t from, std::uint64_t to) const {
  bool found = false;
  database_.scan(Table::recalls, feed_prefix("w", feed), record_key("w", feed, from),
                 [&](ByteView key, ByteView) {
                   found = ByteReader(key.subspan(5)).u64() < to;
                   return false;
                 });
  return found;
}

std::optional<storage::v1::Holding> Recalls::holding(std::uint32_t feed, const NodeId& peer) const {
  return load<storage::v1::Holding>(peer_key("h", feed, peer));
}

void Recalls::put(Batch& batch, std::uint32_t feed, const NodeId& peer,
                  const storage::v1::Holding& holding) const {
  const Bytes key = peer_key("h", feed, peer);
  batch.put(Table::recalls, key, sealed_row(key, holding));
}

std::vector<std::pair<NodeId, storage::v1::Holding>> Recalls::holdings(std::uint32_t feed) const {
  std::vector<std::pair<NodeId, storage::v1::Holding>> out;
  database_.scan(Table::recalls, feed_prefix("h", feed), {}, [&](ByteView key, ByteView row) {
    out.emplace_back(node_at(key, 5), open_row<storage::v1::Holding>(key, row));
    return true;
  });
  return out;
}

void Recalls::put(Batch& batch, std::uint32_t feed, const NodeId& peer,
                  const storage::v1::Receipt& receipt) const {
  const Bytes key = ByteWriter()
                        .raw(peer_key("r", feed, peer))
                        .u64(receipt.size())
                        .u64(receipt.purged_size())
                        .take();
  batch.put(Table::recalls, key, sealed_row(key, receipt));
}

std::vector<storage::v1::Receipt> Recalls::receipts(std::uint32_t feed, const NodeId& peer) const {
  std::vector<storage::v1::Receipt> out;
  database_.scan(Table::recalls, peer_key("r", feed, peer), {}, [&](ByteView key, ByteView row) {
    out.push_back(open_row<storage::v1::Receipt>(key, row));
    return true;
  });
  return out;
}

storage::v1::Duty Recalls::duty(std::uint32_t feed) const {
  return load<storage::v1::Duty>(feed_prefix("d", feed)).value_or(storage::v1::Duty());
}

void Recalls::put(Batch& batch, std::uint32_t feed, const storage::v1::Duty& duty) const {
  const Bytes key = feed_prefix("d", feed);
  batch.put(Table::recalls, key, sealed_row(key, duty));
}

std::vector<std::pair<std::uint32_t, storage::v1::Duty>> Recalls::duties() const {
  std::vector<std::pair<std::uint32_t, storage::v1::Duty>> out;
  database_.scan(Table::recalls, as_bytes("d"), {}, [&](ByteView key, ByteView row) {
    out.emplace_back(ByteReader(key.subspan(1)).u32(), open_row<storage::v1::Duty>(key, row));
    return true;
  });
  return out;
}

Bytes Recalls::tombstone_key(const CommunityId& community, const NodeId& origin,
                             const Token& token) const {
  return ByteWriter()
      .text("t")
      .raw(community.bytes)
      .raw(origin.bytes)
      .raw(keyed_hash(seal_key_, token))
      .take();
}

void Recalls::put(Batch& batch, const CommunityId& community, const NodeId& origin,
                  const Token& token, const storage::v1::Tombstone& tombstone) const {
  const Bytes key = tombstone_key(community, origin, token);
  batch.put(Table::recalls, key, sealed_row(key, tombstone));
}

std::optional<storage::v1::Tombstone> Recalls::tombstone(const CommunityId& community,
                                                         const NodeId& origin,
                                                         const Token& token) const {
  return load<storage::v1::Tombstone>(tombstone_key(community, origin, token));
}

void Recalls::put(Batch& batch, std::uint32_t feed, std::uint64_t index, const NodeId& objector,
                  const storage::v1::Dispute& dispute) const {
  const Bytes key = dispute_key(feed, index, objector);
  batch.put(Table::recalls, key, sealed_row(key, dispute));
  batch.put(Table::recalls, record_key("k", dispute.feed(), dispute.index()), key);
}

void Recalls::erase_dispute(Batch& batch, std::uint32_t feed, std::uint64_t index,
                            const NodeId& objector) const {
  const Bytes key = dispute_key(feed, index, objector);
  const auto dispute = load<storage::v1::Dispute>(key);
  if (!dispute) return;
  batch.erase(Table::recalls, key);
  batch.erase(Table::recalls, record_key("k", dispute->feed(), dispute->index()));
}

std::vector<std::pair<NodeId, storage::v1::Dispute>> Recalls::disputes(std::uint32_t feed,
                                                                       std::uint64_t index) const {
  std::vector<std::pair<NodeId, storage::v1::Dispute>> out;
  database_.scan(Table::recalls, record_key("c", feed, index), {}, [&](ByteView key, ByteView row) {
    out.emplace_back(node_at(key, 13), open_row<storage::v1::Dispute>(key, row));
    return true;
  });
  return out;
}

std::optional<Recalls::DisputePlace> Recalls::disputed_by(std::uint32_t objector_feed,
                                                          std::uint64_t index) const {
  const auto key = database_.get(Table::recalls, record_key("k", objector_feed, index));
  return key ? std::optional(place_of_dispute(*key)) : std::nullopt;
}

Named Recalls::challenge_named(std::string_view beginning, const NodeId& objector) const {
  return named(database_, Table::recalls, as_bytes("k"), beginning,
               [&](ByteView, ByteView key) { return place_of_dispute(key).objector == objector; });
}

std::vector<std::uint64_t> Recalls::challenges_before(std::uint32_t objector_feed,
                                                      std::uint64_t first) const {
  const Bytes prefix = feed_prefix("k", objector_feed);
  std::vector<std::uint64_t> out;
  database_.scan(Table::recalls, prefix, {}, [&](ByteView key, ByteView) {
    const std::uint64_t index = ByteReader(key.subspan(prefix.size())).u64();
    if (index < first) out.push_back(index);
    return index < first;
  });
  return out;
}

std::size_t Recalls::disputes_by(std::uint32_t objector_feed, std::size_t most) const {
  std::size_t out = 0;
  database_.scan(Table::recalls, feed_prefix("k", objector_feed), {},
                 [&](ByteView, ByteView) { return ++out < most; });
  return out;
}

std::vector<std::pair<Recalls::DisputePlace, storage::v1::Dispute>> Recalls::all_disputes() const {
  std::vector<std::pair<DisputePlace, storage::v1::Dispute>> out;
  database_.scan(Table::recalls, as_bytes("c"), {}, [&](ByteView key, ByteView row) {
    out.emplace_back(place_of_dispute(key), open_row<storage::v1::Dispute>(key, row));
    return true;
  });
  return out;
}

void Recalls::forget_expired(std::uint32_t today) {
  const auto alone = exclusive();
  Batch batch;
  std::map<std::uint32_t, std::uint64_t> oldest;  // withdrawal that lives, by feed
  database_.scan(Table::recalls, as_bytes("w"), {}, [&](ByteView key, ByteView row) {
    ByteReader in(key.subspan(1));
    const std::uint32_t feed = in.u32();
    if (open_row<storage::v1::Recall>(key, row).expiry_day() < today)
      batch.erase(Table::recalls, key);
    else
      oldest.try_emplace(feed, in.u64());
    return true;
  });
  database_.scan(Table::recalls, as_bytes("r"), {}, [&](ByteView key, ByteView) {
    const auto first = oldest.find(ByteReader(key.subspan(1)).u32());
    // The newest proves nothing new, but how far the peer is.
    if (first != oldest.end() && ByteReader(key.subspan(37)).u64() <= first->second)
      batch.erase(Table::recalls, key);
    return true;
  });
  database_.scan(Table::recalls, as_bytes("t"), {}, [&](ByteView key, ByteView row) {
    if (open_row<storage::v1::Tombstone>(key, row).until_day() < today)
      batch.erase(Table::recalls, key);
    return true;
  });
  database_.scan(Table::recalls, as_bytes("c"), {}, [&](ByteView key, ByteView row) {
    const auto dispute = open_row<storage::v1::Dispute>(key, row);
    if (dispute.expiry_day() >= today) return true;
    batch.erase(Table::recalls, key);
    batch.erase(Table::recalls, record_key("k", dispute.feed(), dispute.index()));
    return true;
  });
  database_.commit(std::move(batch));
}

}  // namespace bakhita::store
