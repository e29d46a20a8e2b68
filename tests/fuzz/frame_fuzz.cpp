// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a stream of frames: cut the same in whatever pieces they come; memory stays bounded;
// what decodes encodes again.
#include <cstdlib>

#include "protocol/limits.h"
#include "protocol/session/frame.h"

namespace {

using bakhita::ByteView;

/// Sizes of the payloads, and whether the stream ended in an error.
std::vector<std::size_t> cut(ByteView stream, std::size_t piece) {
  bakhita::session::FrameInput input;
  std::vector<std::size_t> sizes;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    input.append(stream.subspan(at, std::min(piece, stream.size() - at)));
    while (true) {
      const auto payload = input.next();
      if (!payload) {
        sizes.push_back(0);
        return sizes;
      }
      if (!*payload) break;
      sizes.push_back((*payload)->size());
    }
  }
  return sizes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (cut(bytes, 1) != cut(bytes, 7) || cut(bytes, 7) != cut(bytes, size + 1)) std::abort();
  const auto frame = bakhita::session::decode_frame(bytes);
  if (!frame) return 0;
  if (frame->SpaceUsedLong() > 64 * bakhita::limits::message_fields_max * 4) std::abort();
  const auto encoded = bakhita::session::encode_frame(*frame);
  if (!encoded) return 0;  // unknown fields may grow beyond the limit
  const auto again = bakhita::session::decode_frame(
      ByteView(*encoded).subspan(bakhita::session::frame_prefix_size));
  if (!again || again->SerializeAsString() != frame->SerializeAsString()) std::abort();
  return 0;
}
