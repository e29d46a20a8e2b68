// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"
#include "protocol/community/charter.h"

/// Writing charters: the operator's wishes as a valid charter, with its secret for each member.
namespace bakhita::desk {

/// A charter that cannot be written as wished; the message says why, the help how to mend it.
struct ProposalRefused : std::runtime_error {
  ProposalRefused(const std::string& what, std::string how = {})
      : std::runtime_error(what), help(std::move(how)) {}
  std::string help;
};

/// The first charter of a new community, signed by this node, its steward.
CharterPackage write_first_charter(Desk& desk, ByteView own_card,
                                   const admin::v1::CommunityCreate& wish);
/// The next charter of a community, signed by this node, its proposer.
CharterPackage write_next_charter(Desk& desk, const store::Community& community,
                                  const admin::v1::CommunityPropose& wish);
/// The rules of a charter in the words of the operator.
admin::v1::CharterRules rules_of(const v1::Charter& charter);

/// TLP that a charter has when its founder names none: AMBER+STRICT.
inline constexpr std::uint32_t highest_tlp_default = 4;

}  // namespace bakhita::desk
