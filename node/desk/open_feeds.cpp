// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/open_feeds.h"

#include <algorithm>

#include "node/desk/deciding.h"
#include "node/desk/withdrawing.h"

namespace bakhita::desk {
namespace {

bool is_in_force(const Desk& desk, const store::FeedState& feed) {
  const NodeId& origin = feed.id.origin;
  if (origin == desk.self) return true;
  if (feed.frozen) return false;
  const auto community = desk.members.community(feed.id.community);
  // From its origin's own hand: one who is suspended here is not believed meanwhile.
  return community && decide(relay_question(desk, *community, origin, origin, desk.self),
                             *community) == policy::RuleId::allowed;
}

}  // namespace

bool may_read(const Desk& desk, const store::FeedState& feed) {
  if (feed.frozen) return false;
  const auto community = desk.members.community(feed.id.community);
  return community && decide(holding_question(desk, *community, feed.id.origin, desk.self),
                             *community) == policy::RuleId::allowed;
}

std::uint32_t counts_until(const Desk& desk, const store::Community& community,
                           const Header& header) {
  const std::uint64_t issued = std::min(header.issued_hour / 24, today(desk).day + 1);
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(header.expiry_day, issued + community.charter.retention_days()));
}

OpenFeeds::OpenFeeds(const Desk& desk) : desk_(desk) {
  for (store::FeedState& feed : desk.feeds.all()) {
    const std::uint32_t number = feed.number;
    feeds_.emplace(number, Judged{std::move(feed), std::nullopt});
  }
}

const store::FeedState* OpenFeeds::find(std::uint32_t number) {
  const auto at = feeds_.find(number);
  if (at == feeds_.end()) return nullptr;
  Judged& feed = at->second;
  if (!feed.is_in_force) feed.is_in_force = is_in_force(desk_, feed.state);
  return *feed.is_in_force ? &feed.state : nullptr;
}

}  // namespace bakhita::desk
