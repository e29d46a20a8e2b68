// SPDX-License-Identifier: EUPL-1.2
#include "node/store/identifier_keys.h"

#include "keys/error.h"
#include "node/store/sealing.h"

namespace bakhita::store {
namespace {

constexpr std::string_view name_prefix = "identifiers/";
/// What one erasure seals anew is a 1,024th of all rows; the keystore grows by 56 KiB.
constexpr unsigned bucket_bits = 10;
constexpr std::size_t bucket_count = 1u << bucket_bits;
constexpr std::size_t row_head_size = 6;

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

std::string key_name(std::uint16_t bucket, std::uint32_t generation) {
  return std::string(name_prefix) + std::to_string(bucket) + "/" + std::to_string(generation);
}

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
    : database_(database), keystore_(keystore), generations_(bucket_count) {
  std::map<std::string, std::optional<keys::SecretBytes>> changes;
  for (std::uint16_t bucket = 0; bucket < bucket_count; ++bucket) {
    if (const auto stored = database.get(Table::meta, generation_key(bucket)))
      generations_[bucket] = ByteReader(*stored).u32();
    const std::string name = key_name(bucket, generations_[bucket]);
    if (!keystore.has(name)) changes.emplace(name, keys::SecretBytes::random(32));
  }
  if (!changes.empty() && (changes.size() < bucket_count || has_rows(database, Table::identifiers)))
    throw keys::KeyError(keystore.file().string() +
                         ": lacks keys of this database's identifiers; it is an older copy, or "
                         "another node's keystore");
  for (const std::string& name : keystore.names()) {
    if (!name.starts_with(name_prefix)) continue;
    const std::size_t slash = name.rfind('/');
    const auto bucket = std::stoul(name.substr(name_prefix.size(), slash - name_prefix.size()));
    if (std::stoul(name.substr(slash + 1)) != generations_.at(bucket))
      changes.emplace(name, std::nullopt);
  }
  if (!changes.empty()) keystore.change(std::move(changes));
  for (std::uint16_t bucket = 0; bucket < bucket_count; ++bucket)
    keys_.emplace(KeyId{bucket, generations_[bucket]},
                  keystore.get(key_name(bucket, generations_[bucket])));
}

std::optional<ByteArray<32>> IdentifierKeys::key_of(const KeyId& id) const {
  const std::lock_guard lock(mutex_);
  const auto known = keys_.find(id);
  return known == keys_.end() ? std::nullopt : to_array<32>(known->second.view());
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
void IdentifierKeys::reseal(Table table, std::size_t prefix_size, std::uint16_t bucket,
                            Batch& batch) const {
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
      const ByteView hash = key.subspan(prefix_size);
      if (bucket_of(hash) != bucket) return false;
      if (row.empty()) return true;  // a scheduled lookup: only its key says something
      if (const auto plain = open(table, key, row))
        batch.put(table, key, seal(table, key, to_array<16>(hash.first(16)).value(), *plain));
      return true;
    });
    prefix = next_prefix(std::move(prefix));
  } while (!prefix.empty());
}

void IdentifierKeys::reseal_matches(std::uint16_t bucket, Batch& batch) const {
  database_.scan(Table::match_index, {}, bucket_begin(bucket), [&](ByteView key, ByteView) {
    if (bucket_of(key) != bucket) return false;
    const ByteView match = key.subspan(16);
    if (const auto plain = get(Table::matches, match))
      batch.put(Table::matches, match,
                seal(Table::matches, match, to_array<16>(key.first(16)).value(), *plain));
    return true;
  });
}

IdentifierKeys::Replacement::Replacement(IdentifierKeys& keys,
                                         std::span<const IdentifierHash> identifiers)
    : keys_(keys), alone_(keys.writing_) {
  std::map<std::string, std::optional<keys::SecretBytes>> added;
  std::map<KeyId, keys::SecretBytes> fresh;
  for (const IdentifierHash& identifier : identifiers) {
    const std::uint16_t bucket = bucket_of(identifier);
    const std::uint32_t generation = keys.generations_[bucket];
    if (!old_generations_.emplace(bucket, generation).second) continue;
    keys::SecretBytes secret = keys::SecretBytes::random(32);
    fresh.emplace(KeyId{bucket, generation + 1}, keys::SecretBytes::copy_of(secret.view()));
    added.emplace(key_name(bucket, generation + 1), std::move(secret));
  }
  if (!added.empty()) keys.keystore_.change(std::move(added));
  const std::lock_guard lock(keys.mutex_);
  keys.keys_.merge(fresh);
  for (const auto& [bucket, generation] : old_generations_)
    keys.generations_[bucket] = generation + 1;
}

Batch IdentifierKeys::Replacement::rows() const {
  constexpr std::size_t behind_feed_and_epoch = 8, behind_feed_group_and_priority = 6;
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
  std::map<std::string, std::optional<keys::SecretBytes>> destroyed;
  for (const auto& [bucket, generation] : old_generations_)
    destroyed.emplace(key_name(bucket, generation), std::nullopt);
  if (!destroyed.empty()) keys_.keystore_.change(std::move(destroyed));
  const std::lock_guard lock(keys_.mutex_);
  for (const auto& [bucket, generation] : old_generations_)
    keys_.keys_.erase(KeyId{bucket, generation});
}

}  // namespace bakhita::store
