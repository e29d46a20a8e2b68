// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <variant>

#include "bakhita/v1/frame.pb.h"
#include "node/desk/desk.h"

/// The origin's side of a blind lookup.
namespace bakhita::desk {

using Answer = std::variant<v1::Evaluated, v1::Busy, v1::ProtocolError>;

/// Checks membership, form, key and quota; the quota and the audit record are durable before the
/// evaluation is made. A request id repeated with the same elements is answered again at no charge;
/// elements that are no points are found by the evaluation, and paid for.
Answer answer_lookup(Desk& desk, const NodeId& peer, const v1::Evaluate& request);

/// Grants a peer the onboarding quota of both groups in all shared communities, once.
/// Returns false when it was granted before.
bool release_onboarding(Desk& desk, const NodeId& peer, const std::string& actor);

/// What one peer may ask in a community: as this node is configured, at most the charter's ceiling.
QuotaLimits quota_limits(const Desk& desk, const CommunityId& community, std::uint8_t group);
/// What the peer may still ask, by group, in a community.
QuotaAccount quota_of(const Desk& desk, const NodeId& peer, const CommunityId& community,
                      std::uint8_t group);
/// When the peer last asked in the community, and was answered. Unix seconds; 0: never, as far as
/// this node knows.
std::uint64_t last_asked(const Desk& desk, const NodeId& peer, const CommunityId& community);

}  // namespace bakhita::desk
