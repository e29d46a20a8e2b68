// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/v1/frame.pb.h"
#include "node/store/feeds.h"

/// Ranges of records as the store has them and as frames carry them.
namespace bakhita::exchange {

/// `may_start`: from 0 on a start will do. An own feed is had back whole where it can be.
v1::Want make_want(const FeedId& feed, std::uint64_t from, std::uint64_t to, bool may_start);

v1::Data to_data(const FeedId& feed, const store::Range& range);
/// Error::malformed: hashes that are none.
Result<store::Range> to_range(const v1::Data& data);

}  // namespace bakhita::exchange
