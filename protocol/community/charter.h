// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/community/card.h"

/// Charters: the rules of a community at an epoch, signed by its steward and accepted by each
/// member.
namespace bakhita {

inline constexpr std::size_t charter_size_max = 1 << 20;
inline constexpr int charter_members_max = 500;

/// Signs the charter's bytes as its steward; secrets are added by the caller, one sealed to each
/// member.
v1::SignedCharter make_charter(const v1::Charter& charter, const Sign& steward_sign);
/// Parses strictly and verifies the steward's signature. Members are distinct and include the
/// steward.
Result<v1::Charter> open_charter(const v1::SignedCharter& signed_charter);
Hash charter_hash(const v1::SignedCharter& signed_charter);
bool names_member(const v1::Charter& charter, const NodeId& node);

v1::Acceptance make_acceptance(const Hash& charter, const NodeId& node, const Sign& sign);
/// The node named in it signed it by its identity key.
bool is_valid(const v1::Acceptance& acceptance);

}  // namespace bakhita
