// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/store/feed_rows.h"
#include "node/store/feeds.h"
#include "protocol/feed/lock.h"

/// What the sources of `Feeds` share: one feed in memory, and the work on its rows.
namespace bakhita::store {

struct Entry {
  mutable std::mutex mutex;
  FeedRow row;
  Tree tree;
  std::vector<std::pair<Token, std::uint64_t>> unindexed;
  std::size_t unsynced_bytes = 0;
};

/// Every body before the floor has ended, once the record that says so is held. A floor behind the
/// feed's end, or below another, says nothing.
void note_floor(FeedState& state, std::uint64_t index, std::uint64_t floor);

struct Feeds::State {
  Database& database;
  Anchor& anchor;
  /// Of the map; entries have their own. Taken while an entry's is held, never the other way round.
  mutable std::mutex mutex;
  std::map<FeedId, std::shared_ptr<Entry>> entries;
  std::uint32_t next_number = 1;

  State(Database& db, Anchor& head_anchor) : database(db), anchor(head_anchor) {}

  std::shared_ptr<Entry> find(const FeedId& feed) const;

  Bytes headers(std::uint32_t number, std::uint64_t tile) const;
  BodyTile bodies(std::uint32_t number, std::uint64_t tile, ByteView tile_headers) const;
  std::vector<Hash> leaves(std::uint32_t number, std::uint64_t from, std::uint64_t count) const;
  Tree::LeafReader reader(std::uint32_t number) const;

  void load_all();
  void load_tokens(Entry& entry) const;
  /// `changed`: tiles of bodies that are to be written with the new records.
  void write_records(Entry& entry, std::uint64_t from, ByteView headers, std::vector<Bytes> bodies,
                     ByteView erased, const Tree& tree, Batch& batch,
                     std::map<std::uint64_t, BodyTile> changed = {}) const;
  /// The tiles without these bodies; their tokens go with the batch.
  std::map<std::uint64_t, BodyTile> without(Entry& entry, std::span<const std::uint64_t> indexes,
                                            Batch& batch) const;
  void miss_no_more(FeedRow& row, std::span<const std::uint64_t> indexes, Batch& batch) const;
  void put_tiles(const Entry& entry, const std::map<std::uint64_t, BodyTile>& tiles,
                 Batch& batch) const;
  void forget_token(Entry& entry, const Token& token, std::uint64_t index, Batch& batch) const;
  void index_tokens(Entry& entry, bool all, Batch& batch, SortedRows& run) const;
  Frontier rehash(const Entry& entry, Frontier from) const;
  /// The newest floor, for whoever holds nothing; nothing when there is none.
  std::optional<Start> start_of(const Entry& entry) const;
  Start::Closing closing_for(const Entry& entry, std::uint64_t first) const;
  Tree begin_at(const Start& start, const Frontier& frontier, FeedRow& row, Batch& batch) const;
  Frontier before_first(const Entry& entry) const;
  bool may_live(const FeedId& feed, std::uint64_t index, std::uint32_t today) const;
  Result<FeedState> accept(Entry& entry, FeedRow next, Tree tree, const Range& range,
                           const PublicKey& log_key, std::uint32_t today, Batch extra);
  FeedRow emptied(const Entry& entry, Batch& batch) const;
  void sign_current(Entry& entry, const PublicKey& log_key, const Signer& sign);
  /// The held records and notes against a note of at most the held size.
  bool agrees(const Entry& entry, const Checkpoint& seen) const;
  void keep_claim(FeedRow& row, std::string_view note) const;
  /// Freezes the feed for good, with the proof: `held` is a note of at least `other`'s size.
  void convict(Entry& entry, const Checkpoint& other, std::string_view other_note,
               const Checkpoint& held, std::string_view held_note);
  /// Keeps the proof for ever; the feed takes nothing any more.
  void freeze(Entry& entry, const v1::SplitView& proof);
  Result<void> settle_claims(Entry& entry, const PublicKey& log_key);
};

}  // namespace bakhita::store
