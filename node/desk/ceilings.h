// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/desk.h"

/// How much one member can make this node store: what it publishes, and what it writes.
namespace bakhita::desk {

/// Bytes of all generations of an origin's feed in a community: sixteen records for each lock that
/// the charter lets live at once (locks of four years, each renewed once, and all withdrawn), and
/// an allowance for dummies, keys and small communities.
std::uint64_t feed_ceiling(const v1::Charter& charter);
/// The feed's origin has filled what it may: nothing more of it is asked for or taken. Never of an
/// own feed, which is fetched only after a loss.
bool is_full(const Desk& desk, const FeedId& feed);

/// Bytes of letters and files that are taken from one peer in a day (UTC).
inline constexpr std::uint64_t letter_bytes_per_day = 512ull << 20;
/// Counts what comes from the peer, with the batch that keeps it. False: it is enough for today,
/// and nothing is counted. The caller holds Letters::exclusive().
bool charge_letter(const Desk& desk, const NodeId& peer, std::uint64_t bytes, store::Batch& batch);

}  // namespace bakhita::desk
