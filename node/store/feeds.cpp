// SPDX-License-Identifier: EUPL-1.2
#include "node/store/feeds.h"

#include <algorithm>
#include <limits>

#include "bakhita/v1/feed.pb.h"
#include "node/store/feeds_state.h"
#include "node/store/missing_bodies.h"
#include "node/store/sealing.h"
#include "protocol/feed/lock.h"
#include "protocol/limits.h"

namespace bakhita::store {
namespace {

/// Room in a frame for records; the rest is for note, proof and tags.
constexpr std::size_t range_bytes_max = limits::frame_size_max - 8 * 1024;
/// What a start takes of it: three times 64 hashes, and two short records.
constexpr std::size_t start_bytes_max = 8 * 1024;

}  // namespace

std::shared_ptr<Entry> Feeds::State::find(const FeedId& feed) const {
  const std::lock_guard lock(mutex);
  const auto it = entries.find(feed);
  return it == entries.end() ? nullptr : it->second;
}

Bytes Feeds::State::headers(std::uint32_t number, std::uint64_t tile) const {
  return database.get(Table::feed_headers, tile_key(number, tile)).value_or(Bytes());
}

BodyTile Feeds::State::bodies(std::uint32_t number, std::uint64_t tile,
                              ByteView tile_headers) const {
  const auto stored = database.get(Table::feed_bodies, tile_key(number, tile));
  if (!stored && !tile_headers.empty()) throw StorageError("a tile of bodies is missing");
  return stored ? decode_body_tile(*stored, tile_headers) : BodyTile();
}

std::vector<Hash> Feeds::State::leaves(std::uint32_t number, std::uint64_t from,
                                       std::uint64_t count) const {
  const Bytes all = headers(number, from / tile_width);
  std::vector<Hash> out;
  for (std::uint64_t i = from % tile_width; out.size() < count; ++i) {
    if ((i + 1) * header_size > all.size()) throw StorageError("a tile of headers is cut short");
    out.push_back(leaf_hash(ByteView(all).subspan(i * header_size, header_size)));
  }
  return out;
}

Tree::LeafReader Feeds::State::reader(std::uint32_t number) const {
  return [this, number](std::uint64_t from, std::uint64_t count) {
    return leaves(number, from, count);
  };
}

void Feeds::State::load_all() {
  database.scan(Table::feeds, {}, {}, [&](ByteView key, ByteView value) {
    ByteReader in(key);
    const std::uint32_t number = in.u32();
    if (in.u8() != 0) return true;
    auto entry = std::make_shared<Entry>();
    entry->row = decode_feed_row(number, value);
    entries[entry->row.state.id] = entry;
    next_number = std::max(next_number, number + 1);
    return true;
  });
  for (auto& [id, entry] : entries) {
    FeedState& state = entry->row.state;
    std::vector<Hash> tiles;
    database.scan(Table::feeds, ByteWriter().u32(state.number).u8(1).view(), {},
                  [&](ByteView, ByteView roots) {
                    for (std::size_t at = 0; at + 32 <= roots.size(); at += 32)
                      tiles.push_back(*to_array<32>(roots.subspan(at, 32)));
                    return true;
                  });
    const std::uint64_t full = state.size / tile_width;
    if (tiles.size() != full - state.first / tile_width)
      throw StorageError("a feed's tile roots do not fit its size");
    const auto tail = state.size % tile_width == 0
                          ? std::vector<Hash>()
                          : leaves(state.number, full * tile_width, state.size % tile_width);
    entry->tree = Tree::restore(before_first(*entry), std::move(tiles), tail);
    state.root = entry->tree.root();
    if (state.size == state.note_size &&
        state.root != (state.size == 0 ? empty_root() : state.note_root))
      throw StorageError("a feed's stored records do not give the root that was signed");
    load_tokens(*entry);
  }
}

/// Tokens of records that were committed but not indexed when the node stopped.
void Feeds::State::load_tokens(Entry& entry) const {
  const FeedState& state = entry.row.state;
  for (std::uint64_t tile = entry.row.indexed_size / tile_width; tile * tile_width < state.size;
       ++tile) {
    const BodyTile stored = bodies(state.number, tile, headers(state.number, tile));
    for (std::size_t i = 0; i < stored.bodies.size(); ++i) {
      const std::uint64_t index = tile * tile_width + i;
      if (index < entry.row.indexed_size) continue;
      if (const auto token = token_of(stored.bodies[i]))
        entry.unindexed.emplace_back(*token, index);
    }
  }
}

/// Adds the rows of records from `from` on: tiles of headers and bodies, and roots of tiles now
/// full.
void Feeds::State::write_records(Entry& entry, std::uint64_t from, ByteView new_headers,
                                 std::vector<Bytes> new_bodies, ByteView erased, const Tree& tree,
                                 Batch& batch, std::map<std::uint64_t, BodyTile> changed) const {
  const std::uint32_t number = entry.row.state.number;
  const std::uint64_t count = new_headers.size() / header_size;
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t tile = (from + done) / tile_width, offset = (from + done) % tile_width;
    const std::uint64_t take = std::min(tile_width - offset, count - done);
    Bytes tile_headers = offset == 0 ? Bytes() : headers(number, tile);
    BodyTile tile_bodies;
    if (auto known = changed.extract(tile))
      tile_bodies = std::move(known.mapped());
    else if (offset > 0)
      tile_bodies = bodies(number, tile, tile_headers);
    const ByteView added = new_headers.subspan(done * header_size, take * header_size);
    tile_headers.insert(tile_headers.end(), added.begin(), added.end());
    for (std::uint64_t i = 0; i < take; ++i) {
      if (bit(erased, done + i)) set_bit(tile_bodies.absent, offset + i);
      tile_bodies.bodies.push_back(std::move(new_bodies[done + i]));
    }
    batch.put(Table::feed_headers, tile_key(number, tile), tile_headers);
    batch.put(Table::feed_bodies, tile_key(number, tile), encode(tile_bodies));
    done += take;
  }
  put_tiles(entry, changed, batch);
  const std::uint64_t old_full = from / tile_width, first = tree.first() / tile_width;
  const std::uint64_t full = first + tree.tiles().size();
  for (std::uint64_t wide = old_full / tile_width; wide * tile_width < full; ++wide) {
    Bytes roots;
    for (std::uint64_t i = std::max(first, wide * tile_width);
         i < std::min(full, (wide + 1) * tile_width); ++i)
      roots.insert(roots.end(), tree.tiles()[i - first].begin(), tree.tiles()[i - first].end());
    if (!roots.empty()) batch.put(Table::feeds, tile_roots_key(number, wide), roots);
  }
}

/// The token's row goes only if it points at this record: a later one may have taken it over.
void Feeds::State::forget_token(Entry& entry, const Token& token, std::uint64_t index,
                                Batch& batch) const {
  std::erase(entry.unindexed, std::pair(token, index));
  const Bytes key = token_key(entry.row.state.number, token);
  const auto row = database.get(Table::tokens, key);
  if (row && ByteReader(*row).u64() == index) batch.erase(Table::tokens, key);
}

Feeds::Feeds(Database& database, Anchor& anchor)
    : state_(std::make_shared<State>(database, anchor)) {
  state_->load_all();
}

std::vector<FeedState> Feeds::all() const {
  std::vector<std::shared_ptr<Entry>> entries;
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [id, entry] : state_->entries) entries.push_back(entry);
  }
  std::vector<FeedState> out;
  for (const auto& entry : entries) {
    const std::lock_guard lock(entry->mutex);
    out.push_back(entry->row.state);
  }
  return out;
}

std::optional<FeedState> Feeds::find(const FeedId& feed) const {
  const auto entry = state_->find(feed);
  if (!entry) return std::nullopt;
  const std::lock_guard lock(entry->mutex);
  return entry->row.state;
}

FeedId Feeds::newest(const CommunityId& community, const NodeId& origin) const {
  const std::lock_guard lock(state_->mutex);
  FeedId out{community, origin, 1};
  constexpr std::uint32_t last = std::numeric_limits<std::uint32_t>::max();
  const auto behind = state_->entries.upper_bound({community, origin, last});
  if (behind != state_->entries.begin())
    if (const FeedId& id = std::prev(behind)->first;
        id.community == community && id.origin == origin)
      out.generation = id.generation;
  return out;
}

FeedState Feeds::open(const FeedId& feed) {
  if (const auto known = find(feed)) return *known;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->entries.contains(feed)) {  // else another thread opened it meanwhile
      auto entry = std::make_shared<Entry>();
      entry->row.state.id = feed;
      entry->row.state.number = state_->next_number++;
      entry->row.state.root = entry->row.state.note_root = empty_root();
      Batch batch;
      batch.put(Table::feeds, feed_row_key(entry->row.state.number), encode(entry->row));
      state_->database.commit(std::move(batch));
      state_->entries.emplace(feed, std::move(entry));
    }
  }
  return *find(feed);
}

/// Reads back what the disk has of the unsigned records and hashes it again.
Frontier Feeds::State::rehash(const Entry& entry, Frontier frontier) const {
  const FeedState& state = entry.row.state;
  for (std::uint64_t tile = frontier.size() / tile_width; frontier.size() < state.size; ++tile) {
    const Bytes stored = headers(state.number, tile);
    const BodyTile stored_bodies = bodies(state.number, tile, stored);
    for (std::uint64_t i = frontier.size() % tile_width; i < stored_bodies.bodies.size(); ++i) {
      const ByteView header = ByteView(stored).subspan(i * header_size, header_size);
      if (!bit(stored_bodies.absent, i) &&
          commit_to(stored_bodies.bodies[i]) != parse_header(header).value().commit)
        throw StorageError("a record read back from disk is not the one that was written");
      frontier.append(leaf_hash(header));
    }
    if (stored_bodies.bodies.empty()) throw StorageError("a tile of records is missing");
  }
  return frontier;
}

void Feeds::State::sign_current(Entry& entry, const PublicKey& log_key, const Signer& sign) {
  FeedState& state = entry.row.state;
  const auto before = Frontier::restore(state.note_size, entry.row.signed_peaks);
  if (!before) throw StorageError("a feed's signed frontier is malformed");
  const Frontier now = rehash(entry, *before);
  if (now.size() != state.size || now.root() != entry.tree.root())
    throw StorageError("the feed on disk is not the one in memory; nothing was signed");
  const Checkpoint checkpoint{state.id, now.size(), now.root()};
  anchor.advance_feed(checkpoint);
  // From here on a crash leaves the anchor ahead of the note; finish_signing signs this very
  // checkpoint.
  const std::string text = checkpoint_text(checkpoint);
  FeedRow next = entry.row;
  next.state.note = make_note(text, origin_line(state.id), log_key, sign(as_bytes(text)));
  next.state.note_size = now.size();
  next.state.note_root = now.root();
  next.signed_peaks = now.peaks();
  Batch batch;
  batch.put(Table::feeds, feed_row_key(state.number), encode(next));
  database.commit(std::move(batch));
  entry.row = std::move(next);
}

FeedState Feeds::append(const FeedId& feed, std::span<const Record> records,
                        const PublicKey& log_key, const Signer& sign, Batch extra,
                        const Withdrawn& withdrawn) {
  open(feed);
  const auto entry = state_->find(feed);
  const std::lock_guard lock(entry->mutex);
  if (records.empty()) {
    state_->database.commit(std::move(extra));
    return entry->row.state;
  }
  Bytes headers;
  std::vector<Bytes> bodies;
  std::uint64_t bytes = 0;
  Tree tree = entry->tree;
  for (const Record& record : records) {
    const auto header = encode(record.header);
    headers.insert(headers.end(), header.begin(), header.end());
    bodies.push_back(record.body);
    tree.append(leaf_hash(header));
    bytes += header.size() + record.body.size();
  }
  FeedRow next = entry->row;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (records[i].header.kind == RecordKind::floor)
      if (const auto floor = open_floor(next.state.size + i, records[i].header, records[i].body))
        note_floor(next.state, next.state.size + i, *floor);
  next.state.bytes += bytes;
  next.state.size = tree.size();
  next.state.root = tree.root();
  next.indexed_size = tree.size();  // nobody looks tokens up in his own feed
  std::map<std::uint64_t, BodyTile> changed;
  std::vector<std::shared_ptr<Entry>> earlier;
  std::vector<std::unique_lock<std::mutex>> locks;  // until the commit: nobody else writes tiles
  for (const auto& [generation, indexes] : withdrawn) {
    if (generation == feed.generation) {
      changed = state_->without(*entry, indexes, extra);
    } else if (auto other = state_->find({feed.community, feed.origin, generation})) {
      locks.emplace_back(other->mutex);
      state_->put_tiles(*other, state_->without(*other, indexes, extra), extra);
      earlier.push_back(std::move(other));
    }
  }
  state_->write_records(*entry, entry->row.state.size, headers, std::move(bodies), {}, tree, extra,
                        std::move(changed));
  extra.put(Table::feeds, feed_row_key(next.state.number), encode(next));
  state_->database.commit(std::move(extra));
  entry->row = std::move(next);
  entry->tree = std::move(tree);
  state_->sign_current(*entry, log_key, sign);
  return entry->row.state;
}

void Feeds::finish_signing(const FeedId& feed, const PublicKey& log_key, const Signer& sign) {
  const AnchorState known = state_->anchor.state();
  const auto anchored = known.feeds.find(feed);
  const auto entry = state_->find(feed);
  if (!entry) {
    if (anchored != known.feeds.end())
      throw RecoveryNeeded("the head anchor names a feed of ours that the database does not have");
    return;
  }
  const std::lock_guard lock(entry->mutex);
  const FeedState& state = entry->row.state;
  if (anchored != known.feeds.end()) {
    const Checkpoint& last = anchored->second;
    if (state.size < last.size)
      throw RecoveryNeeded("our feed ends at record " + std::to_string(state.size) +
                           ", the head anchor says that " + std::to_string(last.size) +
                           " were signed");
    if (last.size < state.first)
      throw RecoveryNeeded("our feed is held from record " + std::to_string(state.first) +
                           " on, and cannot be compared with the " + std::to_string(last.size) +
                           " records that the head anchor says were signed");
    if (entry->tree.root_at(last.size, state_->reader(state.number)) != last.root)
      throw RecoveryNeeded(
          "our feed's records are not those that the head anchor says were signed");
  }
  // After a rotation the same checkpoint is signed again, by the new key.
  const bool by_this_key = state.note.empty() || open_checkpoint(state.note, feed, log_key);
  if (state.note_size < state.size || !by_this_key) state_->sign_current(*entry, log_key, sign);
}

Result<Range> Feeds::read(const FeedId& feed, std::uint64_t from, std::uint64_t count,
                          bool may_start) const {
  const auto entry = state_->find(feed);
  if (!entry) return Error::not_found;
  std::unique_lock lock(entry->mutex);
  const FeedState state = entry->row.state;
  Range out;
  if (may_start && state.floor > from && state.floor - from < count)
    out.start = state_->start_of(*entry);
  if (out.start) {
    count -= out.start->first - from;
    from = out.start->first;
  }
  const std::uint64_t end =
      std::min({state.size, state.note_size,
                from + std::min<std::uint64_t>(count, limits::data_records_max)});
  // In the middle of a fetch nothing proves what is held against the newest note.
  if (from >= end || from < state.first || state.size < state.note_size) return Error::not_found;
  const std::size_t room_for_records = range_bytes_max - (out.start ? start_bytes_max : 0);
  out.from = from;
  out.note = state.note;
  std::uint64_t at = from;
  bool room = true;
  while (at < end && room) {
    const std::uint64_t tile = at / tile_width;
    const Bytes headers = state_->headers(state.number, tile);
    const BodyTile bodies = state_->bodies(state.number, tile, headers);
    Bytes tile_part;
    // A whole tile or nothing, once some records are there: proofs from tile ends are cheap.
    const std::uint64_t tile_end = std::min(end, (tile + 1) * tile_width);
    std::size_t bytes = 0;
    for (std::uint64_t i = at; i < tile_end; ++i)
      bytes += header_size + bodies.bodies.at(i % tile_width).size();
    if (out.count() > 0 && out.headers.size() + out.bodies.size() + bytes > room_for_records) break;
    for (; at < tile_end; ++at) {
      const std::uint64_t i = at % tile_width;
      const Bytes& body = bodies.bodies[i];
      if (out.count() > 0 &&
          out.headers.size() + out.bodies.size() + header_size + body.size() > room_for_records) {
        room = false;
        break;
      }
      if (bit(bodies.absent, i)) {
        out.erased.resize(std::max<std::size_t>(out.erased.size(), (at - from) / 8 + 1));
        set_bit(out.erased, at - from);
      }
      out.headers.insert(out.headers.end(),
                         headers.begin() + static_cast<std::ptrdiff_t>(i * header_size),
                         headers.begin() + static_cast<std::ptrdiff_t>((i + 1) * header_size));
      out.bodies.insert(out.bodies.end(), body.begin(), body.end());
    }
  }
  // A bitmap of all records or none: a peer takes a shorter one for malformed.
  if (!out.erased.empty()) out.erased.resize((out.count() + 7) / 8);
  out.proof = entry->tree.consistency_proof(at, state.note_size, state_->reader(state.number));
  return out;
}

std::vector<Record> Feeds::read_held(const FeedId& feed, std::uint64_t from,
                                     std::uint64_t count) const {
  std::vector<Record> out;
  const auto entry = state_->find(feed);
  if (!entry) return out;
  const std::lock_guard lock(entry->mutex);
  const FeedState& state = entry->row.state;
  if (from < state.first) return out;
  for (std::uint64_t end = std::min(state.size, from + count); from < end;) {
    const Bytes headers = state_->headers(state.number, from / tile_width);
    BodyTile bodies = state_->bodies(state.number, from / tile_width, headers);
    if (from % tile_width >= bodies.bodies.size())
      throw StorageError("a tile of records is cut short");
    for (std::uint64_t i = from % tile_width; i < bodies.bodies.size() && from < end; ++i, ++from)
      out.push_back({parse_header(ByteView(headers).subspan(i * header_size, header_size)).value(),
                     std::move(bodies.bodies[i])});
  }
  return out;
}

std::optional<Record> Feeds::record(const FeedId& feed, std::uint64_t index) const {
  const auto entry = state_->find(feed);
  if (!entry) return std::nullopt;
  const std::lock_guard lock(entry->mutex);
  const FeedState& state = entry->row.state;
  if (index < state.first || index >= state.size) return std::nullopt;
  const Bytes headers = state_->headers(state.number, index / tile_width);
  BodyTile bodies = state_->bodies(state.number, index / tile_width, headers);
  const std::uint64_t i = index % tile_width;
  if (i >= bodies.bodies.size()) throw StorageError("a tile of records is cut short");
  const auto header = parse_header(ByteView(headers).subspan(i * header_size, header_size));
  if (!header || bit(bodies.absent, i)) return std::nullopt;
  return Record{*header, std::move(bodies.bodies[i])};
}

std::optional<std::uint64_t> Feeds::find_token(const FeedId& feed,
                                               const ByteArray<32>& token) const {
  const auto entry = state_->find(feed);
  if (!entry) return std::nullopt;
  {
    const std::lock_guard lock(entry->mutex);
    for (auto held = entry->unindexed.rbegin(); held != entry->unindexed.rend(); ++held)
      if (held->first == token) return held->second;
  }
  const auto row = state_->database.get(Table::tokens, token_key(entry->row.state.number, token));
  if (!row) return std::nullopt;
  return ByteReader(*row).u64();
}

Aged Feeds::aged(const FeedId& feed, std::uint64_t from, std::uint32_t today) const {
  Aged out{.next = from, .expired = {}, .oldest_live_hour = {}};
  const auto entry = state_->find(feed);
  if (!entry) return out;
  const std::lock_guard lock(entry->mutex);
  const std::uint32_t number = entry->row.state.number;
  out.next = std::max(from, entry->row.state.first);
  const std::uint64_t tile = out.next / tile_width, ended = entry->row.state.ended();
  const std::uint64_t end = std::min(entry->row.state.size, (tile + 1) * tile_width);
  const Bytes headers = state_->headers(number, tile);
  MissingBodies missing(state_->database, entry->row.state);
  for (; out.next < end; ++out.next) {
    const auto header =
        parse_header(ByteView(headers).subspan(out.next % tile_width * header_size, header_size));
    const bool about_persons = header->kind == RecordKind::lock || header->kind == RecordKind::open;
    const bool is_missed_in_vain = missing.contains(out.next) && !is_awaited(*header, today);
    if (!about_persons && header->kind != RecordKind::challenge &&
        header->kind != RecordKind::advisory && !is_missed_in_vain)
      continue;
    if (header->expiry_day < today || out.next < ended)
      out.expired.push_back(out.next);
    else if (about_persons)
      out.oldest_live_hour =
          std::min(out.oldest_live_hour.value_or(header->issued_hour), header->issued_hour);
  }
  if (out.expired.empty()) return out;
  const auto absent = state_->bodies(number, tile, headers).absent;
  std::erase_if(out.expired, [&](std::uint64_t index) {
    return bit(absent, index % tile_width) && !missing.contains(index);
  });
  return out;
}

std::uint64_t Feeds::matched_size(const FeedId& feed) const {
  const auto entry = state_->find(feed);
  if (!entry) return 0;
  const std::lock_guard lock(entry->mutex);
  const FeedState& state = entry->row.state;
  const auto row = state_->database.get(Table::feeds, matched_key(state.number));
  // A step that was under way when the feed was begun at a floor may have written its own end.
  return std::max(state.first, row ? ByteReader(*row).u64() : 0);
}

void Feeds::set_matched_size(const FeedId& feed, std::uint64_t size, Batch& batch) const {
  const auto entry = state_->find(feed);
  if (entry) batch.put(Table::feeds, matched_key(entry->row.state.number), number_key(size));
}

std::string Feeds::verify(const FeedId& feed, const PublicKey& log_key) const {
  const auto entry = state_->find(feed);
  if (!entry) return "the feed is not known";
  const std::lock_guard lock(entry->mutex);
  const FeedState& state = entry->row.state;
  try {
    if (state.ended() < state.first) return "the feed begins behind what its origin ended";
    const Frontier rebuilt = state_->rehash(*entry, state_->before_first(*entry));
    if (rebuilt.root() != entry->tree.root())
      return "the records do not give the root that is held";
    if (state.note.empty()) return state.size == 0 ? "" : "records without a checkpoint";
    const auto checkpoint = open_checkpoint(state.note, feed, log_key);
    if (!checkpoint) return "checkpoint: " + std::string(describe(checkpoint.error()));
    if (checkpoint->size == rebuilt.size() && checkpoint->root != rebuilt.root())
      return "the records do not give the root that was signed";
  } catch (const StorageError& problem) {
    return problem.what();
  }
  return state.frozen ? "frozen: the origin signed two different feeds" : "";
}

}  // namespace bakhita::store
