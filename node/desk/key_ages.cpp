// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/key_ages.h"

#include <algorithm>

#include "keys/sealing.h"
#include "node/store/charters.h"

namespace bakhita::desk {
namespace {

constexpr std::uint64_t day = 86'400;
constexpr std::uint64_t community_days = 366;

struct Aging {
  std::string_view name;
  std::uint64_t days;  ///< after which another is due
};
constexpr Aging aging[] = {{keys::name::intake, 31}, {keys::name::encryption, 366}};

/// Table::meta: public half[32] ‖ u64 time at which it was first seen.
Bytes row_key(std::string_view name) { return ByteWriter().text("key-since/").text(name).take(); }

PublicKey public_half(const Desk& desk, std::string_view name) {
  return keys::x25519_public(desk.keystore.get(name));
}

/// Since when the node works with the present key; nothing when it was not noted yet.
std::optional<std::uint64_t> since(const Desk& desk, std::string_view name) {
  const auto row = desk.database.get(store::Table::meta, row_key(name));
  if (!row) return std::nullopt;
  ByteReader in(*row);
  const auto key = to_array<32>(in.raw(32));
  const std::uint64_t time = in.u64();
  if (!key || !in.finished()) throw store::StorageError("the age of a key is malformed");
  return key == public_half(desk, name) ? std::optional(time) : std::nullopt;
}

std::uint64_t days_since(const Desk& desk, std::uint64_t time) {
  return desk.now() < time ? 0 : (desk.now() - time) / day;
}

/// When the first charter of the present keys was proposed, of those that this node knows; 0 when
/// it does not say.
std::uint64_t keys_since(const Desk& desk, const store::Community& community) {
  std::uint64_t out = community.newest.proposed_at();
  for (const Bytes& bytes : store::charters(desk.database, community.id)) {
    v1::SignedCharter package;
    v1::Charter charter;
    if (!package.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
        !charter.ParseFromString(package.charter()))
      throw store::StorageError("a charter's row is malformed");
    if (charter.key_epoch() == community.newest.key_epoch())
      out = std::min(out, charter.proposed_at());
  }
  return out;
}

}  // namespace

void note_keys(Desk& desk) {
  store::Batch batch;
  bool changed = false;
  for (const auto& [name, days] : aging) {
    if (since(desk, name)) continue;
    batch.put(store::Table::meta, row_key(name),
              ByteWriter().raw(public_half(desk, name)).u64(desk.now()).view());
    changed = true;
  }
  if (changed) desk.database.commit(std::move(batch));
}

std::vector<std::string> keys_due(const Desk& desk) {
  std::vector<std::string> out;
  for (const auto& [name, days] : aging) {
    const auto noted = since(desk, name);
    if (!noted || days_since(desk, *noted) <= days) continue;
    out.push_back("the " + std::string(name) + " key is " +
                  std::to_string(days_since(desk, *noted)) +
                  " days old, and another is due: stop the node, then `bakhita keys rotate " +
                  std::string(name) + "`");
  }
  for (const store::Community& community : desk.members.communities()) {
    if (!community.accepted_by(desk.self) || !community.has_member(desk.self)) continue;
    const std::uint64_t made = keys_since(desk, community);
    const std::uint64_t days = days_since(desk, made);
    if (made > 0 && days > community_days)
      out.push_back("the keys of community " + community.newest.name() + " are " +
                    std::to_string(days) +
                    " days old, and a renewal is due: `bakhita community propose " +
                    community.newest.name() + " --renew-keys`, by any member");
  }
  return out;
}

}  // namespace bakhita::desk
