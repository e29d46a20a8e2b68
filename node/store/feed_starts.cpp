// SPDX-License-Identifier: EUPL-1.2
// Feeds that begin at a floor: what is handed to whoever holds nothing, and taken by us.
#include <bit>

#include "node/store/feeds_state.h"
#include "node/store/missing_bodies.h"
#include "node/store/sealing.h"

namespace bakhita::store {
namespace {

/// Kinds that an origin says again behind a floor, or that travel with the start.
bool is_said_again(RecordKind kind) {
  return kind == RecordKind::oprf_key || kind == RecordKind::policy || kind == RecordKind::close ||
         kind == RecordKind::floor;
}

}  // namespace

void note_floor(FeedState& state, std::uint64_t index, std::uint64_t floor) {
  const bool is_behind_the_end = state.closed_size && index >= *state.closed_size;
  if (is_behind_the_end || floor <= state.floor) return;
  state.floor = floor;
  state.floor_index = index;
}

/// What was held of a fetch that nobody could go on with had ended as well.
Tree Feeds::State::begin_at(const Start& start, const Frontier& frontier, FeedRow& row,
                            Batch& batch) const {
  const std::uint32_t number = row.state.number;
  const Bytes from = ByteWriter().u32(number).take(), to = ByteWriter().u32(number + 1).take();
  if (row.state.size > 0) {
    for (const Table table : {Table::feed_headers, Table::feed_bodies, Table::tokens})
      batch.erase_range(table, from, to);
    batch.erase_range(Table::feeds, tile_roots_key(number, 0), matched_key(number));
    batch.erase_range(Table::feeds, missing_prefix(number), withdrawn_key(number, 0));
  }
  row.state.bytes = row.state.missing = row.state.first_missing = 0;
  batch.put(Table::feeds, matched_key(number), number_key(start.first));
  row.state.first = row.state.size = row.indexed_size = start.first;
  row.first_peaks = start.peaks;
  row.closing = start.closing;
  note_floor(row.state, start.floor_index, start.first);
  return Tree::restore(frontier, {}, {});
}

/// The path from record 0 up to the first peak of [0, first). A feed that begins later itself knows
/// the lower part by heart.
Start::Closing Feeds::State::closing_for(const Entry& entry, std::uint64_t first) const {
  const std::uint32_t number = entry.row.state.number;
  const std::uint64_t held = entry.row.state.first, whole = std::bit_floor(first);
  Start::Closing out = entry.row.closing;
  if (held == 0) {
    const Bytes tile_headers = headers(number, 0);
    const BodyTile tile = bodies(number, 0, tile_headers);
    out.header = to_bytes(ByteView(tile_headers).first(header_size));
    out.body = tile.bodies.at(0);
    out.proof = entry.tree.inclusion_proof(0, whole, reader(number));
    return out;
  }
  for (std::uint64_t width = std::bit_floor(held); width < whole; width *= 2)
    out.proof.push_back(entry.tree.subtree(width, 2 * width, reader(number)));
  return out;
}

std::optional<Start> Feeds::State::start_of(const Entry& entry) const {
  const FeedState& state = entry.row.state;
  const std::uint64_t place = state.floor_index % tile_width;
  if (state.ended() == 0 || state.ended() != state.floor || state.floor_index >= state.note_size)
    return std::nullopt;
  const Bytes tile_headers = headers(state.number, state.floor_index / tile_width);
  const BodyTile tile = bodies(state.number, state.floor_index / tile_width, tile_headers);
  if (bit(tile.absent, place)) return std::nullopt;
  Start out;
  out.first = state.floor;
  out.peaks = entry.tree.frontier_at(out.first, reader(state.number)).peaks();
  out.floor_index = state.floor_index;
  out.floor_header = to_bytes(ByteView(tile_headers).subspan(place * header_size, header_size));
  out.floor_body = tile.bodies.at(place);
  out.floor_proof =
      entry.tree.inclusion_proof(state.floor_index, state.note_size, reader(state.number));
  if (state.id.generation > 1) out.closing = closing_for(entry, out.first);
  return out;
}

Frontier Feeds::State::before_first(const Entry& entry) const {
  auto out = Frontier::restore(entry.row.state.first, entry.row.first_peaks);
  if (!out || out->size() % tile_width != 0)
    throw StorageError("the compact range that a feed begins with is malformed");
  return *out;
}

Frontier Feeds::before_first(const FeedId& feed) const {
  const auto entry = state_->find(feed);
  if (!entry) return {};
  const std::lock_guard lock(entry->mutex);
  return state_->before_first(*entry);
}

/// A record of an earlier generation that lives as long as nothing is known that ended it.
bool Feeds::State::may_live(const FeedId& feed, std::uint64_t index, std::uint32_t today) const {
  const auto entry = find(feed);
  if (!entry) return true;
  const std::lock_guard lock(entry->mutex);
  const FeedState& state = entry->row.state;
  if (index < state.ended()) return false;
  if (index >= state.size) return true;
  const Bytes tile_headers = headers(state.number, index / tile_width);
  const auto header =
      parse_header(ByteView(tile_headers).subspan(index % tile_width * header_size, header_size));
  return !header || header->expiry_day >= today;
}

std::uint64_t Feeds::first_living(const FeedId& feed, std::uint32_t today) const {
  const auto entry = state_->find(feed);
  if (!entry) return 0;
  const std::lock_guard lock(entry->mutex);
  const FeedState& state = entry->row.state;
  MissingBodies missing(state_->database, state);
  std::uint64_t at = state.ended();
  while (at < state.size) {
    const Bytes headers = state_->headers(state.number, at / tile_width);
    const BodyTile tile = state_->bodies(state.number, at / tile_width, headers);
    for (std::size_t i = at % tile_width; i < tile.bodies.size(); ++i, ++at) {
      const Header header =
          parse_header(ByteView(headers).subspan(i * header_size, header_size)).value();
      if (is_said_again(header.kind) || (bit(tile.absent, i) && !missing.contains(at))) continue;
      if (header.expiry_day >= today) return at;
      if (header.kind != RecordKind::withdraw) continue;
      // Without it, whoever holds the earlier generation would take that record for a living one.
      v1::Withdraw withdraw;
      withdraw.ParseFromArray(tile.bodies[i].data(), static_cast<int>(tile.bodies[i].size()));
      if (withdraw.generation() != 0 && withdraw.generation() < feed.generation &&
          state_->may_live({feed.community, feed.origin, withdraw.generation()}, withdraw.index(),
                           today))
        return at;
    }
    if (at % tile_width != 0) break;
  }
  return at;
}

}  // namespace bakhita::store
