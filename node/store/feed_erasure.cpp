// SPDX-License-Identifier: EUPL-1.2
// Bodies that go: what was withdrawn, and what expired.
#include "node/store/feeds_state.h"
#include "node/store/missing_bodies.h"

namespace bakhita::store {

std::map<std::uint64_t, BodyTile> Feeds::State::without(Entry& entry,
                                                        std::span<const std::uint64_t> indexes,
                                                        Batch& batch) const {
  const std::uint32_t number = entry.row.state.number;
  std::map<std::uint64_t, std::vector<std::uint64_t>> by_tile;
  for (std::uint64_t index : indexes)
    if (index < entry.row.state.size && index >= entry.row.state.first)
      by_tile[index / tile_width].push_back(index % tile_width);
  std::map<std::uint64_t, BodyTile> out;
  for (const auto& [tile, places] : by_tile) {
    BodyTile tile_bodies = bodies(number, tile, headers(number, tile));
    for (std::uint64_t i : places) {
      if (i >= tile_bodies.bodies.size() || bit(tile_bodies.absent, i)) continue;
      if (const auto token = token_of(tile_bodies.bodies[i]))
        forget_token(entry, *token, tile * tile_width + i, batch);
      set_bit(tile_bodies.absent, i);
      tile_bodies.bodies[i].clear();
    }
    out.emplace(tile, std::move(tile_bodies));
  }
  return out;
}

/// Bodies that wait are waited for no longer; those of records that come later will not be.
void Feeds::State::miss_no_more(FeedRow& row, std::span<const std::uint64_t> indexes,
                                Batch& batch) const {
  MissingBodies missing(database, row.state);
  const std::uint64_t before = row.state.missing;
  for (const std::uint64_t index : indexes)
    if (index < row.state.size)
      missing.remove(index);
    else
      batch.put(Table::feeds, withdrawn_key(row.state.number, index), {});
  missing.write(batch, row.state);
  if (row.state.missing != before)
    batch.put(Table::feeds, feed_row_key(row.state.number), encode(row));
}

void Feeds::State::put_tiles(const Entry& entry, const std::map<std::uint64_t, BodyTile>& tiles,
                             Batch& batch) const {
  for (const auto& [tile, content] : tiles)
    batch.put(Table::feed_bodies, tile_key(entry.row.state.number, tile), encode(content));
}

void Feeds::erase_bodies(const FeedId& feed, std::span<const std::uint64_t> indexes, Batch extra) {
  const auto entry = state_->find(feed);
  if (!entry) return state_->database.commit(std::move(extra));
  const std::lock_guard lock(entry->mutex);
  FeedRow next = entry->row;
  state_->put_tiles(*entry, state_->without(*entry, indexes, extra), extra);
  state_->miss_no_more(next, indexes, extra);
  state_->database.commit(std::move(extra));
  entry->row = std::move(next);
}

}  // namespace bakhita::store
