// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/desk.h"
#include "protocol/feed/open.h"

/// What a withdrawal obliges a node to, whoever's feed it stands in: what was withdrawn is deleted
/// and, when that is final, its token refused; then its origin is told, and the files are purged.
namespace bakhita::desk {

/// Refuses the token of a withdrawn lock or open indicator from now on: behind record `index` of
/// `feed`, where its withdrawal stands, until a day.
void bury_token(const Desk& desk, const FeedId& feed, std::uint64_t index, const Record& withdrawn,
                std::uint32_t until_day, store::Batch& batch);
/// Was it taken back for good, and is its time not over? With `record`: before that record.
bool is_buried(const Desk& desk, const CommunityId& community, const NodeId& origin,
               const Token& token,
               std::optional<std::pair<std::uint32_t, std::uint64_t>> record = std::nullopt);

/// Everything that records before `size` withdraw is deleted, once the batch is durable: what is
/// owed besides is a to-do that survives a crash. Until the commit the caller holds
/// Recalls::exclusive(), or for an own feed Identifiers::exclusive().
void note_done(const Desk& desk, std::uint32_t feed, std::uint64_t size, store::Batch& batch);

/// Removes what was deleted from the database's files too. At most one part in a hundred of the
/// time goes into it, and never twice in a minute.
void purge_deleted(Desk& desk);

/// Puts a receipt into the outbox for each origin that is owed one: at most one is on its way to an
/// origin for each of its feeds.
void post_receipts(Desk& desk);

}  // namespace bakhita::desk
