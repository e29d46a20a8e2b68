// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/v1/frame.pb.h"
#include "node/desk/desk.h"

/// How old what is held of a feed may be. Once an hour an origin signs its newest checkpoint again,
/// with the time; who hears nothing for long is shown that news may be withheld.
namespace bakhita::desk {

enum class Freshness : std::uint8_t { current, stale, withheld };

/// Signs the newest checkpoint of every own feed that was not signed with a time and the present
/// log key within the hour. A clock that ran back signs nothing until it is past the last time
/// signed. Returns how many.
std::size_t cosign_own_feeds(Desk& desk);
/// Is the clock behind a time that this node signed?
bool clock_ran_back(const Desk& desk);

/// The newest cosignature of the feed's newest note; empty when there is none.
std::string cosignature_of(const Desk& desk, const store::FeedState& feed);
/// Keeps a cosignature that came with a head, if it is the origin's and newer than the one held.
/// Any other is passed over, and one from further in the future than clocks differ. Was it kept?
bool learn_cosignature(Desk& desk, const store::FeedState& feed, const v1::FeedHead& head,
                       const PublicKey& log_key);

/// When the origin last said that this is its newest state, Unix seconds: by a cosignature, or by
/// the newest record. 0: nothing is held.
std::uint64_t confirmed_at(const Desk& desk, const store::FeedState& feed);
Freshness freshness_of(const Desk& desk, const store::FeedState& feed);

}  // namespace bakhita::desk
