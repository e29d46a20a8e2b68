// SPDX-License-Identifier: EUPL-1.2
#include "node/store/feed_rows.h"

namespace bakhita::store {
namespace {

void write_hashes(ByteWriter& out, const std::vector<Hash>& hashes) {
  out.u32(static_cast<std::uint32_t>(hashes.size()));
  for (const Hash& hash : hashes) out.raw(hash);
}

std::vector<Hash> read_hashes(ByteReader& in) {
  std::vector<Hash> out;
  for (std::uint32_t count = in.u32(); count > 0 && in.ok(); --count)
    out.push_back(to_array<32>(in.raw(32)).value_or(Hash{}));
  return out;
}

}  // namespace

Bytes encode(const FeedRow& row) {
  const FeedState& state = row.state;
  ByteWriter out;
  out.raw(state.id.community.bytes).raw(state.id.origin.bytes).u32(state.id.generation);
  out.u64(state.size).u64(state.note_size).raw(state.note_root).u8(state.frozen ? 1 : 0);
  out.u64(row.indexed_size).prefixed(as_bytes(state.note));
  write_hashes(out, row.signed_peaks);
  out.u64(state.missing).u64(state.first_missing);
  out.u32(static_cast<std::uint32_t>(row.claims.size()));
  for (const std::string& note : row.claims) out.prefixed(as_bytes(note));
  out.u8(state.closed_size ? 1 : 0).u64(state.closed_size.value_or(0)).u64(state.bytes);
  out.u64(state.first).u64(state.floor).u64(state.floor_index);
  write_hashes(out, row.first_peaks);
  out.prefixed(row.closing.header).u32(static_cast<std::uint32_t>(row.closing.body.size()));
  out.raw(row.closing.body);
  write_hashes(out, row.closing.proof);
  return out.take();
}

FeedRow decode_feed_row(std::uint32_t number, ByteView bytes) {
  ByteReader in(bytes);
  FeedRow row;
  FeedState& state = row.state;
  state.number = number;
  state.id.community.bytes = to_array<16>(in.raw(16)).value_or(ByteArray<16>{});
  state.id.origin.bytes = to_array<32>(in.raw(32)).value_or(ByteArray<32>{});
  state.id.generation = in.u32();
  state.size = in.u64();
  state.note_size = in.u64();
  state.note_root = to_array<32>(in.raw(32)).value_or(Hash{});
  state.frozen = in.u8() != 0;
  row.indexed_size = in.u64();
  state.note = as_text(in.prefixed());
  row.signed_peaks = read_hashes(in);
  state.missing = in.u64();
  state.first_missing = in.u64();
  for (std::uint32_t count = in.u32(); count > 0 && in.ok(); --count)
    row.claims.emplace_back(as_text(in.prefixed()));
  const bool closed = in.u8() != 0;
  const std::uint64_t closed_size = in.u64();
  if (closed) state.closed_size = closed_size;
  state.bytes = in.u64();
  state.first = in.u64();
  state.floor = in.u64();
  state.floor_index = in.u64();
  row.first_peaks = read_hashes(in);
  row.closing.header = to_bytes(in.prefixed());
  row.closing.body = to_bytes(in.raw(in.u32()));
  row.closing.proof = read_hashes(in);
  if (!in.finished()) throw StorageError("a feed's row is malformed");
  return row;
}

Bytes feed_row_key(std::uint32_t number) { return ByteWriter().u32(number).u8(0).take(); }
Bytes tile_roots_key(std::uint32_t number, std::uint64_t wide_tile) {
  return ByteWriter().u32(number).u8(1).u64(wide_tile).take();
}
Bytes matched_key(std::uint32_t number) { return ByteWriter().u32(number).u8(2).take(); }
Bytes missing_prefix(std::uint32_t number) { return ByteWriter().u32(number).u8(3).take(); }
Bytes missing_key(std::uint32_t number, std::uint64_t tile) {
  return ByteWriter().raw(missing_prefix(number)).u64(tile).take();
}
std::uint64_t missing_tile(ByteView key) { return ByteReader(key.subspan(5)).u64(); }
Bytes withdrawn_key(std::uint32_t number, std::uint64_t index) {
  return ByteWriter().u32(number).u8(4).u64(index).take();
}
Bytes tile_key(std::uint32_t number, std::uint64_t tile) {
  return ByteWriter().u32(number).u64(tile).take();
}
Bytes token_key(std::uint32_t number, ByteView token) {
  return ByteWriter().u32(number).raw(token).take();
}

Bytes encode(const BodyTile& tile) {
  std::size_t size = tile.absent.size();
  for (const Bytes& body : tile.bodies) size += body.size();
  Bytes out;
  out.reserve(size);
  out.insert(out.end(), tile.absent.begin(), tile.absent.end());
  for (const Bytes& body : tile.bodies) out.insert(out.end(), body.begin(), body.end());
  return out;
}

BodyTile decode_body_tile(ByteView bytes, ByteView headers) {
  BodyTile out;
  ByteReader in(bytes);
  out.absent = to_array<32>(in.raw(32)).value_or(ByteArray<32>{});
  for (std::size_t i = 0; (i + 1) * header_size <= headers.size(); ++i) {
    const auto header = parse_header(headers.subspan(i * header_size, header_size));
    if (!header) throw StorageError("a stored record header is malformed");
    out.bodies.push_back(bit(out.absent, i) ? Bytes() : to_bytes(in.raw(header->body_size)));
  }
  if (!in.finished()) throw StorageError("a stored tile of bodies does not fit its headers");
  return out;
}

}  // namespace bakhita::store
