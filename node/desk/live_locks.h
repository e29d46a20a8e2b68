// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <set>

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
  bool empty() const { return tokens_.empty(); }
  /// The identifier's live lock, if the feed has one that opens.
  std::optional<storage::v1::LiveLock> find(const Desk& desk, IdentifierType type,
                                            const std::string& canonical) const;

 private:
  FeedId feed_;
  std::map<Token, std::uint64_t> tokens_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> scopes_;  ///< epoch, period
};

/// Table::meta: the community's own feed was had back from peers, so it may hold locks that no
/// identifier's state knows of: of reports that are imported again later.
Bytes recovered_key(const CommunityId& community);

/// Rewrites the live locks of all identifiers as the own feeds have them: an older database knows
/// of locks that were withdrawn since, and does not know those that came.
void find_live_locks(Desk& desk);

}  // namespace bakhita::desk
