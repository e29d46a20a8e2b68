// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bakhita/v1/feed.pb.h"
#include "node/store/anchor.h"
#include "node/store/database.h"
#include "protocol/feed/checkpoint.h"
#include "protocol/feed/floor.h"
#include "protocol/feed/merkle.h"
#include "protocol/feed/record.h"

namespace bakhita::store {

/// What is held of one feed. size ≤ note_size; they differ only in the middle of a fetch.
struct FeedState {
  FeedId id;
  std::uint32_t number = 0;  ///< short local name in keys
  std::uint64_t first = 0;   ///< of the records before, which had ended, only the compact range
  std::uint64_t size = 0;    ///< records known and verified, those before `first` among them
  std::uint64_t bytes = 0;   ///< of the headers and bodies held, as they were published
  Hash root{};               ///< of those
  std::string note;          ///< newest checkpoint that was verified
  std::uint64_t note_size = 0;
  Hash note_root{};
  bool frozen = false;  ///< a split view was proven
  std::uint64_t missing =
      0;  ///< bodies absent though not expired, whose withdrawal is not yet seen
  std::uint64_t first_missing = 0;  ///< index of the first of them
  /// The origin ended this generation here; records behind do not count.
  std::optional<std::uint64_t> closed_size;
  std::uint64_t floor = 0;        ///< its origin ended all records before (floor.h)
  std::uint64_t floor_index = 0;  ///< of the record that says so, the newest of its kind
  bool caught_up() const { return size == note_size; }
  /// May the feed begin at this record? When nothing is held, or less, of a fetch that was cut
  /// short: then its note still measures what comes.
  bool may_start(std::uint64_t at) const { return size == 0 || (size < at && at <= note_size); }
  /// All records before this one have ended.
  std::uint64_t ended() const { return closed_size && floor_index >= *closed_size ? first : floor; }
};

/// Records as they travel: headers joined, bodies joined, and which bodies are absent.
struct Range {
  std::uint64_t from = 0;
  Bytes headers;  ///< n × 48
  Bytes bodies;
  Bytes erased;             ///< bitmap, LSB first; empty: none
  std::vector<Hash> proof;  ///< from + n → note_size; empty when equal
  std::string note;
  std::optional<Start> start;  ///< where `from` is the first record that is held from now on
  std::size_t count() const { return headers.size() / header_size; }
};

/// One step of a walk over a feed for records that live no longer.
struct Aged {
  std::uint64_t next = 0;  ///< where the walk goes on
  /// Their day is over, and their bodies are still here; or were awaited still, of any kind.
  std::vector<std::uint64_t> expired;
  std::optional<std::uint32_t> oldest_live_hour;  ///< when the oldest of the others was issued
};

/// All feeds of the node, its own and the peers'. Thread-safe.
class Feeds {
 public:
  Feeds(Database& database, Anchor& anchor);

  std::vector<FeedState> all() const;
  std::optional<FeedState> find(const FeedId& feed) const;
  /// The highest generation of the origin's feed that is known; 1 when none is.
  FeedId newest(const CommunityId& community, const NodeId& origin) const;
  /// Makes the feed known (size 0).
  FeedState open(const FeedId& feed);

  /// Own feed: appends records, in the order of the exchange: durable, re-read and re-hashed,
  /// anchor, signed, stored. `extra` is committed with the records, and so is the erasure of what
  /// they withdraw: no body is served whose withdrawal is durable, and none is missing whose is
  /// not. A crash between any two steps is mended by finish_signing() at start. Returns the new
  /// state.
  using Signer = std::function<Signature(ByteView text)>;
  /// Indexes by the generation of the origin's feed.
  using Withdrawn = std::map<std::uint32_t, std::vector<std::uint64_t>>;
  FeedState append(const FeedId& feed, std::span<const Record> records, const PublicKey& log_key,
                   const Signer& sign, Batch extra, const Withdrawn& withdrawn = {});
  /// Signs what is durable but unsigned, after comparing database and anchor. Throws StorageError
  /// when the database is behind the anchor: the node goes into recovery mode.
  void finish_signing(const FeedId& feed, const PublicKey& log_key, const Signer& sign);

  /// Own or relayed feed: at most `count` records from `from`, cut to fit a frame, with proof to
  /// the newest checkpoint. For a reader that holds nothing and `may_start`, [from, from + count)
  /// from the newest floor on, if there is one in it.
  Result<Range> read(const FeedId& feed, std::uint64_t from, std::uint64_t count,
                     bool may_start = false) const;
  /// Records [from, from + at most count) as held, proven or not yet signed for; an absent body is
  /// empty. None where `from` is before the first that is held.
  std::vector<Record> read_held(const FeedId& feed, std::uint64_t from, std::uint64_t count) const;
  std::optional<Record> record(const FeedId& feed, std::uint64_t index) const;

  /// What stands for the records before the first that is held; of size 0 when all are.
  Frontier before_first(const FeedId& feed) const;
  /// The first record that the origin may not end yet: neither expired nor withdrawn, counted from
  /// the newest floor on. Keys, quotas, closings and floors are not counted: they can be said
  /// again.
  std::uint64_t first_living(const FeedId& feed, std::uint32_t today) const;

  /// Peer's feed: verifies note, lengths, kinds, commitments, and the tree against the checkpoint,
  /// then commits records, bodies, token index and `extra` as one. Nothing is stored on any error,
  /// but for a split view's evidence. Durable when the feed is caught up, before that with later
  /// ranges. Error::unexpected: the range does not begin where the feed ends, or its note is older
  /// than the one held; or it brings a start that is not needed.
  Result<FeedState> accept(const FeedId& feed, const Range& range, const PublicKey& log_key,
                           std::uint32_t today, Batch extra = {});

  /// A checkpoint seen elsewhere: proves a split view, or is fine. One of a size not yet held is
  /// kept, and compared when that size is here. On Error::split_view the evidence is kept and the
  /// feed is frozen.
  Result<void> compare(const FeedId& feed, std::string_view note, const PublicKey& log_key);
  /// A proof that somebody else found: verified, kept for ever, the feed frozen. False when it was
  /// frozen before.
  Result<bool> convict(const v1::SplitView& proof, const PublicKey& log_key);
  /// The proofs that the feed's origin signed two feeds.
  std::vector<v1::SplitView> evidence(const FeedId& feed) const;

  /// Bodies that were absent when their records came, from somebody who has them. The range lies
  /// within what is held; it needs no proof, as each body must fit the header that is held. Returns
  /// how many were missing and are here now; matching begins again at the first of them.
  Result<std::uint64_t> fill(const FeedId& feed, const Range& range);
  /// The origin ended the feed at this size.
  void close(const FeedId& feed, std::uint64_t size);
  /// Own feed, in recovery: a range from 0, or one with a start, takes the place of all that is
  /// held, in one commit once it is proven; the rest is to follow. The newest note is kept as a
  /// claim that it must agree with. Error::unexpected: its note is older than that one.
  Result<FeedState> replace(const FeedId& feed, const Range& range, const PublicKey& log_key,
                            std::uint32_t today);
  /// Own feed, in recovery: are these other records than those held in their place? The error of a
  /// range that is not proven against its note, or does not begin with a tile.
  Result<bool> contradicts(const FeedId& feed, const Range& range, const PublicKey& log_key) const;
  /// Own feed, in recovery: drops all records, to fetch them again from peers. The newest note is
  /// kept as a claim that they must agree with.
  void begin_again(const FeedId& feed);
  /// Own feed, at the end of recovery: what was fetched is what was signed, and goes on from there.
  void adopt(const FeedId& feed);

  /// Index of the record that carries the token, if any.
  std::optional<std::uint64_t> find_token(const FeedId& feed, const ByteArray<32>& token) const;
  /// Drops bodies of withdrawn or expired records, and their tokens. A record that is not here yet
  /// (a later generation came before it) comes without its body.
  void erase_bodies(const FeedId& feed, std::span<const std::uint64_t> indexes, Batch extra);
  /// Looks at some records from `from` on; `today` counts days since 1970-01-01.
  Aged aged(const FeedId& feed, std::uint64_t from, std::uint32_t today) const;
  /// Proofs to whoever has a checkpoint (RFC 9162 section 2.1). Nothing beyond the held size, about
  /// what lies before the first record that is held, and for a feed that is not known.
  std::optional<Hash> root_at(const FeedId& feed, std::uint64_t size) const;
  std::optional<Hash> leaf(const FeedId& feed, std::uint64_t index) const;
  std::vector<Hash> prove_record(const FeedId& feed, std::uint64_t index, std::uint64_t size) const;
  std::vector<Hash> prove_prefix(const FeedId& feed, std::uint64_t size1,
                                 std::uint64_t size2) const;
  /// How far a feed's records were matched; kept with the feed.
  std::uint64_t matched_size(const FeedId& feed) const;
  void set_matched_size(const FeedId& feed, std::uint64_t size, Batch& batch) const;
  /// Walks headers, bodies, tree and notes; a sentence, empty when sound.
  std::string verify(const FeedId& feed, const PublicKey& log_key) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace bakhita::store
