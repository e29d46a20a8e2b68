// SPDX-License-Identifier: EUPL-1.2
#include "node/store/identifier_keys.h"

#include <sodium.h>

#include <algorithm>

#include "keys/error.h"
#include "node/store/lacking_keys.h"
#include "node/store/sealing.h"

namespace bakhita::store {
namespace {

/// What one erasure seals anew is a 1,024th of all rows; the keystore grows by 38 KiB.
constexpr unsigned bucket_bits = 10;
constexpr std::size_t bucket_count = 1u << bucket_bits;
constexpr std::size_t row_head_size = 6;
/// What stands before the hash in the keys of evaluations and of queued lookups.
constexpr std::size_t behind_feed_and_epoch = 8, behind_feed_group_and_priority = 6;
/// Buckets whose keys are one secret: twice as many fit its 65,535 bytes while they are replaced.
constexpr std::size_t shelf_buckets = 256;
constexpr std::size_t shelf_count = bucket_count / shelf_buckets;
constexpr std::size_t key_size = 32, shelf_row_size = 2 + 4 + key_size;

std::uint16_t bucket_of(ByteView hash) {
  return static_cast<std::uint16_t>(ByteReader(hash).u32() >> (32 - bucket_bits));
}

/// The first bytes of the hashes of a bucket.
Bytes bucket_begin(std::uint16_t bucket) {
  return ByteWriter().u32(static_cast<std::uint32_t>(bucket) << (32 - bucket_bits)).take();
}

Bytes generation_key(std::uint16_t bucket) {
  return ByteWriter().text("identifier-bucket/").u32(bucket).take();
}

std::string shelf_name(std::size_t shelf) { return "identifiers/" + std::to_string(shelf); }

Bytes place(Table table, ByteView key, ByteView head) {
  return ByteWriter().u8(static_cast<std::uint8_t>(table)).raw(head).raw(key).take();
}

bool has_rows(const Database& database, Table table) {
  bool found = false;
  database.scan(table, {}, {}, [&](ByteView, ByteView) {
    found = true;
    return false;
  });
  return found;
}

/// The smallest prefix of the same size behind this one; empty when there is none.
Bytes next_prefix(Bytes prefix) {
  for (std::size_t i = prefix.size(); i-- > 0;)
    if (++prefix[i] != 0) return prefix;
  return {};
}

}  // namespace

IdentifierKeys::IdentifierKeys(Database& database, keys::Keystore& keystore)
    : database_(database), keystore_(keystore), generations_(bucket_count), shelves_(shelf_count) {
  for (std::size_t shelf = 0; shelf < shelf_count; ++shelf)
    if (keystore.has(shelf_name(shelf))) shelves_[shelf] = parse(keystore.get(shelf_name(shelf)));
  std::vector<KeyId> missing;
  for (std::uint16_t bucket = 0; bucket < bucket_count; ++bucket) {
    if (const auto stored = database.get(Table::meta, generation_key(bucket)))
      generations_[bucket] = ByteReader(*stored).u32();
    const KeyId id{bucket, generations_[bucket]};
    if (key_of(id)) continue;
    const auto& held = shelves_[bucket / shelf_buckets].offsets;
    const auto behind = held.lower_bound({static_cast<std::uint16_t>(bucket + 1), 0});
    const bool any = behind != held.begin() && std::prev(behind)->first.first == bucket;
    if (any && std::prev(behind)->first.second > id.second)
      outdated_.emplace(bucket, std::prev(behind)->first.second);
    else
      missing.push_back(id);
  }
  if (!missing.empty() && (missing.size() < bucket_count || has_rows(database, Table::identifiers)))
    refuse_keystore(keystore, "identifiers");
  change(missing, {});
}

/// Keys of generations that are in use no more, or were never.
void IdentifierKeys::finish_replacements() {
  std::vector<KeyId> left_over;
  for (const Shelf& shelf : shelves_)
    for (const auto& [id, offset] : shelf.offsets)
      if (!outdated_.contains(id.first) && generations_[id.first] != id.second)
        left_over.push_back(id);
  change({}, left_over);
}

std::vector<std::uint16_t> IdentifierKeys::outdated() const {
  std::vector<std::uint16_t> out;
  for (const auto& [bucket, generation] : outdated_) out.push_back(bucket);
  return out;
}

bool IdentifierKeys::is_outdated(const IdentifierHash& identifier) const {
  return outdated_.contains(bucket_of(identifier));
}

Batch IdentifierKeys::drop(std::uint16_t bucket,
                           const std::function<void(ByteView key)>& queued) const {
  Batch batch;
  for_each_row(Table::identifiers, 0, bucket,
               [&](ByteView key, ByteView) { batch.erase(Table::identifiers, key); });
  for_each_row(Table::prks, behind_feed_and_epoch, bucket,
               [&](ByteView key, ByteView) { batch.erase(Table::prks, key); });
  for_each_row(Table::lookups, behind_feed_group_and_priority, bucket,
               [&](ByteView key, ByteView) { queued(key); });
  for_each_row(Table::match_index, 0, bucket, [&](ByteView key, ByteView) {
    batch.erase(Table::matches, key.subspan(16));
    batch.erase(Table::match_index, key);
  });
  batch.put(Table::meta, generation_key(bucket), ByteWriter().u32(outdated_.at(bucket)).view());
  return batch;
}

void IdentifierKeys::adopt(std::span<const std::uint16_t> buckets) {
  for (const std::uint16_t bucket : buckets) {
    const auto known = outdated_.find(bucket);
    const std::lock_guard lock(mutex_);
    generations_[bucket] = known->second;
    outdated_.erase(known);
  }
}

IdentifierKeys::Shelf IdentifierKeys::parse(keys::SecretBytes content) {
  Shelf out{std::move(content), {}};
  ByteReader in(out.content.view());
  for (std::size_t at = 0; in.ok() && !in.rest().empty(); at += shelf_row_size) {
    const KeyId id{in.u16(), in.u32()};
    in.raw(key_size);
    if (!in.ok() || id.first >= bucket_count)
      throw keys::KeyError("the keystore's keys of identifiers are malformed");
    out.offsets.emplace(id, at + shelf_row_size - key_size);
  }
  return out;
}

/// The same keys but for those dropped, and fresh ones.
keys::SecretBytes IdentifierKeys::remake(const Shelf& shelf, std::span<const KeyId> added,
                                         std::span<const KeyId> dropped) {
  keys::SecretBytes out((shelf.offsets.size() + added.size() - dropped.size()) * shelf_row_size);
  std::uint8_t* at = out.writable().data();
  const auto put_head = [&at](const KeyId& id) {
    const Bytes head = ByteWriter().u16(id.first).u32(id.second).take();
    at = std::copy(head.begin(), head.end(), at);
  };
  for (const auto& [id, offset] : shelf.offsets) {
    if (std::find(dropped.begin(), dropped.end(), id) != dropped.end()) continue;
    put_head(id);
    const ByteView key = shelf.content.view().subspan(offset, key_size);
    at = std::copy(key.begin(), key.end(), at);
  }
  for (const KeyId& id : added) {
    put_head(id);
    randombytes_buf(at, key_size);
    at += key_size;
  }
  return out;
}

void IdentifierKeys::change(std::span<const KeyId> added, std::span<const KeyId> dropped) {
  std::map<std::string, std::optional<keys::SecretBytes>> changes;
  std::map<std::size_t, Shelf> changed;
  for (std::size_t i = 0; i < shelf_count; ++i) {
    const auto of_shelf = [i](std::span<const KeyId> all) {
      std::vector<KeyId> out;
      std::copy_if(all.begin(), all.end(), std::back_inserter(out),
                   [i](const KeyId& id) { return id.first / shelf_buckets == i; });
      return out;
    };
    const std::vector<KeyId> coming = of_shelf(added), going = of_shelf(dropped);
    if (coming.empty() && going.empty()) continue;
    keys::SecretBytes content = remake(shelves_[i], coming, going);
    changed.emplace(i, parse(keys::SecretBytes::copy_of(content.view())));
    changes.emplace(shelf_name(i), std::move(content));
  }
  if (changes.empty()) return;
  keystore_.change(std::move(changes));
  const std::lock_guard lock(mutex_);
  for (auto& [i, shelf] : changed) shelves_[i] = std::move(shelf);
}

std::optional<ByteArray<32>> IdentifierKeys::key_of(const KeyId& id) const {
  if (id.first >= bucket_count) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const Shelf& shelf = shelves_[id.first / shelf_buckets];
  const auto known = shelf.offsets.find(id);
  if (known == shelf.offsets.end()) return std::nullopt;
  return to_array<32>(shelf.content.view().subspan(known->second, key_size));
}

Bytes IdentifierKeys::seal(Table table, ByteView key, const IdentifierHash& identifier,
                           ByteView plain) const {
  const std::uint16_t bucket = bucket_of(identifier);
  KeyId id{bucket, 0};
  {
    const std::lock_guard lock(mutex_);
    id.second = generations_[bucket];
  }
  const Bytes head = ByteWriter().u16(id.first).u32(id.second).take();
  return ByteWriter()
      .raw(head)
      .raw(store::seal(key_of(id).value(), plain, place(table, key, head)))
      .take();
}

std::optional<Bytes> IdentifierKeys::try_open(Table table, ByteView key, ByteView row) const {
  ByteReader in(row);
  const KeyId id{in.u16(), in.u32()};
  if (!in.ok()) throw StorageError("a sealed row is cut short");
  const auto secret = key_of(id);
  if (!secret) return std::nullopt;
  return unseal(*secret, in.rest(), place(table, key, row.first(row_head_size)));
}

std::optional<Bytes> IdentifierKeys::open(Table table, ByteView key, ByteView row) const {
  if (auto plain = try_open(table, key, row)) return plain;
  // Its key was replaced after the row was read: it stands there under the new one, or is gone.
  Bytes seen = to_bytes(row);
  while (auto now = database_.get(table, key)) {
    if (auto plain = try_open(table, key, *now)) return plain;
    if (*now == seen) throw StorageError("a sealed row is under a key that was destroyed");
    seen = std::move(*now);
  }
  return std::nullopt;
}

std::optional<Bytes> IdentifierKeys::get(Table table, ByteView key) const {
  const auto row = database_.get(table, key);
  return row ? open(table, key, *row) : std::nullopt;
}

/// Rows whose key has the hash behind `prefix_size` other bytes.
void IdentifierKeys::for_each_row(
    Table table, std::size_t prefix_size, std::uint16_t bucket,
    const std::function<void(ByteView key, ByteView row)>& visit) const {
  Bytes prefix(prefix_size);
  do {
    Bytes found;
    database_.scan(table, {}, prefix, [&](ByteView key, ByteView) {
      found = to_bytes(key.first(prefix_size));
      return false;
    });
    if (found.size() < prefix_size) return;
    prefix = std::move(found);
    const Bytes begin = ByteWriter().raw(prefix).raw(bucket_begin(bucket)).take();
    database_.scan(table, prefix, begin, [&](ByteView key, ByteView row) {
      if (bucket_of(key.subspan(prefix_size)) != bucket) return false;
      visit(key, row);
      return true;
    });
    prefix = next_prefix(std::move(prefix));
  } while (!prefix.empty());
}

void IdentifierKeys::reseal(Table table, std::size_t prefix_size, std::uint16_t bucket,
                            Batch& batch) const {
  for_each_row(table, prefix_size, bucket, [&](ByteView key, ByteView row) {
    if (row.empty()) return;  // a scheduled lookup: only its key says something
    const auto hash = to_array<16>(key.subspan(prefix_size, 16)).value();
    if (const auto plain = open(table, key, row))
      batch.put(table, key, seal(table, key, hash, *plain));
  });
}

void IdentifierKeys::reseal_matches(std::uint16_t bucket, Batch& batch) const {
  for_each_row(Table::match_index, 0, bucket, [&](ByteView key, ByteView) {
    const ByteView match = key.subspan(16);
    if (const auto plain = get(Table::matches, match))
      batch.put(Table::matches, match,
                seal(Table::matches, match, to_array<16>(key.first(16)).value(), *plain));
  });
}

IdentifierKeys::Replacement::Replacement(IdentifierKeys& keys,
                                         std::span<const IdentifierHash> identifiers)
    : keys_(keys), alone_(keys.writing_) {
  std::vector<KeyId> fresh;
  for (const IdentifierHash& identifier : identifiers) {
    const std::uint16_t bucket = bucket_of(identifier);
    const std::uint32_t generation = keys.generations_[bucket];
    if (old_generations_.emplace(bucket, generation).second)
      fresh.emplace_back(bucket, generation + 1);
  }
  keys.change(fresh, {});
  const std::lock_guard lock(keys.mutex_);
  for (const auto& [bucket, generation] : old_generations_)
    keys.generations_[bucket] = generation + 1;
}

Batch IdentifierKeys::Replacement::rows() const {
  Batch batch;
  for (const auto& [bucket, generation] : old_generations_) {
    keys_.reseal(Table::identifiers, 0, bucket, batch);
    keys_.reseal(Table::prks, behind_feed_and_epoch, bucket, batch);
    keys_.reseal(Table::lookups, behind_feed_group_and_priority, bucket, batch);
    keys_.reseal_matches(bucket, batch);
    batch.put(Table::meta, generation_key(bucket), ByteWriter().u32(generation + 1).view());
  }
  return batch;
}

void IdentifierKeys::Replacement::destroy_old_keys() {
  keys_.change({}, std::vector<KeyId>(old_generations_.begin(), old_generations_.end()));
}

}  // namespace bakhita::store
