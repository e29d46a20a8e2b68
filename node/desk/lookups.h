// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "bakhita/v1/frame.pb.h"
#include "node/desk/asking_pace.h"
#include "node/desk/canary_watch.h"
#include "node/desk/desk.h"
#include "node/desk/lookup_queue.h"
#include "node/desk/matches.h"
#include "protocol/feed/lock.h"

namespace bakhita::desk {

/// The asker's side of blind lookups, and matching. An identifier needs one evaluation for each
/// origin and epoch; what is kept of it is the PRK, sealed, and the tokens that follow from it.
///
///   plan() → queue → next() → Evaluate → finish() → PRK + expected tokens → match against the feed
///   accepted records → match() → expected tokens → open
///
/// Thread-safe.
class Lookups {
 public:
  explicit Lookups(Desk& desk);

  /// Queues every identifier that may be asked and has no PRK at an origin whose key is known.
  void plan();
  /// Asks for one identifier at once, at every origin. Returns how many origins will be asked.
  std::size_t ask_now(IdentifierType type, const std::string& canonical, const std::string& purpose,
                      const std::string& case_ref, const std::string& actor);
  /// The next request for this peer, blinded and padded; it is outstanding until finish(), fail(),
  /// hold() or abandon().
  std::optional<v1::Evaluate> next(const NodeId& peer);
  /// Verifies the proof against the key in the origin's own feed, stores, and matches.
  Result<void> finish(const NodeId& peer, const v1::Evaluated& answer);
  void fail(const NodeId& peer, std::uint32_t retry_after);
  /// The session ended before an answer came: the next one may ask at once.
  void abandon(const NodeId& peer);
  /// The origin is busy, or the quota there used up: it is left alone so long, over restarts too.
  void hold(const NodeId& peer, std::uint32_t retry_after);
  /// Known without looking.
  std::uint64_t waiting() const { return queue_.waiting(); }
  std::uint64_t waiting(std::uint32_t feed) const { return queue_.waiting(feed); }
  /// An answer is being worked through: its lookups wait no more, its matches may not be stored
  /// yet.
  bool is_finishing() const { return finishing_ > 0; }

  /// Works through records of the feed that arrived since the last call: locks, withdrawals, keys.
  void match(const FeedId& feed);
  /// Finds what members publish openly of these identifiers, whose reports came or changed.
  void match_open(std::span<const store::IdentifierHash> identifiers);
  /// Locks of the feed that live no longer: their matches become "expired", body and token go, and
  /// with the last lock of a month what is expected for it. Returns how many went.
  std::uint64_t expire(const FeedId& feed);
  /// Ends matches that wait for a successor which the origin has taken back, too.
  void settle_waiting(const FeedId& feed);
  LookupQueue& queue() { return queue_; }
  const CanaryWatch& canaries() const { return canaries_; }
  /// Elements that the feed's origin would answer now; nothing while its quota is not known.
  std::optional<std::uint64_t> room(std::uint32_t feed, std::uint8_t group,
                                    std::uint32_t epoch) const;
  /// Adds the deletion of all that is kept of the identifiers because they were looked up:
  /// evaluations, expected tokens, queued lookups, matches. Returns those that had any. The caller
  /// holds their keys.
  std::vector<store::IdentifierHash> forget(std::span<const store::IdentifierHash> identifiers,
                                            store::Batch& batch, LookupQueue::Edit& edit) const;
  /// The feed's origin ended it: nothing is asked about it any more.
  void end_feed(const FeedId& feed);
  /// Is the identifier evaluated at the origin?
  bool is_evaluated(const store::IdentifierHash& identifier, const FeedId& feed) const;

 private:
  struct Outstanding {
    FeedId feed;
    Scope scope;
    ByteArray<16> request_id{};
    std::vector<Bytes> queue_keys;
    std::vector<store::IdentifierHash> identifiers;
    std::vector<std::uint32_t> types;
    std::vector<Bytes> inputs;  ///< identifiers, the canary if there is one, pads
    std::optional<CanaryQuestion> canary;
    std::vector<voprf::Scalar> blinds;
    std::vector<voprf::Element> blinded;
    voprf::Element public_key{};
  };
  std::optional<Outstanding> take_batch(const store::Community& community, const NodeId& peer,
                                        std::uint8_t group, std::string& purpose,
                                        std::string& case_hash);
  bool may_still_ask(const store::Community& community, const NodeId& peer,
                     const store::IdentifierHash& identifier,
                     const storage::v1::QueuedLookup& queued) const;
  std::optional<voprf::Element> origin_key(std::uint32_t feed, std::uint32_t epoch,
                                           std::uint8_t group) const;
  Result<void> finish_asked(const NodeId& peer, const Outstanding& asked,
                            const v1::Evaluated& answer);
  CanaryStage seek_canary(const Outstanding& asked, const ByteArray<32>& secret,
                          const voprf::Element& evaluated) const;
  std::set<std::uint32_t> periods(std::uint32_t feed) const;
  void add_period(const store::FeedState& feed, std::uint32_t period);
  struct StoredPrk {
    Prk prk;
    IdentifierType type;
  };
  void drop_period(const store::FeedState& feed, std::uint32_t period);
  void for_each_token(
      const store::FeedState& feed, std::uint32_t period,
      const std::function<void(const Bytes& wanted, ByteView identifier)>& visit) const;
  ByteArray<16> wanted_hash(const Token& token) const;
  std::optional<StoredPrk> load_prk(ByteView key) const;
  std::optional<StoredPrk> open_prk(ByteView key, ByteView row) const;
  bool may_keep(const store::IdentifierHash& identifier, Priority priority) const;
  /// Adds the match when the record at `index` opens.
  void try_open(const store::FeedState& feed, std::uint64_t index, const Record& record,
                const store::IdentifierHash& identifier, MatchChanges& changes) const;
  void bury_withdrawn(const FeedId& feed, std::uint64_t index, std::uint32_t until_day,
                      const v1::Withdraw& withdraw, MatchChanges& changes) const;
  /// The identifier when its match waits for a successor.
  std::optional<store::IdentifierHash> end_withdrawn(std::uint32_t feed,
                                                     const v1::Withdraw& withdraw,
                                                     MatchChanges& changes) const;
  std::map<FeedId, std::vector<std::uint64_t>> end_earlier(
      const FeedId& newer, std::span<const v1::Withdraw> withdrawals,
      std::vector<store::IdentifierHash>& waiting, MatchChanges& ended) const;
  void learn_key(const store::FeedState& feed, const Record& record, store::Batch& batch) const;
  void settle_waiting(const FeedId& feed, std::span<const store::IdentifierHash> identifiers) const;
  bool is_plausible(std::uint32_t period) const;

  Desk& desk_;
  LookupQueue queue_;
  AskingPace pace_;
  CanaryWatch canaries_;
  keys::SecretKey token_key_;
  mutable std::mutex mutex_;  ///< of outstanding_ and held_until_
  std::mutex match_mutex_;    ///< one matching pass at a time
  std::atomic<int> finishing_ = 0;
  std::map<NodeId, Outstanding> outstanding_;
  std::map<NodeId, std::uint64_t> held_until_;  ///< Unix seconds, after Busy
};

}  // namespace bakhita::desk
