// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>

#include "node/desk/desk.h"

/// Whose open records (indicators and advisories) count at this node, and for how long.
namespace bakhita::desk {

/// May this node take over what the feed's origin says to all? The charter lets the feed be held,
/// and nobody proved that its origin signed two.
bool may_read(const Desk& desk, const store::FeedState& feed);

/// The day to which a record counts: what its header says, but no longer than the charter keeps
/// anything after the day that the header gives as that of issue, which is tomorrow at the latest.
std::uint32_t counts_until(const Desk& desk, const store::Community& community,
                           const Header& header);

/// The feeds whose open records are in force: this node's own, and those that it may read of
/// origins whom its operators did not suspend. Each is looked up and judged once: made for one
/// pass over records.
class OpenFeeds {
 public:
  explicit OpenFeeds(const Desk& desk);
  /// By number. Null when it is not known, or not in force.
  const store::FeedState* find(std::uint32_t number);

 private:
  struct Judged {
    store::FeedState state;
    std::optional<bool> is_in_force;
  };
  const Desk& desk_;
  std::map<std::uint32_t, Judged> feeds_;
};

}  // namespace bakhita::desk
