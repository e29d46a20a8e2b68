// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>

#include "bakhita/v1/feed.pb.h"
#include "protocol/feed/checkpoint.h"
#include "protocol/feed/record.h"

/// Generations: an origin that lost its feed for good, or signed two, ends it and begins another
/// (exchange: feed, kind 8). The first record of each generation but the first says where the one
/// before ended, signed by the identity key: a thief of the log key cannot begin one.
namespace bakhita {

/// Signs by the identity key.
using IdentitySign = std::function<Signature(ByteView message)>;

/// Ends `feed` at `size`: the statement, to be the first record's body of the next generation.
v1::Close make_close(const FeedId& feed, std::uint64_t size, const IdentitySign& sign);

/// The feed that `first`, the first record of `feed`, ends, and its size. Error::bad_signature,
/// Error::malformed: it is no valid close of the generation before.
struct Ended {
  FeedId feed;
  std::uint64_t size = 0;
};
Result<Ended> open_close(const FeedId& feed, const Header& header, ByteView body,
                         const SignatureCheck& check = verify_ed25519);

}  // namespace bakhita
