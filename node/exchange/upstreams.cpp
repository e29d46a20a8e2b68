// SPDX-License-Identifier: EUPL-1.2
#include "node/exchange/upstreams.h"

namespace bakhita::exchange {
namespace {

/// Without records for so long, a relay may take the place of an upstream.
constexpr std::uint64_t patience = 20;
/// The origin itself waits less for a relay that is fetched from.
constexpr std::uint64_t origin_patience = 5;
constexpr std::uint64_t fill_again = 600;
constexpr std::uint64_t contradicted_again = 600;
constexpr std::uint64_t stalled_again = 600;
/// Above, old attempts are forgotten.
constexpr std::size_t fills_max = 10'000;

/// Was it so less than `seconds` ago? Not when the clock ran back meanwhile.
bool within(const std::map<std::pair<FeedId, NodeId>, std::uint64_t>& times, const FeedId& feed,
            const NodeId& peer, std::uint64_t now, std::uint64_t seconds) {
  const auto at = times.find({feed, peer});
  return at != times.end() && now >= at->second && now < at->second + seconds;
}

}  // namespace

bool Upstreams::may_bring(const FeedId& feed, const NodeId& peer, std::uint64_t now) const {
  const auto held = upstreams_.find(feed);
  const bool stalls = held != upstreams_.end() && held->second.peer == peer &&
                      now >= held->second.progress + patience;
  return !stalls && !within(stalled_at_, feed, peer, now, stalled_again) &&
         !within(contradicted_at_, feed, peer, now, contradicted_again);
}

void Upstreams::release(const FeedId& feed, const NodeId& peer) {
  const auto held = upstreams_.find(feed);
  if (held != upstreams_.end() && held->second.peer == peer) upstreams_.erase(held);
}

bool Upstreams::take(const FeedId& feed, const NodeId& peer, std::uint64_t now) {
  if (within(contradicted_at_, feed, peer, now, contradicted_again)) return false;
  const auto [held, is_new] = upstreams_.try_emplace(feed, Upstream{peer, now});
  if (is_new || held->second.peer == peer) return true;
  const std::uint64_t wait = peer == feed.origin ? origin_patience : patience;
  // A clock that ran back does not make it wait longer.
  const std::uint64_t progress = held->second.progress;
  if (now >= progress && now < progress + wait) return false;
  if (stalled_at_.size() > fills_max) stalled_at_.clear();
  stalled_at_[{feed, held->second.peer}] = now;
  held->second = {peer, now};
  return true;
}

void Upstreams::progressed(const FeedId& feed, const NodeId& peer, std::uint64_t now) {
  const auto held = upstreams_.find(feed);
  if (held != upstreams_.end() && held->second.peer == peer) held->second.progress = now;
  stalled_at_.erase({feed, peer});
}

void Upstreams::contradicted(const FeedId& feed, const NodeId& peer, std::uint64_t now) {
  if (contradicted_at_.size() > fills_max) contradicted_at_.clear();
  contradicted_at_[{feed, peer}] = now;
  const auto held = upstreams_.find(feed);
  if (held != upstreams_.end() && held->second.peer == peer) upstreams_.erase(held);
}

void Upstreams::lost(const NodeId& peer) {
  std::erase_if(upstreams_, [&](const auto& entry) { return entry.second.peer == peer; });
  std::erase_if(filled_at_, [&](const auto& entry) { return entry.first.second == peer; });
}

bool Upstreams::may_fill(const FeedId& feed, const NodeId& peer, std::uint64_t now) {
  if (filled_at_.size() > fills_max) filled_at_.clear();
  const auto [at, is_new] = filled_at_.try_emplace({feed, peer}, now);
  if (is_new) return true;
  if (now >= at->second && now < at->second + fill_again) return false;
  at->second = now;
  return true;
}

}  // namespace bakhita::exchange
