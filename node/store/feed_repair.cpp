// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "node/store/feeds_state.h"
#include "node/store/missing_bodies.h"
#include "node/store/sealing.h"

/// What changes in a feed beside appending: bodies that come late, a generation's end, and an own
/// feed that is had back from peers.
namespace bakhita::store {

Result<std::uint64_t> Feeds::fill(const FeedId& feed, const Range& range) {
  const auto entry = state_->find(feed);
  if (!entry) return Error::not_found;
  const std::lock_guard lock(entry->mutex);
  FeedRow next = entry->row;
  const std::uint32_t number = next.state.number;
  if (range.headers.size() % header_size != 0) return Error::malformed;
  if (range.from + range.count() > next.state.size) return Error::unexpected;
  Batch batch;
  MissingBodies missing(state_->database, next.state);
  std::vector<std::uint64_t> filled;
  ByteReader bodies(range.bodies);
  std::optional<std::uint64_t> at_tile;
  Bytes headers;
  BodyTile tile;
  const auto write_tile = [&] {
    if (at_tile) batch.put(Table::feed_bodies, tile_key(number, *at_tile), encode(tile));
  };
  for (std::size_t i = 0; i < range.count(); ++i) {
    const std::uint64_t index = range.from + i, place = index % tile_width;
    const ByteView header_bytes = ByteView(range.headers).subspan(i * header_size, header_size);
    const auto header = parse_header(header_bytes);
    if (!header) return header.error();
    const bool absent_there = bit(range.erased, i);
    const ByteView body = absent_there ? ByteView() : bodies.raw(header->body_size);
    if (!bodies.ok()) return Error::malformed;
    if (absent_there || !missing.contains(index)) continue;
    const auto floor = header->kind == RecordKind::floor ? open_floor(index, *header, body)
                                                         : Result<std::uint64_t>(std::uint64_t{0});
    if (!floor) return floor.error();
    if (at_tile != index / tile_width) {
      write_tile();
      at_tile = index / tile_width;
      headers = state_->headers(number, *at_tile);
      tile = state_->bodies(number, *at_tile, headers);
    }
    const ByteView held = ByteView(headers).subspan(place * header_size, header_size);
    if (!std::equal(held.begin(), held.end(), header_bytes.begin())) return Error::wrong_root;
    if (commit_to(body) != header->commit) return Error::bad_commitment;
    tile.bodies[place] = to_bytes(body);
    clear_bit(tile.absent, place);
    if (const auto token = token_of(body))
      batch.put(Table::tokens, token_key(number, *token), number_key(index));
    missing.remove(index);
    note_floor(next.state, index, *floor);
    filled.push_back(index);
  }
  if (filled.empty()) return 0;
  write_tile();
  missing.write(batch, next.state);
  const auto matched = state_->database.get(Table::feeds, matched_key(number));
  if (matched && ByteReader(*matched).u64() > filled.front())
    batch.put(Table::feeds, matched_key(number), number_key(filled.front()));
  batch.put(Table::feeds, feed_row_key(number), encode(next));
  state_->database.commit(std::move(batch));
  entry->row = std::move(next);
  return filled.size();
}

void Feeds::close(const FeedId& feed, std::uint64_t size) {
  open(feed);
  const auto entry = state_->find(feed);
  const std::lock_guard lock(entry->mutex);
  if (entry->row.state.closed_size) return;  // the first one counts
  FeedRow next = entry->row;
  next.state.closed_size = size;
  Batch batch;
  batch.put(Table::feeds, feed_row_key(next.state.number), encode(next));
  state_->database.commit(std::move(batch));
  entry->row = std::move(next);
}

/// A row without records; those that are stored go with the batch. The newest note stays as a
/// claim, and so does what a later generation withdrew.
FeedRow Feeds::State::emptied(const Entry& entry, Batch& batch) const {
  const std::uint32_t number = entry.row.state.number;
  const Bytes from = ByteWriter().u32(number).take(), to = ByteWriter().u32(number + 1).take();
  for (const Table table : {Table::feed_headers, Table::feed_bodies, Table::tokens})
    batch.erase_range(table, from, to);
  batch.erase_range(Table::feeds, feed_row_key(number), withdrawn_key(number, 0));
  FeedRow fresh;
  fresh.state.id = entry.row.state.id;
  fresh.state.number = number;
  fresh.state.frozen = entry.row.state.frozen;
  fresh.state.closed_size = entry.row.state.closed_size;
  fresh.state.root = fresh.state.note_root = empty_root();
  fresh.claims = entry.row.claims;
  if (!entry.row.state.note.empty()) keep_claim(fresh, entry.row.state.note);
  return fresh;
}

void Feeds::begin_again(const FeedId& feed) {
  const auto entry = state_->find(feed);
  if (!entry) return;
  const std::lock_guard lock(entry->mutex);
  Batch batch;
  FeedRow fresh = state_->emptied(*entry, batch);
  batch.put(Table::feeds, feed_row_key(fresh.state.number), encode(fresh));
  state_->database.commit(std::move(batch));
  entry->row = std::move(fresh);
  entry->tree = Tree();
  entry->unindexed.clear();
  entry->unsynced_bytes = 0;
}

void Feeds::adopt(const FeedId& feed) {
  const auto entry = state_->find(feed);
  if (!entry) return;
  const std::lock_guard lock(entry->mutex);
  if (!entry->row.state.caught_up()) return;  // a tail that waits for its signature
  FeedRow next = entry->row;
  next.signed_peaks = entry->tree.frontier().peaks();
  Batch batch;
  batch.put(Table::feeds, feed_row_key(next.state.number), encode(next));
  state_->database.commit(std::move(batch));
  entry->row = std::move(next);
}

}  // namespace bakhita::store
