// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/views.h"

#include <algorithm>

#include "node/desk/answering.h"
#include "node/desk/ceilings.h"
#include "node/desk/freshness.h"
#include "node/desk/recalls.h"
#include "protocol/community/card.h"
#include "protocol/unix_time.h"

namespace bakhita::daemon {
namespace {

std::string state_name(const Node& node, const store::Peer& peer) {
  if (peer.has_expired(node.now())) return "expired";
  switch (peer.state) {
    case store::PeerState::unverified:
      return peer.awaits_second() ? "awaiting second officer" : "unverified";
    case store::PeerState::trusted:
      return "trusted";
    case store::PeerState::suspended:
      return "suspended";
    case store::PeerState::vouched:
      return "vouched";
  }
  return "unknown";
}

std::string state_of(Node& node, const store::FeedState& feed, bool is_behind) {
  if (feed.frozen) return "frozen";
  if (desk::is_full(node.desk(), feed.id)) return "full";
  const desk::Freshness freshness = feed.id.origin == node.self()
                                        ? desk::Freshness::current
                                        : desk::freshness_of(node.desk(), feed);
  if (freshness == desk::Freshness::withheld) return "withheld";
  if (freshness == desk::Freshness::stale) return "stale";
  return is_behind ? "behind" : "current";
}

void add_quotas(Node& node, const store::Peer& peer, admin::v1::PeerView& view) {
  for (const store::Community& community : node.desk().members.shared_with(node.self(), peer.node))
    for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
      const QuotaAccount account = desk::quota_of(node.desk(), peer.node, community.id, group);
      const QuotaLimits limits = desk::quota_limits(node.desk(), community.id, group);
      auto* row = view.add_quotas();
      row->set_group(group);
      row->set_left(static_cast<std::uint64_t>(account.tokens) + account.onboarding);
      row->set_burst(limits.burst);
      row->set_used_epoch(account.used_epoch);
      row->set_per_epoch(limits.per_epoch);
    }
}

}  // namespace

admin::v1::FeedView view_of(Node& node, const store::FeedState& feed, std::uint64_t known_size) {
  admin::v1::FeedView out;
  out.set_community(to_hex(feed.id.community.bytes));
  out.set_origin(to_hex(feed.id.origin.bytes));
  out.set_generation(feed.id.generation);
  out.set_size(feed.size);
  out.set_first(feed.first);
  out.set_known_size(std::max(known_size, feed.note_size));
  if (feed.size > 0)
    if (const auto newest = node.desk().feeds.read_held(feed.id, feed.size - 1, 1); !newest.empty())
      out.set_newest(time_text(static_cast<std::uint64_t>(newest[0].header.issued_hour) * 3'600));
  out.set_confirmed(time_text(desk::confirmed_at(node.desk(), feed)));
  out.set_state(state_of(node, feed, feed.size < out.known_size()));
  return out;
}

admin::v1::PeerView view_of(Node& node, const store::Peer& peer) {
  admin::v1::PeerView out;
  out.set_country(peer.card.country());
  out.set_authority(peer.card.authority());
  out.set_node(to_hex(peer.node.bytes));
  out.set_state(state_name(node, peer));
  out.set_verification_number(verification_number(node.self(), peer.node));
  for (const std::string& address : peer.card.addresses()) out.add_addresses(address);
  for (const peers::Connection& connection : node.network().connections())
    if (connection.node == peer.node) out.set_connected(true);
  const auto contacts = node.contacts();
  const auto contact = contacts.find(peer.node);
  if (contact != contacts.end()) {
    out.set_last_contact(time_text(contact->second.last_contact));
    out.set_last_error(contact->second.last_error);
  }
  out.set_card_serial(peer.card.serial());
  out.set_card_valid_until(time_text(peer.card.valid_until()));
  out.set_verified_by(peer.verified_by);
  out.set_confirmed_by(peer.confirmed_by);
  if (peer.has_expired(node.now()))
    out.set_last_error("no session: its card ended on " + time_text(peer.card.valid_until()) +
                       "; take its new one with `bakhita peer add`");
  for (const store::FeedState& feed : node.desk().feeds.all()) {
    if (feed.id.origin != peer.node) continue;
    std::uint64_t announced = 0;
    if (contact != contacts.end())
      if (const auto known = contact->second.announced.find(feed.id);
          known != contact->second.announced.end())
        announced = known->second.size;
    *out.add_feeds() = view_of(node, feed, announced);
    out.set_lookups_waiting(out.lookups_waiting() + node.lookups().waiting(feed.number));
  }
  add_quotas(node, peer, out);
  *out.mutable_recalls() = desk::recalls_at(node.desk(), peer.node);
  return out;
}

}  // namespace bakhita::daemon
