// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/desk.h"
#include "node/desk/lookup_queue.h"

/// An old copy of the data folder beside the present keystore. The keys that were replaced since
/// are destroyed, so that a part of what it holds of reports and identifiers is open to nobody.
namespace bakhita::desk {

/// First of all at a start. When the keystore is newer than the database: suspends the head anchor,
/// then deletes what nothing opens any more, audited, and takes the present keys into use. A crash
/// in between is mended by the next start. Throws keys::KeyError, having touched nothing, when the
/// keystore is another node's.
void drop_unreadable(Desk& desk, LookupQueue& queue);

/// At the end of recovery, before live locks are looked for: states of identifiers know of all
/// reports that can be read. Of reports that are gone they keep what shields, until
/// settle_dropped().
void rebuild_states(Desk& desk);

/// What was dropped is imported again, or shall not come back: shields of reports that are gone
/// end, and identifiers that no report names are reviewed (review.h), so that their locks, lookups
/// and matches go. Returns how many identifiers were looked at.
std::size_t settle_dropped(Desk& desk, const std::string& actor);

}  // namespace bakhita::desk
