// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/desk.h"

/// Own feeds begin later as they grow old, for members that join then.
namespace bakhita::desk {

/// Ended records that a floor must spare a new member: for fewer, the whole feed is as good.
inline constexpr std::uint64_t floor_step = 1'024;

/// Ends, in each own feed, the oldest records that live no longer, when there are enough of them:
/// keys and quotas are said again, and a floor is published (floor.h). What the policy lets publish
/// nothing has no floor. Returns how many were published.
std::size_t raise_floors(Desk& desk);

}  // namespace bakhita::desk
