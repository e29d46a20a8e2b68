// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "node/desk/desk.h"
#include "protocol/community/charter.h"
#include "protocol/session/effects.h"

/// How this node comes to know, accept and leave charters. What it learns is durable before it is
/// used, and it never goes back to an older charter. All take Desk::governing themselves.
namespace bakhita::desk {

/// What became of a package that a member or an operator brought.
enum class Learned : std::uint8_t {
  nothing,   ///< not of a community of ours, or known already
  more,      ///< signatures or secrets of a known charter that were missing
  proposed,  ///< a proposal, or more signatures under one
  in_force,  ///< a newer charter, used from here on
  fork,      ///< two charters of one epoch are in force: the community is frozen
};

struct Learning {
  Learned learned = Learned::nothing;
  /// Why the package is not in force: its own fault, or what a proposal waits for.
  std::optional<CharterFault> fault;
  /// Community and epoch of a package that is in force, also when nothing was learned: so far its
  /// bearer is.
  std::optional<std::pair<CommunityId, std::uint32_t>> seen;
};

/// Takes a package of a community that this node is or was in.
Learning learn_charter(Desk& desk, ByteView package, const std::string& actor);
/// Takes the first package of a community; the caller has checked who brought it. False when this
/// node cannot open its secret.
bool join_under(Desk& desk, const CharterPackage& package, const std::string& actor);

/// Adds this node's signature to the charter in force (accepts it) or to a proposal of that hash.
Learning sign_charter(Desk& desk, const CommunityId& community, const Hash& hash,
                      const std::string& actor);
/// Another proposal of the same epoch that this node signed, if any.
std::optional<Hash> signed_otherwise(const Desk& desk, const store::Community& community,
                                     std::uint32_t epoch, const Hash& hash);
/// This node takes no part any more, from here on; its notice goes to the members.
void leave_community(Desk& desk, const CommunityId& community, const std::string& actor);
/// The charter in force and those that contradict it, whose hash begins so (hexadecimal).
std::vector<Hash> rivals_named(const Desk& desk, const store::Community& community,
                               std::string_view beginning);
/// Goes on under one of the charters of a fork. False when there is none of that hash.
bool settle_fork(Desk& desk, const CommunityId& community, const Hash& hash,
                 const std::string& actor);

/// Every charter that is in force, was, or is proposed, whose hash begins so; of the community of
/// that name or id, or of all.
std::vector<CharterPackage> charters_named(const Desk& desk, const std::string& community,
                                           const std::string& hash);

/// What goes to a member that is known to hold the charter of `their_epoch`: those after it, else
/// the newest alone, and proposals. A node that was removed gets them up to the one that removed
/// it.
std::vector<session::CharterNews> packages_for(
    const Desk& desk, const NodeId& peer, const std::map<CommunityId, std::uint32_t>& their_epochs);

}  // namespace bakhita::desk
