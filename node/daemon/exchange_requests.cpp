// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/desk/facts.h"
#include "node/desk/matches.h"
#include "node/desk/publishing.h"

namespace bakhita::daemon {

using admin::v1::Response;

Response publish(Node& node, const admin::v1::Publish& request) {
  Response response;
  try {
    *response.mutable_published() = desk::publish(node.desk(), request);
  } catch (const desk::PublishRefused& refused) {
    throw refuse(ExitCode::refused, refused.what());
  }
  if (!request.dry_run()) node.work_arrived();
  return response;
}

Response look_up(Node& node, const admin::v1::Lookup& request) {
  desk::Desk& desk = node.desk();
  const auto type = identifier_type(static_cast<int>(request.type()));
  if (!type) throw refuse(ExitCode::usage, "the type of the identifier is missing");
  if (request.case_ref().empty() || request.purpose().empty())
    throw refuse(ExitCode::usage, "a lookup needs a case reference and a purpose code",
                 "add --case REF --purpose CODE");
  if (request.purpose().size() > policy::lookup_purpose_max)
    throw refuse(ExitCode::usage, "a purpose code has at most 64 bytes");
  const Canonical form = canonicalise(*desk.tables, *type, request.value(),
                                      request.region().empty() ? desk.country : request.region());
  const auto* canonical = std::get_if<std::string>(&form);
  if (canonical == nullptr)
    throw refuse(ExitCode::usage, "the identifier has no canonical form: " +
                                      std::string(describe(std::get<Refusal>(form))));
  const store::IdentifierHash hash = desk.identifiers.hash(*type, *canonical);
  if (const auto state = desk.identifiers.load(hash); state && desk::facts_of(*state).shielded_role)
    throw refuse(
        ExitCode::refused,
        "a report names it as a victim's, witness's, reporter's or helpline's: it is never "
        "looked up");
  node.lookups().ask_now(*type, *canonical, request.purpose(), request.case_ref(),
                         request.operator_());
  node.network().wake_lookups();
  // Answers come within seconds from peers that are connected; the rest stays queued.
  constexpr int waits = 100;
  constexpr std::chrono::milliseconds wait{50};
  const auto pending = [&] {
    for (const store::Peer& peer : desk.members.peers())
      for (const store::Community& community : desk.members.shared_with(desk.self, peer.node))
        if (const FeedId feed = desk::feed_of(desk, community, peer.node);
            community.may_flow(peer.node, desk.self) && desk.feeds.find(feed) &&
            !node.lookups().is_evaluated(hash, feed))
          return true;
    return false;
  };
  for (int i = 0; i < waits && pending(); ++i) std::this_thread::sleep_for(wait);
  Response response;
  for (const store::Peer& peer : desk.members.peers()) {
    std::vector<FeedId> feeds;
    for (const store::Community& community : desk.members.shared_with(desk.self, peer.node))
      if (community.may_flow(peer.node, desk.self))
        feeds.push_back(desk::feed_of(desk, community, peer.node));
    if (feeds.empty()) continue;
    auto* answer = response.mutable_lookup_answers()->add_answers();
    answer->set_country(peer.card.country());
    const bool waiting = std::ranges::any_of(
        feeds, [&](const FeedId& feed) { return !node.lookups().is_evaluated(hash, feed); });
    const auto match = desk::match_of(desk, hash, peer.node);
    answer->set_state(match ? "hit" : waiting ? "waiting" : "none");
    if (match) *answer->mutable_match() = *match;
  }
  response.mutable_lookup_answers();
  return response;
}

Response list_matches(Node& node, const admin::v1::MatchList& request) {
  Response response;
  *response.mutable_matches() = desk::list_matches(node.desk(), request);
  return response;
}

Response show_match(Node& node, const admin::v1::MatchShow& request) {
  desk::Desk& desk = node.desk();
  const auto match = desk::find_match(desk, request.id());
  desk.audit.commit({}, desk.entry(request.operator_(), "match.read", match ? match->id() : "", {},
                                   match ? "ok" : "not found"));
  if (!match)
    throw refuse(ExitCode::not_found, "there is no such match, or the id is not unique",
                 "see `bakhita match list`");
  Response response;
  *response.mutable_match() = *match;
  return response;
}

}  // namespace bakhita::daemon
