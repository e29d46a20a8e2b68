// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/desk.h"
#include "protocol/feed/record.h"
#include "protocol/policy/rules.h"

/// Taking published locks back.
namespace bakhita::desk {

struct Withdrawal {
  std::uint64_t index = 0;  ///< of the lock
  v1::WithdrawReason reason = v1::WITHDRAW_REASON_UNSPECIFIED;
  std::uint32_t generation = 1;   ///< of the feed that the lock is in
  bool final = false;             ///< members refuse the same token again
  std::uint32_t done_by_day = 0;  ///< 0: in withdrawal_days
  std::string cause;  ///< said at home only; empty: it hides others, or comes again at once
};
/// As it stands in the audit trail.
std::string reason_name(v1::WithdrawReason reason);
/// The cause of a withdrawal whose identifier is in this state.
std::string cause_of(const storage::v1::IdentifierState& state, v1::WithdrawReason reason);
/// Days that members have to delete what was withdrawn, when nobody says otherwise.
inline constexpr std::uint32_t withdrawal_days = 30;
/// The withdrawal of an identifier's lock, as the order that holds it back wants it.
Withdrawal take_back(const storage::v1::IdentifierState& state, const storage::v1::LiveLock& lock,
                     v1::WithdrawReason reason);

/// Why the identifier's lock must go, if it must (policy/withdrawal.h): `decided` on its content
/// now, or no person wants it to be readable by members any more.
std::optional<v1::WithdrawReason> due_reason(const Desk& desk, policy::RuleId decided,
                                             const storage::v1::IdentifierState& state,
                                             const storage::v1::LiveLock& lock);

/// Seconds-since-1970 as the protocol counts time.
struct Today {
  std::uint32_t hour = 0, day = 0, period = 0;
};
Today today(const Desk& desk);

/// One record for each withdrawal, to be appended to `feed` from record `first` on; sorted by
/// index: the order says nothing. What is kept of them goes with the batch.
std::vector<Record> make_withdrawals(Desk& desk, const FeedId& feed,
                                     std::vector<Withdrawal> withdrawals, std::uint64_t first,
                                     store::Batch& batch);

/// The lock that stands for the identifier in a community.
storage::v1::LiveLock* live_lock(storage::v1::IdentifierState& state, const CommunityId& community);
void forget_lock(storage::v1::IdentifierState& state, const CommunityId& community);

/// Notes that an own record is a dummy: later it hides a withdrawal.
void note_dummy(store::Batch& batch, const FeedId& feed, std::uint64_t index,
                std::uint32_t expiry_day);

using ChangedState = std::pair<store::IdentifierHash, storage::v1::IdentifierState>;
/// Takes back, in one community, every lock of these identifiers that must go: bodies and records
/// in one commit, filled up with dummies' to a multiple of eight. The states lose their locks. The
/// caller holds Identifiers::exclusive(). Returns how many locks went.
std::size_t withdraw_due(Desk& desk, const store::Community& community,
                         std::vector<ChangedState>& states, const std::string& actor);

/// Own locks that expired, and dummies, are forgotten; returns how many locks.
std::size_t forget_expired_locks(Desk& desk);

}  // namespace bakhita::desk
