// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <set>
#include <span>

#include "node/desk/desk.h"
#include "protocol/feed/lock.h"
#include "protocol/voprf/voprf.h"

/// Which of an own feed's locks stand for which identifier. Normally the identifier's state says
/// it; after a loss the feed itself is asked, with the node's own evaluation key.
namespace bakhita::desk {

/// The locks of an own feed that are neither withdrawn nor expired, by token. Where a lock replaced
/// another, the newest stands.
class PublishedLocks {
 public:
  PublishedLocks(const Desk& desk, const FeedId& feed);
  /// The last day on which any of them lives; 0 when there is none.
  std::uint32_t last_expiry() const { return last_expiry_; }
  /// The identifier's live lock, if the feed has one that opens.
  std::optional<storage::v1::LiveLock> find(const Desk& desk, IdentifierType type,
                                            const std::string& canonical) const;

 private:
  std::optional<storage::v1::LiveLock> find_open(const Desk& desk, IdentifierType type,
                                                 const std::string& canonical) const;
  storage::v1::LiveLock live_as(std::uint64_t index, std::uint32_t expiry_day,
                                v1::LockSummary summary) const;

  FeedId feed_;
  std::map<Token, std::uint64_t> tokens_;  ///< of open indicators, too
  std::uint32_t last_expiry_ = 0;
  std::set<std::pair<std::uint32_t, std::uint32_t>> scopes_;  ///< epoch, period
};

/// Rewrites the live locks of all identifiers as the own feeds have them: an older database knows
/// of locks that were withdrawn since, and does not know those that came. Until the last of these
/// locks has expired, identifiers that come later claim theirs.
void find_live_locks(Desk& desk);

/// After a recovery: gives identifiers without a live lock the one that only the own feed knows of,
/// as their reports were lost and have come again. The caller holds identifiers.exclusive().
void claim_locks(Desk& desk, const store::Community& community);
/// The same for some states that are not written yet, in all communities.
void claim_locks(const Desk& desk, std::span<storage::v1::IdentifierState* const> identifiers);

/// Ends this for communities where no lock of before the recovery lives any more.
void forget_recovered(Desk& desk);

}  // namespace bakhita::desk
