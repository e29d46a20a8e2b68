// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "node/store/feeds_state.h"
#include "protocol/feed/split_view.h"

/// Notes of one feed against each other, and what happens when they contradict.
namespace bakhita::store {
namespace {

/// Notes that wait for their size, and proofs kept of one feed: enough to convict an origin, too
/// few for it to fill the disk.
constexpr std::size_t claims_max = 64;
constexpr std::size_t evidence_max = 64;

}  // namespace

bool Feeds::State::agrees(const Entry& entry, const Checkpoint& seen) const {
  const FeedState& state = entry.row.state;
  if (seen.size == state.note_size) return seen.root == state.note_root;
  // A checkpoint of before the first record that is held cannot be compared here.
  return seen.size > state.size || seen.size < state.first ||
         entry.tree.root_at(seen.size, reader(state.number)) == seen.root;
}

void Feeds::State::keep_claim(FeedRow& row, std::string_view note) const {
  if (std::find(row.claims.begin(), row.claims.end(), note) != row.claims.end()) return;
  // The first ones stay: they are the longest in other hands.
  if (row.claims.size() < claims_max) row.claims.emplace_back(note);
}

void Feeds::State::convict(Entry& entry, const Checkpoint& other, std::string_view other_note,
                           const Checkpoint& held, std::string_view held_note) {
  const FeedState& state = entry.row.state;
  v1::SplitView proof;
  proof.set_smaller(std::string(other_note));
  proof.set_larger(std::string(held_note));
  Hash prefix = held.root;
  if (other.size < held.size) {
    prefix = entry.tree.root_at(other.size, reader(state.number));
    for (const Hash& hash :
         entry.tree.consistency_proof(other.size, held.size, reader(state.number)))
      proof.add_proof(std::string(as_text(hash)));
  }
  proof.set_prefix_root(std::string(as_text(prefix)));
  freeze(entry, proof);
}

void Feeds::State::freeze(Entry& entry, const v1::SplitView& proof) {
  const FeedState& state = entry.row.state;
  Batch batch;
  const Bytes feed_prefix = ByteWriter().u32(state.number).take();
  std::size_t kept = 0;
  database.scan(Table::evidence, feed_prefix, {},
                [&](ByteView, ByteView) { return ++kept < evidence_max; });
  const std::string row = proof.SerializeAsString();
  if (kept < evidence_max)
    batch.put(Table::evidence, ByteWriter().raw(feed_prefix).raw(sha256(as_bytes(row))).view(),
              as_bytes(row));
  FeedRow frozen = entry.row;
  frozen.state.frozen = true;
  batch.put(Table::feeds, feed_row_key(state.number), encode(frozen));
  database.commit(std::move(batch));
  entry.row = std::move(frozen);
}

/// All records up to the newest note are here: every note that was seen on the way must name a
/// prefix of them.
Result<void> Feeds::State::settle_claims(Entry& entry, const PublicKey& log_key) {
  if (entry.row.claims.empty()) return {};
  const FeedState& state = entry.row.state;
  const Checkpoint held{state.id, state.note_size, state.note_root};
  FeedRow next = entry.row;
  next.claims.clear();
  for (const std::string& note : entry.row.claims) {
    const auto claim = open_checkpoint(note, state.id, log_key);
    if (!claim) continue;  // the key was changed meanwhile
    if (claim->size > state.size) {
      next.claims.push_back(note);
    } else if (!agrees(entry, *claim)) {
      convict(entry, *claim, note, held, std::string(state.note));
      return Error::split_view;
    }
  }
  Batch batch;
  batch.put(Table::feeds, feed_row_key(state.number), encode(next));
  database.commit(std::move(batch));
  entry.row = std::move(next);
  return {};
}

Result<void> Feeds::compare(const FeedId& feed, std::string_view note, const PublicKey& log_key) {
  const auto entry = state_->find(feed);
  if (!entry) return {};
  const std::lock_guard lock(entry->mutex);
  if (note == entry->row.state.note) return {};
  const auto seen = open_checkpoint(note, feed, log_key);
  if (!seen) return seen.error();
  const FeedState& state = entry->row.state;
  const Checkpoint held{feed, state.note_size, state.note_root};
  if (seen->size > state.size && seen->size != held.size) {
    FeedRow next = entry->row;
    state_->keep_claim(next, note);
    Batch batch;
    batch.put(Table::feeds, feed_row_key(state.number), encode(next));
    state_->database.commit(std::move(batch));
    entry->row = std::move(next);
    return {};
  }
  if (seen->size == held.size && seen->root == held.root) {
    // The same checkpoint by the origin's newer log key: from here on it is the one to show.
    FeedRow next = entry->row;
    next.state.note = std::string(note);
    Batch batch;
    batch.put(Table::feeds, feed_row_key(state.number), encode(next));
    state_->database.commit(std::move(batch));
    entry->row = std::move(next);
    return {};
  }
  if (state_->agrees(*entry, *seen)) return {};
  if (seen->size < held.size && !state.caught_up()) {
    // Its proof needs all records of the larger note: it waits for them.
    state_->keep_claim(entry->row, note);
    return {};
  }
  state_->convict(*entry, *seen, note, held, std::string(state.note));
  return Error::split_view;
}

Result<bool> Feeds::convict(const v1::SplitView& proof, const PublicKey& log_key) {
  const auto split = verify_split_view(proof, log_key);
  if (!split) return split.error();
  open(split->feed);
  const auto entry = state_->find(split->feed);
  const std::lock_guard lock(entry->mutex);
  if (entry->row.state.frozen) return false;
  state_->freeze(*entry, proof);
  return true;
}

std::vector<v1::SplitView> Feeds::evidence(const FeedId& feed) const {
  std::vector<v1::SplitView> out;
  const auto entry = state_->find(feed);
  if (!entry) return out;
  state_->database.scan(Table::evidence, ByteWriter().u32(entry->row.state.number).view(), {},
                        [&](ByteView, ByteView row) {
                          v1::SplitView proof;
                          if (!proof.ParseFromArray(row.data(), static_cast<int>(row.size())))
                            throw StorageError("a split view's evidence is malformed");
                          out.push_back(std::move(proof));
                          return true;
                        });
  return out;
}

}  // namespace bakhita::store
