// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/floors.h"

#include "node/desk/deciding.h"
#include "node/desk/facts.h"
#include "node/desk/introducing.h"
#include "node/desk/own_feed.h"
#include "node/desk/withdrawing.h"
#include "protocol/feed/floor.h"

namespace bakhita::desk {
namespace {

/// Where the next floor is to be; nothing when it is not worth it yet, or not for us to say now.
std::optional<std::uint64_t> due_floor(const Desk& desk, const store::Community& community,
                                       const FeedId& feed) {
  const auto state = desk.feeds.find(feed);
  if (!state || !community.accepted_by(desk.self) || !community.has_member(desk.self) ||
      !has_secret(desk, community) || !is_renewed(desk, community, feed) ||
      decide(publication_question(desk, community), community) != policy::RuleId::allowed)
    return std::nullopt;
  const std::uint64_t living = desk.feeds.first_living(feed, today(desk).day);
  const std::uint64_t floor = living - living % tile_width;
  if (floor < state->ended() + floor_step) return std::nullopt;
  return floor;
}

void publish_floor(Desk& desk, const store::Community& community, const FeedId& feed,
                   std::uint64_t floor) {
  std::vector<Record> records;
  introduce_again(desk, community, records);
  records.push_back(make_floor(floor, today(desk).hour));
  desk.audit.commit({}, desk.entry("node", "publish.floor", to_hex(community.id.bytes), {},
                                   "all before record " + std::to_string(floor) + " had ended"));
  append_own(desk, feed, records, {});
}

}  // namespace

std::size_t raise_floors(Desk& desk) {
  std::size_t count = 0;
  for (const store::Community& community : desk.members.communities()) {
    const auto exclusive = desk.identifiers.exclusive();
    const FeedId feed = feed_of(desk, community, desk.self);
    const auto floor = due_floor(desk, community, feed);
    if (!floor) continue;
    publish_floor(desk, community, feed, *floor);
    ++count;
  }
  return count;
}

}  // namespace bakhita::desk
