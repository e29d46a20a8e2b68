// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/desk.h"

/// Writing to this node's own feeds.
namespace bakhita::desk {

/// A later generation begins with the end of the one before: its first record, whatever follows.
void add_close(Desk& desk, const FeedId& feed, std::vector<Record>& records);

/// Appends and signs; `batch`, and the deletion of the bodies that are `gone`, become durable with
/// the records. Returns the feed after it.
store::FeedState append_own(Desk& desk, const FeedId& feed, std::span<const Record> records,
                            store::Batch batch, const store::Feeds::Withdrawn& gone = {});

}  // namespace bakhita::desk
