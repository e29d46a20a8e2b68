// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <map>

#include "protocol/bytes.h"

namespace bakhita::exchange {

/// From which neighbour each feed is fetched: from one at a time, the origin before relays, another
/// when it stalls or goes. All others only compare heads. Times are Unix seconds. Not thread-safe.
class Upstreams {
 public:
  /// May this peer's session fetch the feed now? Then it is the feed's upstream.
  bool take(const FeedId& feed, const NodeId& peer, std::uint64_t now);
  void progressed(const FeedId& feed, const NodeId& peer, std::uint64_t now);
  /// What this relay holds does not go on from what we hold: one of the two is not the origin's
  /// feed, or the origin signed two. Others are asked; this one again after a while.
  void contradicted(const FeedId& feed, const NodeId& peer, std::uint64_t now);
  /// False of one that was asked and brings nothing, or was contradicted, until it is tried again.
  bool may_bring(const FeedId& feed, const NodeId& peer, std::uint64_t now) const;
  /// Nothing is left to fetch.
  void release(const FeedId& feed) { upstreams_.erase(feed); }
  /// Nothing is left to fetch from this peer.
  void release(const FeedId& feed, const NodeId& peer);
  /// The peer's session ended.
  void lost(const NodeId& peer);
  /// May missing bodies be asked of this peer? Once in a while of each.
  bool may_fill(const FeedId& feed, const NodeId& peer, std::uint64_t now);

 private:
  struct Upstream {
    NodeId peer;
    std::uint64_t progress = 0;
  };
  std::map<FeedId, Upstream> upstreams_;
  /// When bodies were asked for, when a relay was contradicted, when it was seen to bring nothing.
  std::map<std::pair<FeedId, NodeId>, std::uint64_t> filled_at_, contradicted_at_, stalled_at_;
};

}  // namespace bakhita::exchange
