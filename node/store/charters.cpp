// SPDX-License-Identifier: EUPL-1.2
#include "node/store/charters.h"

namespace bakhita::store {
namespace {

Bytes key(std::string_view kind, const CommunityId& community) {
  return ByteWriter().text(kind).raw(community.bytes).take();
}
Bytes charter_key(const CommunityId& community, std::uint32_t epoch) {
  return ByteWriter().raw(key("charter/", community)).u32(epoch).take();
}
Bytes hash_key(std::string_view kind, const CommunityId& community, const Hash& hash) {
  return ByteWriter().raw(key(kind, community)).raw(hash).take();
}

std::vector<Bytes> rows(const Database& database, const Bytes& prefix, const Bytes& first) {
  std::vector<Bytes> out;
  database.scan(Table::members, prefix, first, [&](ByteView, ByteView row) {
    out.push_back(to_bytes(row));
    return true;
  });
  return out;
}

}  // namespace

void put_charter(Batch& batch, const CommunityId& community, std::uint32_t epoch,
                 ByteView package) {
  batch.put(Table::members, charter_key(community, epoch), package);
}

std::vector<Bytes> charters(const Database& database, const CommunityId& community,
                            std::uint32_t first) {
  return rows(database, key("charter/", community), charter_key(community, first));
}

std::optional<Bytes> charter(const Database& database, const CommunityId& community,
                             std::uint32_t epoch) {
  return database.get(Table::members, charter_key(community, epoch));
}

void put_proposal(Batch& batch, const CommunityId& community, const Hash& hash, ByteView package) {
  batch.put(Table::members, hash_key("proposal/", community, hash), package);
}

void erase_proposal(Batch& batch, const CommunityId& community, const Hash& hash) {
  batch.erase(Table::members, hash_key("proposal/", community, hash));
}

std::vector<Bytes> proposals(const Database& database, const CommunityId& community) {
  return rows(database, key("proposal/", community), {});
}

void put_fork(Batch& batch, const CommunityId& community, const Hash& hash, ByteView package) {
  batch.put(Table::members, hash_key("fork/", community, hash), package);
}

std::vector<Bytes> forks(const Database& database, const CommunityId& community) {
  return rows(database, key("fork/", community), {});
}

}  // namespace bakhita::store
