// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/desk/old_copy.h"
#include "node/exchange/recovery.h"

namespace bakhita::daemon {
namespace {

using admin::v1::Response;

std::string date_text(std::uint32_t day) {
  std::string text = std::to_string(day);
  return text.size() == 8 ? text.insert(6, "-").insert(4, "-") : std::string();
}

std::size_t peers_needed(Node& node) {
  return exchange::peers_needed(node.desk(), node.config().recovery_peers);
}

/// `alone`: the operator answers for those who do not.
exchange::Standing standing(Node& node, bool alone = false) {
  return exchange::standing(node.desk(), node.own_heads(), alone ? 0 : peers_needed(node));
}

Response view(Node& node) {
  Response response;
  admin::v1::Recovery& out = *response.mutable_recovery();
  out.set_reason(node.recovery_reason());
  out.set_state(out.reason().empty() ? "serving" : "recovery");
  const store::DroppedReports dropped = node.desk().reports.dropped();
  out.set_dropped_reports(dropped.count);
  out.set_dropped_from(date_text(dropped.first_day));
  out.set_dropped_to(date_text(dropped.last_day));
  if (out.reason().empty()) return response;
  const exchange::Standing now = standing(node);
  for (const exchange::OwnFeedStanding& feed : now.feeds) {
    auto* row = out.add_feeds();
    row->set_community(to_hex(feed.feed.community.bytes));
    row->set_generation(feed.feed.generation);
    row->set_held(feed.held);
    row->set_first(feed.first);
    row->set_anchored(feed.anchored);
    row->set_told(feed.told);
    row->set_holders(static_cast<std::uint32_t>(feed.holders));
    row->set_state(feed.frozen ? "frozen" : feed.whole() ? "whole" : "behind");
  }
  out.set_answered(static_cast<std::uint32_t>(now.answered.size()));
  out.set_needed(static_cast<std::uint32_t>(peers_needed(node)));
  out.set_obstacle(now.obstacle);
  return response;
}

void finish(Node& node, const admin::v1::Recover& request) {
  const auto held = node.hold_own_feeds();
  const exchange::Standing now = standing(node, request.alone());
  const bool nobody_to_ask = node.desk().members.communities().empty();
  if (!now.obstacle.empty() && !(request.alone() && nobody_to_ask))
    throw refuse(ExitCode::conflict, now.obstacle,
                 nobody_to_ask ? "or, if this node never published anything, add --alone"
                 : now.answered.size() < peers_needed(node)
                     ? "wait for them; if one will never answer, add --alone: it is you who says "
                       "that it holds no more than the others"
                     : "see `bakhita recover status`");
  exchange::finish_recovery(node.desk(), request.operator_(), request.choice());
  node.leave_recovery();
}

/// Peers are asked first even so: they may hold a later generation than we know of.
void begin_generation(Node& node, const admin::v1::Recover& request) {
  const auto held = node.hold_own_feeds();
  const exchange::Standing now = standing(node);
  if (node.desk().members.communities().empty()) throw refuse(ExitCode::conflict, now.obstacle);
  if (now.answered.size() < peers_needed(node) && !request.alone())
    throw refuse(ExitCode::conflict, now.obstacle,
                 "if no peer will ever answer, add --alone: it is you who says that no later "
                 "generation was begun");
  if (exchange::open_generations(node.desk(), now, request.operator_()) == 0)
    throw refuse(ExitCode::conflict, "the feeds are whole: no new generation is needed",
                 "use `bakhita recover finish`");
  exchange::finish_recovery(node.desk(), request.operator_(), request.choice());
  node.leave_recovery();
}

/// Only now is known what stands on no report any more.
void settle(Node& node, const admin::v1::Recover& request) {
  node.require_serving();
  desk::settle_dropped(node.desk(), request.operator_());
  node.work_arrived();
}

}  // namespace

Response recover(Node& node, const admin::v1::Recover& request) {
  if (request.choice() == "status") return view(node);
  if (request.choice() == "settle") {
    settle(node, request);
    return view(node);
  }
  if (node.recovery_reason().empty())
    throw refuse(ExitCode::conflict, "the node is not in recovery mode");
  if (request.choice() == "fetch") {
    node.network().peers_changed();
    node.work_arrived();
  } else if (request.choice() == "finish") {
    finish(node, request);
  } else if (request.choice() == "new-generation") {
    begin_generation(node, request);
  } else {
    throw refuse(ExitCode::usage, "recover takes status, fetch, finish, new-generation or settle");
  }
  return view(node);
}

}  // namespace bakhita::daemon
