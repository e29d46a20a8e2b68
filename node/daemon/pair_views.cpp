// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/pair_views.h"

#include <map>

#include "node/daemon/views.h"
#include "node/desk/answering.h"
#include "node/desk/deciding.h"
#include "node/desk/facts.h"
#include "node/desk/recalls.h"
#include "protocol/letter/correspondence.h"
#include "protocol/unix_time.h"

namespace bakhita::daemon {
namespace {

using admin::v1::PairView;
using admin::v1::PeerView;

/// Requests of ours that nobody acknowledged, by peer and community.
std::map<std::string, std::uint64_t> unacknowledged(const desk::Desk& desk) {
  std::map<std::string, std::uint64_t> out;
  for (const auto& [id, thread] : desk.letters.threads())
    if (thread.side() == static_cast<std::uint32_t>(Side::asking) &&
        thread.state() == static_cast<std::uint32_t>(CorrespondenceState::sent))
      ++out[thread.peer() + thread.community()];
  return out;
}

void add_canaries(Node& node, const store::Community& community, const store::FeedState& feed,
                  PairView& pair, admin::v1::Status& out) {
  for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
    const desk::Canary canary = node.lookups().canaries().look(community, feed, group);
    // With a member that was never met there is no session to ask in.
    const bool overdue = pair.state() == "trusted" && canary.is_overdue(node.now());
    auto* row = pair.add_canaries();
    row->set_group(group);
    row->set_state(std::string(desk::name_of(canary.stage)));
    row->set_since(time_text(canary.since));
    row->set_found_at(time_text(canary.found_at));
    row->set_overdue(overdue);
    if (overdue)
      out.add_warnings(
          "the canary lock of " + pair.country() + " in " + pair.community() + " (group " +
          std::to_string(group) + ") was not found since " + time_text(canary.since).substr(0, 10) +
          ": " + std::string(desk::explain(canary.stage)) + "; matches with it may be missed");
    const std::uint32_t epoch = community.charter.key_epoch();
    if (const auto left = node.lookups().room(feed.number, group, epoch)) {
      auto* room = pair.add_may_ask();
      room->set_group(group);
      room->set_left(*left);
    }
  }
}

/// The peer's feed in this community, among those that its own view has.
const admin::v1::FeedView* feed_in(const PeerView& peer, const FeedId& feed) {
  for (const admin::v1::FeedView& view : peer.feeds())
    if (view.community() == to_hex(feed.community.bytes) && view.generation() == feed.generation)
      return &view;
  return nullptr;
}

}  // namespace

void add_pairs(Node& node, admin::v1::Status& out) {
  desk::Desk& desk = node.desk();
  const auto waiting = unacknowledged(desk);
  for (const store::Community& community : desk.members.communities())
    for (const PeerView& peer : out.peers()) {
      const NodeId id{to_array<32>(from_hex(peer.node()).value()).value()};
      const bool held = desk::decide(desk::holding_question(desk, community, id, desk.self),
                                     community) == policy::RuleId::allowed;
      const bool holds = desk::decide(desk::holding_question(desk, community, desk.self, id),
                                      community) == policy::RuleId::allowed;
      if (!held && !holds) continue;
      PairView pair;
      pair.set_community(community.charter.name());
      pair.set_country(peer.country());
      pair.set_node(peer.node());
      pair.set_state(peer.state());
      pair.set_connected(peer.connected());
      pair.set_last_contact(peer.last_contact());
      pair.set_outbox(desk.letters.outgoing_count(id));
      const auto requests =
          waiting.find(std::string(as_text(id.bytes)) + std::string(as_text(community.id.bytes)));
      pair.set_unacknowledged(requests == waiting.end() ? 0 : requests->second);
      pair.set_asked_at(time_text(desk::last_asked(desk, id, community.id)));
      *pair.mutable_recalls() = desk::recalls_at(desk, community, id);
      const FeedId feed_id = desk::feed_of(desk, community, id);
      const auto feed = desk.feeds.find(feed_id);
      if (const auto* view = held && feed ? feed_in(peer, feed_id) : nullptr) {
        *pair.mutable_feed() = *view;
        pair.set_missing_bodies(feed->missing);
        pair.set_lookups_waiting(node.lookups().waiting(feed->number));
        if (feed->size > 0) add_canaries(node, community, *feed, pair, out);
      }
      *out.add_pairs() = std::move(pair);
    }
}

}  // namespace bakhita::daemon
