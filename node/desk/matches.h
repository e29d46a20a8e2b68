// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"

/// Locks of other countries that opened: what the analyst sees.
namespace bakhita::desk {

/// Matches found, withdrawn and expired that become durable together, each with its audit entry.
/// Who gathers and commits them holds IdentifierKeys::writing().
struct MatchChanges {
  store::Batch batch;
  std::vector<store::AuditEntry> entries;
};
/// One for each record of a feed; adding a stored one again changes nothing.
void add_match(const Desk& desk, std::uint32_t feed, const storage::v1::StoredMatch& match,
               MatchChanges& changes);
/// Deletes the identifier's matches; returns how many.
std::size_t forget_matches(const Desk& desk, const store::IdentifierHash& identifier,
                           store::Batch& batch);
/// The record lived as long as its header said.
void expire_match(const Desk& desk, std::uint32_t feed, std::uint64_t index, MatchChanges& changes);
/// The same for all records before `first`, which their origin ended and nobody holds here any
/// more.
void expire_matches_before(const Desk& desk, std::uint32_t feed, std::uint64_t first,
                           MatchChanges& changes);
/// The record goes because the community has new keys: the match stays live until the same
/// indicator is found again under them, and then goes. Returns the identifier when it waits.
std::optional<store::IdentifierHash> await_successor(const Desk& desk, std::uint32_t feed,
                                                     std::uint64_t index, MatchChanges& changes);
/// The identifier's match that waits has no successor at that origin: it goes.
void end_waiting(const Desk& desk, const store::IdentifierHash& identifier, const FeedId& feed,
                 MatchChanges& changes);
/// Identifiers whose match at that origin waits.
std::vector<store::IdentifierHash> waiting_at(const Desk& desk, const FeedId& feed);
/// Those that wait and lived as long as their header said.
void expire_waiting(const Desk& desk, MatchChanges& changes);
/// The origin took the record back.
void withdraw_match(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                    MatchChanges& changes);
void commit(Desk& desk, MatchChanges changes);
/// Live matches in order of their ids.
admin::v1::Matches list_matches(const Desk& desk, const admin::v1::MatchList& request);
/// By id or a unique prefix.
std::optional<admin::v1::MatchView> find_match(const Desk& desk, const std::string& id);
/// The match of an identifier at an origin, if there is one.
std::optional<admin::v1::MatchView> match_of(const Desk& desk,
                                             const store::IdentifierHash& identifier,
                                             const NodeId& origin);

}  // namespace bakhita::desk
