// SPDX-License-Identifier: EUPL-1.2
#include "node/exchange/recovery.h"

#include "node/desk/audit_marks.h"
#include "node/desk/facts.h"
#include "node/desk/live_locks.h"
#include "node/desk/names.h"
#include "node/desk/old_copy.h"
#include "node/desk/recalls.h"

namespace bakhita::exchange {
namespace {

/// A generation that this node has opened, and signed nothing of yet.
bool follows_an_ended_one(const desk::Desk& desk, const FeedId& feed) {
  if (feed.generation == 1) return false;
  const auto before = desk.feeds.find({feed.community, feed.origin, feed.generation - 1});
  return before && before->closed_size;
}

/// Then nothing here says what was signed.
bool anchor_is_lost(const desk::Desk& desk) {
  return !desk.anchor.problem().empty() && desk.anchor.state().keystore_generation == 0;
}

OwnFeedStanding standing_of(const desk::Desk& desk, const FeedId& feed, const OwnHeads& told) {
  OwnFeedStanding out;
  out.feed = feed;
  if (const auto state = desk.feeds.find(feed)) {
    // In the middle of a fetch nothing is held yet that could be gone on from.
    out.held = state->size >= state->note_size ? state->note_size : 0;
    out.frozen = state->frozen;
    out.first = state->first;
  }
  const store::AnchorState anchor = desk.anchor.state();
  const auto anchored = anchor.feeds.find(feed);
  if (anchored != anchor.feeds.end()) out.anchored = anchored->second.size;
  const auto peers = told.held.find(feed);
  if (peers != told.held.end())
    for (const auto& [peer, held] : peers->second) {
      out.told = std::max(out.told, held.size);
      ++out.holders;
    }
  out.unknown = anchor_is_lost(desk) && out.held == 0 && out.holders == 0 &&
                !follows_an_ended_one(desk, feed);
  return out;
}

std::string obstacle_of(const desk::Desk& desk, const Standing& now, std::size_t peers_needed) {
  if (desk.members.communities().empty())
    return "the node is in no community, so nobody can be asked what it published: add and verify "
           "the peers, and join the charters again";
  for (const OwnFeedStanding& feed : now.feeds)
    if (feed.frozen)
      return "two different feeds were signed (see `bakhita evidence list`): only a new generation "
             "leads on";
  if (now.answered.size() < peers_needed)
    return std::to_string(now.answered.size()) + " of " + std::to_string(peers_needed) +
           " peers have said what they hold of this node's feed";
  for (const OwnFeedStanding& feed : now.feeds)
    if (feed.unknown)
      return "the head anchor is lost and nobody who answered holds any of the feed, so that "
             "nobody "
             "can say what was signed: only a new generation leads on";
  for (const OwnFeedStanding& feed : now.feeds)
    if (!feed.whole())
      return "the feed is held to record " + std::to_string(feed.held) + " of " +
             std::to_string(std::max(feed.told, feed.anchored)) +
             (feed.told > feed.held ? ": it is being fetched, as far as a peer holds the rest"
                                    : ": no peer that answered holds the rest");
  return {};
}

}  // namespace

std::size_t peers_needed(const desk::Desk& desk, std::size_t configured) {
  if (!anchor_is_lost(desk)) return configured;
  std::set<std::string> others;
  for (const store::Community& community : desk.members.communities())
    for (const v1::Member& member : community.newest.members()) others.insert(member.node());
  others.erase(desk::text(desk.self.bytes));
  return std::max(configured, others.size());
}

Standing standing(const desk::Desk& desk, const OwnHeads& told, std::size_t peers_needed) {
  Standing out;
  out.answered.assign(told.answered.begin(), told.answered.end());
  for (const store::Community& community : desk.members.communities())
    out.feeds.push_back(standing_of(desk, desk::feed_of(desk, community, desk.self), told));
  out.obstacle = obstacle_of(desk, out, peers_needed);
  return out;
}

void finish_recovery(desk::Desk& desk, const std::string& actor, const std::string& how) {
  const store::AnchorState before = desk.anchor.state();
  store::AnchorState next;
  next.keystore_generation = desk.keystore.generation();
  for (const store::FeedState& state : desk.feeds.all()) {
    if (state.id.origin != desk.self) continue;
    desk.feeds.adopt(state.id);
    if (!state.note.empty()) next.feeds[state.id] = {state.id, state.note_size, state.note_root};
  }
  desk::rebuild_states(desk);
  desk::find_live_locks(desk);
  desk::relist_recalls(desk);
  desk.audit.commit(
      {}, desk.entry(actor, "recovery.finish",
                     "anchor named audit record " + std::to_string(before.audit_size) + "; " +
                         std::to_string(desk.reports.dropped().count) + " reports dropped",
                     desk.anchor.problem(), how));
  desk::begin_trail(desk);
  const store::AuditHead head = desk.audit.head();
  next.audit_size = head.size;
  next.audit_root = head.root;
  desk.anchor.re_anchor(std::move(next));
}

std::size_t open_generations(desk::Desk& desk, const Standing& now, const std::string& actor) {
  std::size_t opened = 0;
  for (const OwnFeedStanding& feed : now.feeds) {
    if (feed.whole()) continue;
    const FeedId next{feed.feed.community, feed.feed.origin, feed.feed.generation + 1};
    desk.feeds.close(feed.feed, feed.held);
    desk.feeds.open(next);
    desk.audit.commit({}, desk.entry(actor, "feed.new-generation", origin_line(next), {},
                                     std::to_string(feed.held) + " records of the one before"));
    ++opened;
  }
  return opened;
}

}  // namespace bakhita::exchange
