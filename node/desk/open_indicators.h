// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/matches.h"
#include "node/desk/names.h"

/// Indicators that every member reads, of sites and machines (records of kind 2): which feeds have
/// them, and which of them this node's own reports name.
namespace bakhita::desk {

/// More of one member are not kept, so that nobody fills another's disk with them.
inline constexpr std::size_t open_indicators_max = 10'000;

/// Those in a member's feed that it has not taken back, of each value the newest; matches of
/// identifiers that this node holds.
void learn_open(const Desk& desk, const store::FeedState& origin, std::span<const Placed> records,
                MatchChanges& changes);
/// This node published the identifier so.
void note_own_open(store::Batch& batch, const RecordName& record,
                   const store::IdentifierHash& identifier, std::uint32_t expiry_day);
/// How many more of an own feed its readers would keep.
std::size_t open_room(const Desk& desk, const FeedId& own);
/// Those whose time is over by the charter, though their origin may say another; with their
/// matches.
void expire_open(const Desk& desk, MatchChanges& changes);
/// The record was taken back or expired; nothing when it is no such record.
void forget_open(const Desk& desk, std::uint32_t feed, std::uint64_t index, store::Batch& batch);

/// The feed begins behind all before `first`.
void forget_open_before(const Desk& desk, std::uint32_t feed, std::uint64_t first,
                        store::Batch& batch);

/// Does a member publish it so?
bool is_open_elsewhere(const Desk& desk, v1::IdentifierType type,
                       const store::IdentifierHash& identifier);
/// Matches of an identifier that this node came to hold later.
void match_open(const Desk& desk, const store::IdentifierHash& identifier, MatchChanges& changes);

/// Those in force (open_feeds.h), this node's own too, in the order of their ids.
admin::v1::Indicators list_open(const Desk& desk, const admin::v1::IndicatorList& request);

}  // namespace bakhita::desk
