// SPDX-License-Identifier: EUPL-1.2
#include "node/store/identifiers.h"

#include "node/store/sealing.h"

namespace bakhita::store {

Identifiers::Identifiers(Database& database, IdentifierKeys& keys, ByteView index_key)
    : database_(database), keys_(keys), index_key_(index_key) {}

IdentifierHash Identifiers::hash(IdentifierType type, std::string_view canonical) const {
  ByteWriter value;
  return keyed_hash(index_key_,
                    value.u8(static_cast<std::uint8_t>(type)).raw(as_bytes(canonical)).view());
}

std::optional<storage::v1::IdentifierState> Identifiers::open(const IdentifierHash& hash,
                                                              ByteView sealed) const {
  const auto plain = keys_.open(Table::identifiers, hash, sealed);
  if (!plain) return std::nullopt;
  storage::v1::IdentifierState out;
  if (!out.ParseFromArray(plain->data(), static_cast<int>(plain->size())))
    throw StorageError("an identifier's row is malformed");
  return out;
}

std::optional<storage::v1::IdentifierState> Identifiers::load(const IdentifierHash& hash) const {
  const auto row = database_.get(Table::identifiers, hash);
  return row ? open(hash, *row) : std::nullopt;
}

std::vector<std::optional<storage::v1::IdentifierState>> Identifiers::load_many(
    std::span<const IdentifierHash> hashes) const {
  std::vector<Bytes> keys;
  for (const IdentifierHash& hash : hashes) keys.push_back(to_bytes(hash));
  const auto rows = database_.get_many(Table::identifiers, keys);
  std::vector<std::optional<storage::v1::IdentifierState>> out(hashes.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i]) out[i] = open(hashes[i], *rows[i]);
  return out;
}

void Identifiers::put(Batch& batch, const IdentifierHash& hash,
                      const storage::v1::IdentifierState& state) const {
  if (state.sightings_size() == 0 && state.locks_size() == 0)
    return batch.erase(Table::identifiers, hash);
  batch.put(Table::identifiers, hash,
            keys_.seal(Table::identifiers, hash, hash, as_bytes(state.SerializeAsString())));
}

void Identifiers::for_each(
    const std::function<bool(const IdentifierHash&, const storage::v1::IdentifierState&)>& visit)
    const {
  database_.scan(Table::identifiers, {}, {}, [&](ByteView key, ByteView sealed) {
    const IdentifierHash hash = to_array<16>(key).value();
    const auto state = open(hash, sealed);
    return !state || visit(hash, *state);
  });
}

}  // namespace bakhita::store
