// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/desk.h"
#include "protocol/feed/lock.h"
#include "protocol/policy/question.h"

/// What publishing and lookups both read off an identifier's state, and the keys both use.
namespace bakhita::desk {

policy::Facts facts_of(const storage::v1::IdentifierState& state);
/// The strictest marks of the releasable sightings.
policy::Marks marks_of(const storage::v1::IdentifierState& state);
/// May it be looked up at others? As for publishing, but for the marks: a question tells nothing.
bool may_look_up(const storage::v1::IdentifierState& state);
/// The summary of all releasable sightings, at the strictest marks; without ref.
v1::LockSummary summarise(const Desk& desk, const storage::v1::IdentifierState& state);

Scope scope_of(const store::Community& community, const NodeId& origin, std::uint8_t group);
/// The origin's feed of the newest generation that is known.
FeedId feed_of(const Desk& desk, const store::Community& community, const NodeId& origin);
ByteArray<32> community_secret(const Desk& desk, const CommunityId& community,
                               std::uint32_t key_epoch);
/// False when the charter came without a secret that this node could open: then nothing is
/// published or looked up until a member hands over one that it can.
bool has_secret(const Desk& desk, const store::Community& community);
/// Makes this node's OPRF seed of the community's key epoch if there is none yet.
void ensure_oprf_seed(Desk& desk, const store::Community& community);
voprf::KeyPair own_oprf_key(const Desk& desk, const store::Community& community,
                            std::uint8_t group);

}  // namespace bakhita::desk
