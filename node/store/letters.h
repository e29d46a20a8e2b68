// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "bakhita/storage/v1/letters.pb.h"
#include "keys/secret_bytes.h"
#include "node/store/short_id.h"
#include "protocol/letter/letter.h"

namespace bakhita::store {

/// What waits in the outbox: a kept letter, or a chunk of a file that belongs to it. It is sealed
/// when it leaves.
struct Outgoing {
  LetterId letter{};
  std::optional<Hash> attachment;
  std::uint32_t chunk = 0;
};

/// Whose file, and its SHA-256: what one peer sends never stands for what another announced.
struct AttachmentId {
  NodeId owner;
  Hash digest{};
};

/// Letters, the correspondences that they form, drafts, attachments and the outbox. What people
/// wrote is sealed under the node's key.
class Letters {
 public:
  Letters(Database& database, ByteView seal_key);

  /// Held while a correspondence is read, changed and committed.
  std::unique_lock<std::mutex> exclusive() const { return std::unique_lock(mutex_); }

  // By the beginning of an id; letters that stand in no correspondence (receipts) are not meant.
  Named draft_named(std::string_view beginning) const;
  Named thread_named(std::string_view beginning) const;
  Named letter_named(std::string_view beginning) const;

  std::optional<storage::v1::Draft> draft(const LetterId& id) const;
  std::vector<storage::v1::Draft> drafts() const;
  void put_draft(Batch& batch, const storage::v1::Draft& draft) const;
  void erase_draft(Batch& batch, const LetterId& id) const;

  std::optional<storage::v1::Thread> thread(const LetterId& id) const;
  std::vector<std::pair<LetterId, storage::v1::Thread>> threads() const;
  void put_thread(Batch& batch, const LetterId& id, const storage::v1::Thread& thread) const;

  /// Was a letter of this id kept? Then its effect was had.
  bool has(const LetterId& id) const;
  std::optional<storage::v1::KeptLetter> letter(const LetterId& id) const;
  /// In the order in which they were kept.
  std::vector<storage::v1::KeptLetter> letters_of(const LetterId& thread) const;
  /// Adds it behind the others of `thread`, and counts it there.
  void add(Batch& batch, const v1::Letter& letter, const storage::v1::KeptLetter& kept,
           storage::v1::Thread& thread) const;
  void put(Batch& batch, const LetterId& id, const storage::v1::KeptLetter& kept) const;
  void erase(Batch& batch, const LetterId& id) const;

  /// Behind all others to this peer.
  void enqueue(Batch& batch, const NodeId& peer, const Outgoing& outgoing);
  /// The first that waits, or the first behind a place; with its place.
  std::optional<std::pair<Bytes, Outgoing>> next(const NodeId& peer, ByteView after = {}) const;
  void dequeue(Batch& batch, ByteView place) const;
  std::uint64_t outgoing_count(const NodeId& peer) const;

  bool has_chunk(const AttachmentId& attachment, std::uint32_t number) const;
  void put_chunk(Batch& batch, const AttachmentId& attachment, std::uint32_t number,
                 ByteView content) const;
  std::optional<Bytes> chunk(const AttachmentId& attachment, std::uint32_t number) const;
  /// How many of `count` chunks are here.
  std::uint32_t chunks_held(const AttachmentId& attachment, std::uint32_t count) const;

 private:
  Bytes sealed_row(ByteView key, const google::protobuf::Message& message) const;
  template <class Message>
  Message open_row(ByteView key, ByteView row) const;
  template <class Message>
  std::optional<Message> load(ByteView key) const;

  mutable std::mutex mutex_;
  Database& database_;
  keys::SecretKey seal_key_;
  std::uint64_t next_outgoing_ = 1;
};

}  // namespace bakhita::store
