// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/desk.h"
#include "protocol/feed/record.h"

/// What an own feed says before anybody can ask: the evaluation keys of the key epoch, which
/// lookups prove against, and the quotas, by which peers pace themselves.
namespace bakhita::desk {

/// Names our feed the keys in force, and tells it the quotas?
bool is_introduced(const Desk& desk, const store::Community& community, const FeedId& feed);
/// Is besides all that is published up to date under the charter in force?
bool is_renewed(const Desk& desk, const store::Community& community, const FeedId& feed);
/// Notes with a batch that the feed names the keys; `whole`: that all published is up to date.
void note_keys(const store::Community& community, const FeedId& feed, bool whole,
               store::Batch& batch);

/// Adds what the feed does not say yet.
void introduce(Desk& desk, const store::Community& community, const FeedId& feed,
               std::vector<Record>& records, store::Batch& extra);
/// Adds what it says already, for those who will not read that far back.
void introduce_again(Desk& desk, const store::Community& community, std::vector<Record>& records);

}  // namespace bakhita::desk
