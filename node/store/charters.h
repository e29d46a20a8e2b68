// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/store/database.h"

/// Charter packages as they came, in Table::members beside the community that they are about: what
/// was in force, what waits for signatures, and forks as evidence.
namespace bakhita::store {

void put_charter(Batch& batch, const CommunityId& community, std::uint32_t epoch, ByteView package);
/// In force, of the epochs that this node saw from `first` on, in order.
std::vector<Bytes> charters(const Database& database, const CommunityId& community,
                            std::uint32_t first = 0);
std::optional<Bytes> charter(const Database& database, const CommunityId& community,
                             std::uint32_t epoch);

void put_proposal(Batch& batch, const CommunityId& community, const Hash& hash, ByteView package);
void erase_proposal(Batch& batch, const CommunityId& community, const Hash& hash);
std::vector<Bytes> proposals(const Database& database, const CommunityId& community);

/// A charter that is in force beside another one of its epoch. Never erased.
void put_fork(Batch& batch, const CommunityId& community, const Hash& hash, ByteView package);
std::vector<Bytes> forks(const Database& database, const CommunityId& community);

}  // namespace bakhita::store
