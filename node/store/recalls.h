// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "bakhita/storage/v1/recalls.pb.h"
#include "keys/secret_bytes.h"
#include "node/store/short_id.h"
#include "protocol/feed/lock.h"

namespace bakhita::store {

/// What was taken back and by whom it is known to be deleted; what this node owes others; which
/// tokens are refused; who objects to which record. Feeds are named by their local number. Sealed,
/// but for keys. Thread-safe; a row is changed by who holds exclusive().
class Recalls {
 public:
  Recalls(Database& database, ByteView seal_key);

  std::unique_lock<std::mutex> exclusive() const { return std::unique_lock(mutex_); }

  // An own feed: its withdrawals, by their index.
  using Recall = std::pair<std::uint64_t, storage::v1::Recall>;
  void put(Batch& batch, std::uint32_t feed, std::uint64_t index,
           const storage::v1::Recall& recall) const;
  std::optional<storage::v1::Recall> recall(std::uint32_t feed, std::uint64_t index) const;
  /// In the order of the feed, from `from` on.
  std::vector<Recall> recalls(std::uint32_t feed, std::uint64_t from = 0) const;

  /// By the beginning of an id: u32 feed ‖ u64 index.
  Named recall_named(std::string_view beginning) const;

  /// Is there one in [from, to)?
  bool has_recall(std::uint32_t feed, std::uint64_t from, std::uint64_t to) const;

  // An own feed: who holds it.
  std::optional<storage::v1::Holding> holding(std::uint32_t feed, const NodeId& peer) const;
  void put(Batch& batch, std::uint32_t feed, const NodeId& peer,
           const storage::v1::Holding& holding) const;
  std::vector<std::pair<NodeId, storage::v1::Holding>> holdings(std::uint32_t feed) const;

  // An own feed: receipts, in the order of their sizes.
  void put(Batch& batch, std::uint32_t feed, const NodeId& peer,
           const storage::v1::Receipt& receipt) const;
  std::vector<storage::v1::Receipt> receipts(std::uint32_t feed, const NodeId& peer) const;

  // Another's feed.
  storage::v1::Duty duty(std::uint32_t feed) const;
  void put(Batch& batch, std::uint32_t feed, const storage::v1::Duty& duty) const;
  std::vector<std::pair<std::uint32_t, storage::v1::Duty>> duties() const;

  // Tokens of an origin in a community; only a keyed hash is kept.
  void put(Batch& batch, const CommunityId& community, const NodeId& origin, const Token& token,
           const storage::v1::Tombstone& tombstone) const;
  std::optional<storage::v1::Tombstone> tombstone(const CommunityId& community,
                                                  const NodeId& origin, const Token& token) const;

  // Objections to a record of a feed, one of each member.
  void put(Batch& batch, std::uint32_t feed, std::uint64_t index, const NodeId& objector,
           const storage::v1::Dispute& dispute) const;
  void erase_dispute(Batch& batch, std::uint32_t feed, std::uint64_t index,
                     const NodeId& objector) const;
  std::vector<std::pair<NodeId, storage::v1::Dispute>> disputes(std::uint32_t feed,
                                                                std::uint64_t index) const;
  struct DisputePlace {
    std::uint32_t feed = 0;
    std::uint64_t index = 0;
    NodeId objector;
  };
  /// What the challenge at this place of an objector's feed is about.
  std::optional<DisputePlace> disputed_by(std::uint32_t objector_feed, std::uint64_t index) const;
  /// The member's, by the beginning of an id: u32 of its feed ‖ u64 index.
  Named challenge_named(std::string_view beginning, const NodeId& objector) const;
  /// How many records the objector's feed disputes, counted up to `most`.
  std::size_t disputes_by(std::uint32_t objector_feed, std::size_t most) const;
  /// Indexes below `first` of the objector's challenges.
  std::vector<std::uint64_t> challenges_before(std::uint32_t objector_feed,
                                               std::uint64_t first) const;
  std::vector<std::pair<DisputePlace, storage::v1::Dispute>> all_disputes() const;

  /// Withdrawals, tombstones and objections whose day is over, and receipts that cover nothing
  /// any more.
  void forget_expired(std::uint32_t today);

 private:
  Bytes sealed_row(ByteView key, const google::protobuf::Message& message) const;
  template <class Message>
  Message open_row(ByteView key, ByteView row) const;
  template <class Message>
  std::optional<Message> load(ByteView key) const;
  Bytes tombstone_key(const CommunityId& community, const NodeId& origin, const Token& token) const;

  mutable std::mutex mutex_;
  Database& database_;
  keys::SecretKey seal_key_;
};

}  // namespace bakhita::store
