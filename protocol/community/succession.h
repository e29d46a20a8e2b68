// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/community/charter.h"

/// When a charter follows another. Pure and total: every node comes to the same answer.
///
///   by the steward      signed by the steward in force, by its proposer, and by as many members
///                       that stay as required_signatures() says
///   by loss             the steward in force did not sign: then two thirds of the members must
///                       have, with the new steward among them, and nothing else may change but
///                       that the lost steward is removed
namespace bakhita {

/// Of the members in force that stay, steward and proposer counted; the charter's threshold, or
/// more than half of all. A member that goes is not asked, but a minority can never remove a
/// majority.
std::uint32_t required_signatures(const v1::Charter& previous, const v1::Charter& next);
/// For a successor that the steward did not sign: two thirds, rounded up.
std::uint32_t required_without_steward(const v1::Charter& previous);
/// What `next` needs, by whether the steward in force signed it.
std::uint32_t signatures_needed(const v1::Charter& previous, const CharterPackage& next);
/// Members in force that stay and signed.
std::uint32_t counted_signatures(const v1::Charter& previous, const CharterPackage& next);

/// All but the signatures: what a proposal must fulfil.
std::optional<CharterFault> check_contents(const v1::Charter& previous, const Hash& previous_hash,
                                           const v1::Charter& next);
/// Nothing when `next` is in force after `previous`, else the first reason why not.
std::optional<CharterFault> check_succession(const v1::Charter& previous, const Hash& previous_hash,
                                             const CharterPackage& next);
/// A first charter is in force when its steward signed it.
std::optional<CharterFault> check_founding(const CharterPackage& first);

}  // namespace bakhita
