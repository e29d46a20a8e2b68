// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <map>

#include "node/daemon/community_views.h"
#include "node/daemon/exit_code.h"
#include "node/daemon/requests.h"
#include "node/desk/charters.h"
#include "node/desk/proposing.h"
#include "node/store/charters.h"
#include "protocol/community/succession.h"
#include "protocol/community/terms.h"

namespace bakhita::daemon {
namespace {

using admin::v1::Response;

/// Of a hash that decides between two charters.
constexpr std::size_t hash_digits_min = 8;

/// By name, or by a prefix of its id; refused when there is none.
store::Community community_named(Node& node, const std::string& name) {
  std::optional<store::Community> found;
  for (const store::Community& community : node.desk().members.communities()) {
    const bool by_id = name.size() >= 6 && to_hex(community.id.bytes).starts_with(name);
    if (community.newest.name() != name && !by_id) continue;
    if (found)
      throw refuse(ExitCode::conflict, "several communities are called " + name,
                   "name it by its id");
    found = community;
  }
  if (!found)
    throw refuse(ExitCode::not_found, "there is no community " + name,
                 "see `bakhita community show`");
  return *found;
}

CharterPackage written(const std::function<CharterPackage()>& write) {
  try {
    return write();
  } catch (const desk::ProposalRefused& refusal) {
    throw refuse(ExitCode::refused, refusal.what(), refusal.help);
  }
}

Response community_response(Node& node, const CommunityId& id) {
  Response response;
  *response.mutable_community() = view_of(node, *node.desk().members.community(id));
  return response;
}

/// The proposal, or the charter in force, that a prefix of its hash names; without one the only
/// proposal.
CharterPackage package_named(Node& node, const store::Community& community,
                             const std::string& prefix) {
  std::vector<CharterPackage> found;
  for (const Bytes& bytes : store::proposals(node.desk().database, community.id))
    if (auto package = open_package(bytes)) found.push_back(std::move(*package));
  const bool any_proposal = !found.empty();
  if (!any_proposal || !prefix.empty())
    found.push_back(open_package(community.signed_charter).value());
  std::erase_if(found,
                [&](const auto& package) { return !to_hex(package.hash).starts_with(prefix); });
  if (found.size() == 1) return std::move(found.front());
  if (found.empty())
    throw refuse(ExitCode::not_found, "no charter has this hash",
                 "see `bakhita community proposals`");
  throw refuse(
      ExitCode::conflict, "several proposals wait",
      "name one with --hash and its first digits, as `bakhita community proposals` shows them");
}

/// Two charters of one epoch, both signed by enough, freeze a community: nobody signs two unaware.
void refuse_second_signature(Node& node, const store::Community& community, std::uint32_t epoch,
                             const Hash& hash, bool instead) {
  const auto other = desk::signed_otherwise(node.desk(), community, epoch, hash);
  if (other && !instead)
    throw refuse(
        ExitCode::conflict,
        "this node has signed another proposal of epoch " + std::to_string(epoch) + ", " +
            to_hex(*other).substr(0, 16),
        "if that one is given up by all members, repeat with --instead: were both signed by "
        "enough members, the community would be frozen");
}

/// Accepting the charter in force again does not bring back who left under it, or is not in it.
void refuse_without_effect(const Node& node, const store::Community& community) {
  const std::string self(as_text(node.self().bytes)), hash(as_text(community.charter_hash));
  const bool left = std::ranges::any_of(community.acceptances, [&](const v1::Acceptance& said) {
    return said.leaves() && said.node() == self && said.charter_hash() == hash;
  });
  if (left || !names_member(community.newest, node.self()))
    throw refuse(ExitCode::conflict,
                 left ? "this node has left under this charter"
                      : "the charter in force does not name this node",
                 "it comes back with a new charter that members sign, with `--add` of its country");
}

}  // namespace

Response create_community(Node& node, const admin::v1::CommunityCreate& request) {
  for (const store::Community& community : node.desk().members.communities())
    if (community.newest.name() == request.name())
      throw refuse(ExitCode::conflict, "a community is called " + request.name() + " already",
                   "choose another name, or see `bakhita community show " + request.name() + "`");
  const CharterPackage package =
      written([&] { return desk::write_first_charter(node.desk(), node.signed_card(), request); });
  desk::join_under(node.desk(), package, request.operator_());
  node.charter_accepted(package.charter);
  return community_response(node, {to_array<16>(as_bytes(package.charter.community())).value()});
}

Response join_community(Node& node, const admin::v1::CommunityJoin& request) {
  desk::Desk& desk = node.desk();
  const auto package = open_package(as_bytes(request.signed_charter()));
  if (!package)
    throw refuse(ExitCode::not_verified,
                 "the charter is not valid: " + std::string(describe(package.error())));
  const CommunityId id{to_array<16>(as_bytes(package->charter.community())).value()};
  const auto known = desk.members.community(id);
  if (known && known->newest.epoch() >= package->charter.epoch())
    throw refuse(ExitCode::conflict,
                 "this community's charter of epoch " + std::to_string(known->newest.epoch()) +
                     " is known already",
                 "to accept it, use `bakhita community sign`");
  // The next charter is judged by what came before it; one after a gap is taken like a newcomer's.
  if (known && names_member(known->newest, node.self()) &&
      known->newest.epoch() + 1 == package->charter.epoch())
    throw refuse(ExitCode::conflict, "this node is in the community already",
                 "it learns of newer charters from the other members; to sign one, use `bakhita "
                 "community sign`");
  // A newcomer cannot judge the succession, as it does not know the charter before: it trusts the
  // steward that its operator verified.
  const NodeId steward = steward_of(package->charter);
  const auto steward_peer = desk.members.peer(steward);
  const bool is_steward = steward == node.self();  // back after a loss
  if (!is_steward && (!steward_peer || steward_peer->state != store::PeerState::trusted))
    throw refuse(ExitCode::refused, "the charter's steward is not a verified peer of this node",
                 "add its card and verify it first");
  if (!package->is_signed_by(steward))
    throw refuse(ExitCode::not_verified, "the charter's steward did not sign it");
  if (!names_member(package->charter, node.self()))
    throw refuse(ExitCode::refused, "the charter does not name this node as a member");
  if (!desk::join_under(desk, *package, request.operator_()))
    throw refuse(ExitCode::not_verified, "the charter holds no secret that this node can open",
                 "give the steward this node's newest card, and ask for a new charter");
  node.charter_accepted(package->charter);
  return community_response(node, id);
}

Response propose_charter(Node& node, const admin::v1::CommunityPropose& request) {
  desk::Desk& desk = node.desk();
  const store::Community community = community_named(node, request.community());
  if (!names_member(community.newest, node.self()))
    throw refuse(ExitCode::refused, "this node is no member of the community any more");
  if (community.frozen)
    throw refuse(ExitCode::conflict, "the community is frozen by two charters of one epoch",
                 "see `bakhita community settle`");
  const CharterPackage package =
      written([&] { return desk::write_next_charter(desk, community, request); });
  if (differences(community.newest, package.charter).empty())
    throw refuse(ExitCode::usage, "the proposal changes nothing");
  Response response;
  if (request.dry_run()) {
    *response.mutable_charter() = view_of_draft(community, package);
    return response;
  }
  refuse_second_signature(node, community, package.charter.epoch(), package.hash,
                          request.instead());
  const desk::Learning learning =
      desk::learn_charter(desk, package.serialise(), request.operator_());
  if (learning.learned == desk::Learned::nothing)
    throw refuse(ExitCode::refused,
                 learning.fault
                     ? "the proposal is not possible: " + std::string(describe(*learning.fault))
                     : std::string("there are too many proposals already"));
  node.charter_learned(learning);
  const bool in_force = learning.learned == desk::Learned::in_force;
  *response.mutable_charter() = view_of(community, package, in_force ? "in force" : "proposed");
  return response;
}

Response sign_charter(Node& node, const admin::v1::CommunitySign& request) {
  const store::Community community = community_named(node, request.community());
  const CharterPackage package = package_named(node, community, request.hash());
  const bool is_newest = package.hash == community.charter_hash;
  Response response;
  if (request.dry_run()) {
    *response.mutable_charter() = view_of(community, package, is_newest ? "in force" : "proposed");
    return response;
  }
  if (is_newest)
    refuse_without_effect(node, community);
  else
    refuse_second_signature(node, community, package.charter.epoch(), package.hash,
                            request.instead());
  const desk::Learning learning =
      desk::sign_charter(node.desk(), community.id, package.hash, request.operator_());
  node.charter_learned(learning);
  const store::Community after = *node.desk().members.community(community.id);
  const bool in_force = after.charter_hash == package.hash;
  if (in_force) node.charter_accepted(after.newest);
  const CharterPackage now = in_force ? open_package(after.signed_charter).value()
                                      : package_named(node, after, to_hex(package.hash));
  *response.mutable_charter() = view_of(community, now, in_force ? "in force" : "proposed");
  return response;
}

Response show_communities(Node& node, const admin::v1::CommunityShow& request) {
  Response response;
  response.mutable_communities();
  if (!request.name().empty()) {
    *response.mutable_communities()->add_communities() =
        view_of(node, community_named(node, request.name()));
    return response;
  }
  for (const store::Community& community : node.desk().members.communities())
    *response.mutable_communities()->add_communities() = view_of(node, community);
  return response;
}

Response show_history(Node& node, const admin::v1::CommunityHistory& request) {
  const store::Community community = community_named(node, request.name());
  Response response;
  response.mutable_charters();
  std::map<Hash, v1::Charter> known;
  const auto show = [&](const CharterPackage& package, const std::string& state) {
    store::Community before;
    if (const auto hash = to_array<32>(as_bytes(package.charter.previous())))
      if (const auto charter = known.find(*hash); charter != known.end()) {
        before.newest = charter->second;
        before.charter_hash = *hash;
      }
    *response.mutable_charters()->add_charters() = view_of(before, package, state);
  };
  const auto opened = [&](const std::vector<Bytes>& packages) {
    std::vector<CharterPackage> out;
    for (const Bytes& bytes : packages) {
      out.push_back(open_package(bytes).value());
      known.emplace(out.back().hash, out.back().charter);
    }
    return out;
  };
  const auto chain = opened(store::charters(node.desk().database, community.id));
  const auto forks = opened(store::forks(node.desk().database, community.id));
  for (const CharterPackage& package : chain)
    show(package, package.hash == community.charter_hash ? "in force" : "was in force");
  for (const CharterPackage& package : forks) show(package, "fork");
  return response;
}

Response show_proposals(Node& node, const admin::v1::CommunityProposals& request) {
  Response response;
  response.mutable_charters();
  for (const store::Community& community : node.desk().members.communities()) {
    if (!request.name().empty() && community_named(node, request.name()).id != community.id)
      continue;
    for (const Bytes& bytes : store::proposals(node.desk().database, community.id))
      if (const auto package = open_package(bytes))
        *response.mutable_charters()->add_charters() = view_of(community, *package, "proposed");
  }
  return response;
}

Response leave_community(Node& node, const admin::v1::CommunityLeave& request) {
  const store::Community community = community_named(node, request.name());
  if (!community.accepted_by(node.self()))
    throw refuse(ExitCode::conflict, "this node takes no part in " + community.newest.name());
  desk::leave_community(node.desk(), community.id, request.operator_());
  node.charter_accepted(community.newest);
  return community_response(node, community.id);
}

Response settle_community(Node& node, const admin::v1::CommunitySettle& request) {
  const store::Community community = community_named(node, request.name());
  if (request.hash().size() < hash_digits_min)
    throw refuse(ExitCode::usage,
                 "the hash of the charter to keep needs at least its first " +
                     std::to_string(hash_digits_min) + " digits",
                 "see `bakhita community history " + request.name() + "`");
  if (!community.frozen)
    throw refuse(ExitCode::conflict, community.newest.name() + " is not frozen: nothing to settle",
                 "see `bakhita community show`");
  const std::vector<Hash> named = desk::rivals_named(node.desk(), community, request.hash());
  if (named.empty())
    throw refuse(ExitCode::not_found,
                 "none of the charters that freeze the community has this hash",
                 "see `bakhita community history " + request.name() + "`");
  if (named.size() > 1)
    throw refuse(ExitCode::conflict, "the hashes of several charters begin so",
                 "give more digits, as `bakhita --json community history " + request.name() +
                     "` shows them");
  if (!desk::settle_fork(node.desk(), community.id, named.front(), request.operator_()))
    throw refuse(ExitCode::conflict, "the community was settled meanwhile");
  node.charter_accepted(community.newest);
  return community_response(node, community.id);
}

}  // namespace bakhita::daemon
