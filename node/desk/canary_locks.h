// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>

#include "node/desk/desk.h"
#include "protocol/feed/lock.h"

/// The canary locks in this node's own feeds: one for each month, key epoch and exposure group.
namespace bakhita::desk {

/// Within so many seconds from the beginning of a month its canaries are published and asked for,
/// at a time that each node draws.
inline constexpr std::uint64_t canary_draw_time = 3 * 86'400;

/// Those that the feed lacks for this month under the keys in force, by token; none where the
/// policy lets this node publish nothing. That it has them is added to `batch`, to become durable
/// together with them.
std::map<Token, Record> make_missing_canaries(Desk& desk, const store::Community& community,
                                              const FeedId& feed, store::Batch& batch);

/// They are missing, and the month has come so far that they wait for no publication any more.
bool canaries_are_due(const Desk& desk, const store::Community& community, const FeedId& feed);

/// Table::meta: of which key epoch and month the feed has them.
Bytes published_canaries_key(const FeedId& feed);
Bytes published_canaries(std::uint32_t epoch, std::uint32_t period);

/// Seconds below canary_draw_time; the same for the same purpose, and known to this node alone.
std::uint64_t draw_canary_time(const Desk& desk, ByteView purpose);

}  // namespace bakhita::desk
