// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/v1/frame.pb.h"
#include "protocol/bytes.h"
#include "protocol/error.h"

namespace bakhita::session {

/// Checks the size of every field, so that later code may rely on them: ids, hashes and signatures
/// have their exact length, texts and lists are bounded, ranges are not empty.
Result<void> check_shape(const v1::Frame& frame);

/// The feed that a message of checked shape names.
template <class Message>
FeedId feed_of(const Message& message) {
  FeedId feed;
  std::memcpy(feed.community.bytes.data(), message.community().data(), feed.community.bytes.size());
  std::memcpy(feed.origin.bytes.data(), message.origin().data(), feed.origin.bytes.size());
  feed.generation = message.generation();
  return feed;
}

/// Names `feed` in a message.
template <class Message>
void set_feed(Message& message, const FeedId& feed) {
  message.set_community(feed.community.bytes.data(), feed.community.bytes.size());
  message.set_origin(feed.origin.bytes.data(), feed.origin.bytes.size());
  message.set_generation(feed.generation);
}

/// Records in a Data message of checked shape: at least one.
std::uint64_t records_in(const v1::Data& data);

}  // namespace bakhita::session
