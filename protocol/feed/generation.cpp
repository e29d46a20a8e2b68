// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/generation.h"

namespace bakhita {
namespace {

/// Size, generation, signature, and no more: it travels in one frame with records.
constexpr std::size_t close_size_max = 128;

Bytes signed_bytes(const FeedId& feed, std::uint64_t size) {
  return ByteWriter()
      .text("bakhita/1/close")
      .prefixed(feed.community.bytes)
      .prefixed(feed.origin.bytes)
      .u32(feed.generation)
      .u64(size)
      .take();
}

}  // namespace

v1::Close make_close(const FeedId& feed, std::uint64_t size, const IdentitySign& sign) {
  v1::Close out;
  out.set_size(size);
  out.set_generation(feed.generation);
  out.set_signature(std::string(as_text(sign(signed_bytes(feed, size)))));
  return out;
}

Result<Ended> open_close(const FeedId& feed, const Header& header, ByteView body,
                         const SignatureCheck& check) {
  v1::Close close;
  if (header.kind != RecordKind::close || feed.generation < 2 || body.size() > close_size_max ||
      !close.ParseFromArray(body.data(), static_cast<int>(body.size())) ||
      close.generation() != feed.generation - 1)
    return Error::malformed;
  const FeedId ended{feed.community, feed.origin, close.generation()};
  const auto signature = to_array<64>(as_bytes(close.signature()));
  if (!signature || !check(signed_bytes(ended, close.size()), *signature, feed.origin.bytes))
    return Error::bad_signature;
  return Ended{ended, close.size()};
}

}  // namespace bakhita
