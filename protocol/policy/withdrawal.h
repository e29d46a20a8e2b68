// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "bakhita/v1/feed.pb.h"
#include "protocol/policy/decision.h"

/// Which locks must be taken back. Pure. Taking back needs nobody's approval: in doubt, it goes.
namespace bakhita::policy {

/// Why the lock that says `published` must go, if it must: the identifier may not be published any
/// more, its marks became stricter, or the reports no longer say what the lock says. What reports
/// say *more* than the lock waits for the next publication. Neither summary has a ref. `release` is
/// the decision on the identifier's content.
std::optional<v1::WithdrawReason> must_withdraw(RuleId release, const Facts& facts,
                                                const v1::LockSummary& published,
                                                const v1::LockSummary& current);

/// The reason to give for a lock whose identifier is held back by a rule.
v1::WithdrawReason withdraw_reason(RuleId release, const Facts& facts);

}  // namespace bakhita::policy
