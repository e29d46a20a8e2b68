// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <set>

#include "node/store/feeds_state.h"
#include "node/store/missing_bodies.h"
#include "node/store/sealing.h"
#include "protocol/limits.h"

/// How records of a peer come in: staged, proven, then committed with their tokens.
namespace bakhita::store {
namespace {

/// Tokens gathered before they go into the index as one sorted run; fewer go through the memtable.
constexpr std::size_t token_run_size = 100'000;
constexpr std::size_t token_run_min = 20'000;
constexpr std::size_t proof_hashes_max = 128;
/// Records of a fetch that may be lost together with their feed's row, and be fetched again.
constexpr std::size_t unsynced_bytes_max = 4 << 20;

/// Records that are verified and ready to be written behind those that are there.
struct Staged {
  Tree tree;
  Bytes erased;  ///< bitmap
  std::vector<std::pair<Token, std::uint64_t>> tokens;
  MissingBodies missing;
  std::uint64_t bytes = 0;  ///< of headers and bodies, of absent ones too
  std::vector<std::pair<std::uint64_t, std::uint64_t>> floors;  ///< index, and what it names
};

/// Of these records, those that a later generation withdrew before they came.
std::set<std::uint64_t> withdrawn_before(const Database& database, std::uint32_t number,
                                         std::uint64_t from, std::uint64_t count) {
  std::set<std::uint64_t> out;
  const Bytes begin = withdrawn_key(number, from);
  const std::size_t prefix_size = begin.size() - sizeof from;
  database.scan(Table::feeds, ByteView(begin).first(prefix_size), begin,
                [&](ByteView key, ByteView) {
                  const std::uint64_t index = ByteReader(key.subspan(prefix_size)).u64();
                  if (index - from >= count) return false;
                  out.insert(index);
                  return true;
                });
  return out;
}

/// Verifies headers, lengths and commitments of a range, and extends the tree by it.
Result<Staged> stage(Tree tree, const FeedState& state, const Range& range, std::uint32_t today,
                     const Database& database, bool anew, std::vector<Bytes>& bodies) {
  const std::size_t count = range.count();
  if (range.headers.size() % header_size != 0 || count == 0 || count > limits::data_records_max)
    return Error::malformed;
  if (range.erased.size() > (count + 7) / 8) return Error::malformed;
  if (range.from != state.size) return Error::unexpected;
  const auto withdrawn = withdrawn_before(database, state.number, range.from, count);
  Staged out{std::move(tree), range.erased, {}, MissingBodies(database, state, anew), 0, {}};
  out.erased.resize((count + 7) / 8);
  ByteReader body_bytes(range.bodies);
  bodies.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView header_bytes = ByteView(range.headers).subspan(i * header_size, header_size);
    const auto header = parse_header(header_bytes);
    if (!header) return header.error();
    const std::uint64_t index = range.from + i;
    out.tree.append(leaf_hash(header_bytes));
    out.bytes += header_size + header->body_size;
    if (bit(range.erased, i)) {
      if (is_awaited(*header, today) && !withdrawn.contains(index)) out.missing.add(index);
      bodies.emplace_back();
      continue;
    }
    const ByteView body = body_bytes.raw(header->body_size);
    if (!body_bytes.ok()) return Error::malformed;
    if (commit_to(body) != header->commit) return Error::bad_commitment;
    if (withdrawn.contains(index)) {  // its sender has not heard of that yet
      set_bit(out.erased, i);
      bodies.emplace_back();
      continue;
    }
    if (header->kind == RecordKind::lock) {
      const auto token = token_of(body);
      if (!token) return Error::malformed;
      out.tokens.emplace_back(*token, index);
    } else if (header->kind == RecordKind::withdraw) {
      v1::Withdraw withdraw;
      if (!withdraw.ParseFromArray(body.data(), static_cast<int>(body.size())))
        return Error::malformed;
      if (withdraw.generation() == 0) out.missing.remove(withdraw.index());
    } else if (header->kind == RecordKind::floor) {
      const auto floor = open_floor(index, *header, body);
      if (!floor) return floor.error();
      out.floors.emplace_back(index, *floor);
    }
    bodies.push_back(to_bytes(body));
  }
  if (!body_bytes.finished()) return Error::malformed;
  return out;
}

/// The records up to here are a prefix of the signed checkpoint.
Result<void> prove(const Tree& tree, const Range& range, const Checkpoint& checkpoint) {
  if (range.proof.size() > proof_hashes_max) return Error::too_large;
  if (tree.size() > checkpoint.size) return Error::malformed;
  const auto proven =
      verify_consistency(tree.size(), checkpoint.size, tree.root(), checkpoint.root, range.proof);
  if (!proven) return tree.size() == checkpoint.size ? Error::wrong_root : Error::bad_proof;
  return {};
}

}  // namespace

/// Moves gathered tokens into the index: a few through the batch, many as a sorted run to ingest
/// after it.
void Feeds::State::index_tokens(Entry& entry, bool all, Batch& batch, SortedRows& run) const {
  auto& tokens = entry.unindexed;
  if (tokens.size() < token_run_size && !all) return;
  if (tokens.size() < token_run_min) {
    for (const auto& [token, index] : tokens)
      batch.put(Table::tokens, token_key(entry.row.state.number, token), number_key(index));
    tokens.clear();
    entry.row.indexed_size = entry.row.state.size;
    return;
  }
  std::sort(tokens.begin(), tokens.end());
  run.reserve(tokens.size());
  // A lock that replaces another in the same month has the same token: the newest counts.
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (i + 1 == tokens.size() || tokens[i].first != tokens[i + 1].first)
      run.emplace_back(token_key(entry.row.state.number, tokens[i].first),
                       number_key(tokens[i].second));
}

Result<FeedState> Feeds::accept(const FeedId& feed, const Range& range, const PublicKey& log_key,
                                std::uint32_t today, Batch extra) {
  open(feed);
  const auto entry = state_->find(feed);
  const std::lock_guard lock(entry->mutex);
  return state_->accept(*entry, entry->row, entry->tree, range, log_key, today, std::move(extra));
}

Result<FeedState> Feeds::replace(const FeedId& feed, const Range& range, const PublicKey& log_key,
                                 std::uint32_t today) {
  const auto entry = state_->find(feed);
  if (!entry) return Error::not_found;
  const std::lock_guard lock(entry->mutex);
  const auto told = open_checkpoint(range.note, feed, log_key);
  if (!told) return told.error();
  if (told->size < entry->row.state.note_size) return Error::unexpected;
  Batch batch;
  FeedRow emptied = state_->emptied(*entry, batch);
  return state_->accept(*entry, std::move(emptied), Tree(), range, log_key, today,
                        std::move(batch));
}

Result<bool> Feeds::contradicts(const FeedId& feed, const Range& range,
                                const PublicKey& log_key) const {
  const auto entry = state_->find(feed);
  if (!entry) return Error::not_found;
  const std::lock_guard lock(entry->mutex);
  const FeedState& held = entry->row.state;
  const std::size_t count = range.count();
  if (range.headers.size() % header_size != 0 || count == 0 || count > limits::data_records_max)
    return Error::malformed;
  if (range.from % tile_width != 0 || range.from < held.first || range.from > held.size)
    return Error::unexpected;
  const auto told = open_checkpoint(range.note, feed, log_key);
  if (!told) return told.error();
  const Tree::LeafReader reader = state_->reader(held.number);
  Tree tree = Tree::restore(entry->tree.frontier_at(range.from, reader), {}, {});
  bool differs = false;
  Bytes tile;
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView header = ByteView(range.headers).subspan(i * header_size, header_size);
    const std::uint64_t index = range.from + i, place = index % tile_width * header_size;
    if (place == 0 && index < held.size) tile = state_->headers(held.number, index / tile_width);
    if (index < held.size &&
        !std::ranges::equal(ByteView(tile).subspan(place, header_size), header))
      differs = true;
    tree.append(leaf_hash(header));
  }
  if (const auto proven = prove(tree, range, *told); !proven) return proven.error();
  return differs;
}

/// `next` and `tree`: what the range goes on from, the entry's own or nothing.
Result<FeedState> Feeds::State::accept(Entry& entry, FeedRow next, Tree tree, const Range& range,
                                       const PublicKey& log_key, std::uint32_t today, Batch extra) {
  const FeedId feed = next.state.id;
  const bool anew = range.start.has_value() || next.state.size < entry.row.state.size;
  if (next.state.frozen) return Error::split_view;
  // Behind the end of a generation there is nothing.
  if (next.state.closed_size &&
      (range.from + range.count() > *next.state.closed_size ||
       (range.start && range.start->floor_index >= *next.state.closed_size)))
    return Error::unexpected;
  const Checkpoint held{feed, next.state.note_size, next.state.note_root};
  Checkpoint checkpoint = held;
  if (range.note != next.state.note) {
    const auto opened = open_checkpoint(range.note, feed, log_key);
    if (!opened) return opened.error();
    checkpoint = *opened;
    // A sender that is behind must not take us back to what we already know to be superseded.
    if (checkpoint.size < held.size) return Error::unexpected;
    if (checkpoint.size == held.size && checkpoint.root != held.root) {
      convict(entry, checkpoint, range.note, held, next.state.note);
      return Error::split_view;
    }
    if (checkpoint.size > held.size && held.size > next.state.size)
      keep_claim(next, next.state.note);
  }
  if (range.start) {
    if (!next.state.may_start(range.start->first)) return Error::unexpected;
    const auto frontier = open_start(*range.start, checkpoint);
    if (!frontier) return frontier.error();
    tree = begin_at(*range.start, *frontier, next, extra);
  }
  std::vector<Bytes> bodies;
  auto staged = stage(std::move(tree), next.state, range, today, database, anew, bodies);
  if (!staged) return staged.error();
  if (const auto proven = prove(staged->tree, range, checkpoint); !proven) return proven.error();
  next.state.size = staged->tree.size();
  next.state.root = staged->tree.root();
  next.state.bytes += staged->bytes;
  next.state.note = range.note;
  next.state.note_size = checkpoint.size;
  next.state.note_root = checkpoint.root;
  for (const auto& [index, floor] : staged->floors) note_floor(next.state, index, floor);
  staged->missing.remove_before(next.state.ended());
  staged->missing.write(extra, next.state);
  write_records(entry, range.from, range.headers, std::move(bodies), staged->erased, staged->tree,
                extra);
  entry.row = std::move(next);
  if (anew) entry.unindexed.clear();
  entry.unindexed.insert(entry.unindexed.end(), staged->tokens.begin(), staged->tokens.end());
  SortedRows run;
  index_tokens(entry, entry.row.state.caught_up(), extra, run);
  extra.put(Table::feeds, feed_row_key(entry.row.state.number), encode(entry.row));
  entry.unsynced_bytes += range.headers.size() + range.bodies.size();
  // In the middle of a fetch the origin still has what a crash would lose: many ranges share a
  // sync.
  if (!entry.row.state.caught_up() && run.empty() && entry.unsynced_bytes < unsynced_bytes_max) {
    database.commit_later(std::move(extra));
  } else {
    database.commit(std::move(extra));
    entry.unsynced_bytes = 0;
  }
  entry.tree = std::move(staged->tree);
  if (!run.empty()) {
    database.ingest(Table::tokens, run);
    entry.unindexed.clear();
    entry.row.indexed_size = entry.row.state.size;
    Batch indexed;
    indexed.put(Table::feeds, feed_row_key(entry.row.state.number), encode(entry.row));
    database.commit(std::move(indexed));
  }
  if (entry.row.state.caught_up())
    if (const auto sound = settle_claims(entry, log_key); !sound) return sound.error();
  return entry.row.state;
}

}  // namespace bakhita::store
