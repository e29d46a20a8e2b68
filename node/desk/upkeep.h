// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/lookups.h"

namespace bakhita::desk {

/// What time and changed reports demand, without anybody asking. Cheap when nothing is due; called
/// by the work loop after each change and at least once a minute.
///   - locks of identifiers that were erased, shielded or narrowed are taken back (review.h);
///   - once a day, what expired is deleted, at home and of the peers' feeds, and the own feeds'
///   oldest
///     records are ended when they all have (floors.h);
///   - once an hour the newest checkpoint is signed with the time (freshness.h).
void keep_up(Desk& desk, Lookups& lookups);

}  // namespace bakhita::desk
