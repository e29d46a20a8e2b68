// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/community_views.h"

#include <algorithm>

#include "node/daemon/views.h"
#include "node/desk/facts.h"
#include "node/desk/proposing.h"
#include "protocol/community/succession.h"
#include "protocol/community/terms.h"
#include "protocol/unix_time.h"

namespace bakhita::daemon {
namespace {

/// For how long `status` says that this node was removed.
constexpr std::uint64_t removal_told_for = 30 * 86'400;

/// Country of a member of one of the charters, else the node's id.
std::string country_of(const NodeId& member, const v1::Charter& charter,
                       const v1::Charter& before) {
  for (const v1::Charter* known : {&charter, &before})
    if (const auto place = place_of(*known, member))
      return known->members(static_cast<int>(*place)).country();
  return to_hex(member.bytes).substr(0, 16);
}

template <class List>
void add_differences(const v1::Charter& before, const v1::Charter& after, List& list) {
  for (const Difference& difference : differences(before, after)) {
    auto* row = list.Add();
    row->set_kind(std::string(name_of(difference.kind)));
    row->set_widens(difference.widens);
    row->set_narrows(difference.narrows);
    row->set_from(difference.from);
    row->set_to(difference.to);
  }
}

/// Would this node exchange more than it accepted?
bool widens_for(const store::Community& community) {
  return community.accepted.epoch() == 0 ||
         std::ranges::any_of(differences(community.accepted, community.newest),
                             [](const Difference& difference) { return difference.widens; });
}

struct State {
  std::string name, detail;
};

State state_of(const Node& node, desk::Desk& desk, const store::Community& community) {
  const v1::Charter& newest = community.newest;
  if (community.frozen)
    return {"frozen",
            "two charters of one epoch are in force: nothing is exchanged until the members "
            "agree on one; see `bakhita community history`, then `bakhita community settle`"};
  if (!names_member(newest, node.self())) {
    const NodeId proposer{to_array<32>(as_bytes(newest.proposer())).value_or(ByteArray<32>{})};
    return {"removed", "removed at epoch " + std::to_string(newest.epoch()) + ", proposed by " +
                           country_of(proposer, newest, newest)};
  }
  if (community.has_left(node.self()))
    return {"left", "this node left; the steward is to propose its removal"};
  if (!desk::has_secret(desk, community))
    return {"without secret", "no package that came holds a secret that this node can open"};
  if (!community.accepts_newest())
    return {"to be accepted", widens_for(community)
                                  ? "what widens waits for `bakhita community sign`"
                                  : "it applies already, as nothing widens; `bakhita community "
                                    "sign` tells the members that this node agrees"};
  return {"in force", ""};
}

/// Countries of members that the charter names and that have left.
std::vector<std::string> departed(const store::Community& community) {
  std::vector<std::string> out;
  for (const v1::Acceptance& statement : community.last_statements()) {
    if (!statement.leaves()) continue;
    const NodeId node{to_array<32>(as_bytes(statement.node())).value_or(ByteArray<32>{})};
    if (names_member(community.newest, node) && community.has_left(node))
      out.push_back(country_of(node, community.newest, community.newest));
  }
  return out;
}

}  // namespace

admin::v1::CommunityView view_of(Node& node, const store::Community& community) {
  const v1::Charter& charter = community.newest;
  admin::v1::CommunityView out;
  out.set_id(to_hex(community.id.bytes));
  out.set_name(charter.name());
  out.set_epoch(charter.epoch());
  out.set_key_epoch(charter.key_epoch());
  out.set_hash(to_hex(community.charter_hash));
  out.set_steward(to_hex(as_bytes(charter.steward())));
  for (const v1::Member& member : charter.members()) {
    const NodeId id = node_of(member);
    auto* row = out.add_members();
    row->set_country(member.country());
    row->set_node(to_hex(id.bytes));
    row->set_accepted(community.accepted_by(id));
    row->set_left(community.has_left(id));
    row->set_sends(community.may_flow(id, node.self()));
    row->set_receives(community.may_flow(node.self(), id));
  }
  const admin::v1::CharterRules rules = desk::rules_of(charter);
  *out.mutable_purposes() = rules.purposes();
  out.set_highest_tlp(rules.highest_tlp());
  out.set_retention_days(rules.retention_days());
  *out.mutable_identifier_types() = rules.identifier_types();
  *out.mutable_subject_roles() = rules.subject_roles();
  out.set_live_locks_per_origin(rules.live_locks_per_origin());
  *out.mutable_quotas() = rules.quotas();
  *out.mutable_bases() = rules.bases();
  out.set_signatures_needed(required_signatures(charter, charter));
  const State state = state_of(node, node.desk(), community);
  out.set_state(state.name);
  out.set_state_detail(state.detail);
  if (community.accepted.epoch() > 0 && !community.accepts_newest())
    add_differences(community.accepted, charter, *out.mutable_to_accept());
  out.set_signed_charter(std::string(as_text(community.signed_charter)));
  return out;
}

std::vector<std::string> warnings_of(Node& node, const store::Community& community) {
  std::vector<std::string> out;
  const std::string& name = community.newest.name();
  const State state = state_of(node, node.desk(), community);
  const bool was_just_removed =
      state.name == "removed" && node.now() < community.in_force_since + removal_told_for;
  const bool waits = state.name == "to be accepted" && widens_for(community);
  if (state.name == "frozen" || state.name == "without secret" || was_just_removed || waits)
    out.push_back("community " + name + ": " + state.detail);
  if (state.name == "removed" || state.name == "left" || state.name == "frozen") return out;
  for (const std::string& country : departed(community))
    out.push_back("community " + name + ": " + country +
                  " has left, and is named by the charter until one without it is in force; see "
                  "`bakhita community proposals`, else `bakhita community propose`");
  for (const v1::LegalBasis& basis : community.newest.bases())
    if (basis.review_day() != 0 && basis.review_day() < node.now() / 86'400)
      out.push_back("community " + name +
                    ": the review of a legal basis is overdue: " + basis.basis());
  return out;
}

admin::v1::CharterView view_of(const store::Community& before, const CharterPackage& package,
                               const std::string& state) {
  const v1::Charter& charter = package.charter;
  admin::v1::CharterView out;
  out.set_community(charter.name());
  out.set_epoch(charter.epoch());
  out.set_key_epoch(charter.key_epoch());
  out.set_hash(to_hex(package.hash));
  const NodeId proposer{to_array<32>(as_bytes(charter.proposer())).value_or(ByteArray<32>{})};
  out.set_proposer(country_of(proposer, charter, before.newest));
  out.set_proposed_at(time_text(charter.proposed_at()));
  for (const NodeId& signer : package.signers)
    out.add_signed_by(country_of(signer, charter, before.newest));
  out.set_state(state);
  if (before.newest.epoch() > 0) {
    add_differences(before.newest, charter, *out.mutable_differences());
    if (state == "proposed") {
      const auto fault = check_succession(before.newest, before.charter_hash, package);
      if (fault) out.set_waits_for(std::string(describe(*fault)));
      if (fault == CharterFault::too_few_signatures)
        out.set_waits_for("it has " + std::to_string(counted_signatures(before.newest, package)) +
                          " of the " + std::to_string(signatures_needed(before.newest, package)) +
                          " signatures that it needs");
    }
  }
  out.set_signed_charter(std::string(as_text(package.serialise())));
  return out;
}

admin::v1::CharterView view_of_draft(const store::Community& before, const CharterPackage& draft) {
  admin::v1::CharterView out = view_of(before, draft, "proposed");
  out.set_state("draft");
  out.clear_hash();
  out.clear_proposed_at();
  out.clear_signed_by();
  out.clear_signed_charter();
  return out;
}

}  // namespace bakhita::daemon
