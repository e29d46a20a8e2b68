// SPDX-License-Identifier: EUPL-1.2
#include "node/store/anchor.h"

#include <sodium.h>

#include "keys/private_file.h"
#include "node/store/database.h"

namespace bakhita::store {
namespace {

constexpr std::string_view magic = "bakhita-anchor/1";
constexpr std::size_t file_size_max = 1 << 20;
constexpr std::size_t mac_size = 32;
constexpr std::uint32_t feeds_max = 4'096;

ByteArray<mac_size> mac(const ByteArray<32>& key, ByteView body) {
  ByteArray<mac_size> out;
  crypto_generichash(out.data(), out.size(), body.data(), body.size(), key.data(), key.size());
  return out;
}

Bytes encode(const AnchorState& state) {
  ByteWriter out;
  out.text(magic).u64(state.serial).u64(state.audit_size).raw(state.audit_root);
  out.u64(state.keystore_generation).u32(static_cast<std::uint32_t>(state.feeds.size()));
  for (const auto& [feed, checkpoint] : state.feeds) {
    out.raw(feed.community.bytes).raw(feed.origin.bytes).u32(feed.generation);
    out.u64(checkpoint.size).raw(checkpoint.root);
  }
  out.u8(state.suspended ? 1 : 0);
  return out.take();
}

std::optional<AnchorState> decode(ByteView body) {
  ByteReader in(body);
  if (as_text(in.raw(magic.size())) != magic) return std::nullopt;
  AnchorState out;
  out.serial = in.u64();
  out.audit_size = in.u64();
  out.audit_root = to_array<32>(in.raw(32)).value_or(Hash{});
  out.keystore_generation = in.u64();
  const std::uint32_t count = in.u32();
  for (std::uint32_t i = 0; i < count && i < feeds_max && in.ok(); ++i) {
    Checkpoint checkpoint;
    checkpoint.feed.community.bytes = to_array<16>(in.raw(16)).value_or(ByteArray<16>{});
    checkpoint.feed.origin.bytes = to_array<32>(in.raw(32)).value_or(ByteArray<32>{});
    checkpoint.feed.generation = in.u32();
    checkpoint.size = in.u64();
    checkpoint.root = to_array<32>(in.raw(32)).value_or(Hash{});
    out.feeds[checkpoint.feed] = checkpoint;
  }
  out.suspended = in.u8() != 0;
  if (!in.finished()) return std::nullopt;
  return out;
}

/// Nothing when the file is damaged.
std::optional<AnchorState> load(const std::filesystem::path& file, const ByteArray<32>& key) {
  const Bytes content = keys::read_private_file(file, file_size_max);
  if (content.size() < mac_size) return std::nullopt;
  const ByteView body = ByteView(content).first(content.size() - mac_size);
  const auto expected = mac(key, body);
  if (sodium_memcmp(expected.data(), content.data() + body.size(), mac_size) != 0)
    return std::nullopt;
  return decode(body);
}

}  // namespace

Anchor::Anchor(std::filesystem::path file, ByteView mac_key, bool may_create)
    : file_(std::move(file)), key_(mac_key) {
  try {
    if (keys::private_file_exists(file_)) {
      const auto stored = load(file_, key_);
      state_ = stored.value_or(AnchorState{});
      if (!stored)
        problem_ =
            file_.string() + ": the head anchor is damaged, or the node was restored without it";
      else if (state_.suspended)
        problem_ = "recovery was begun and is not finished";
    } else if (may_create) {
      write(AnchorState{});
    } else {
      problem_ = file_.string() +
                 ": the head anchor is missing, yet this node has lived before; it may have signed "
                 "more than it knows";
    }
  } catch (const keys::FileError& problem) {
    throw StorageError(problem.what());
  }
}

AnchorState Anchor::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::string Anchor::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void Anchor::suspend(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!problem_.empty()) return;
  problem_ = reason;
  AnchorState next = state_;
  next.suspended = true;
  write(next);
}

void Anchor::re_anchor(AnchorState next) {
  const std::lock_guard lock(mutex_);
  next.serial = state_.serial;
  next.suspended = false;
  write(next);
  problem_.clear();
}

void Anchor::write(const AnchorState& next) {
  AnchorState stored = next;
  ++stored.serial;
  Bytes content = encode(stored);
  const auto seal = mac(key_, content);
  content.insert(content.end(), seal.begin(), seal.end());
  try {
    keys::replace_private_file(file_, content);
  } catch (const keys::FileError& problem) {
    throw StorageError(problem.what());
  }
  state_ = std::move(stored);
}

void Anchor::advance_feed(const Checkpoint& checkpoint) {
  const std::lock_guard lock(mutex_);
  if (!problem_.empty()) throw RecoveryNeeded(problem_);
  AnchorState next = state_;
  const auto known = next.feeds.find(checkpoint.feed);
  if (known != next.feeds.end()) {
    if (known->second == checkpoint) return;
    if (checkpoint.size <= known->second.size)
      throw StorageError(
          "refused to sign: the head anchor names a longer feed, or another root at this size");
  }
  next.feeds[checkpoint.feed] = checkpoint;
  write(next);
}

void Anchor::advance_audit(std::uint64_t size, const Hash& root) {
  const std::lock_guard lock(mutex_);
  if (!problem_.empty()) return;
  if (size == state_.audit_size && root == state_.audit_root) return;
  if (size <= state_.audit_size)
    throw StorageError("the audit trail is shorter than the head anchor says");
  AnchorState next = state_;
  next.audit_size = size;
  next.audit_root = root;
  write(next);
}

void Anchor::note_keystore(std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  const bool lost = !problem_.empty() && !state_.suspended;
  if (lost || generation == state_.keystore_generation) return;
  AnchorState next = state_;
  next.keystore_generation = generation;
  write(next);
}

}  // namespace bakhita::store
