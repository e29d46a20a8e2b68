// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <deque>
#include <optional>

#include "bakhita/v1/frame.pb.h"
#include "protocol/bytes.h"
#include "protocol/error.h"

/// u32 length ‖ Frame: cutting a stream into frames, and making one of frames.
namespace bakhita::session {

inline constexpr std::size_t frame_prefix_size = 4;

/// Length and payload. Refuses a frame over limits::frame_size_max.
Result<Bytes> encode_frame(const v1::Frame& frame);
/// A payload: walked, parsed, every field's size checked. A frame without a body that this version
/// knows is a valid frame with BODY_NOT_SET.
Result<v1::Frame> decode_frame(ByteView payload);

/// Cuts what arrives into payloads. Memory grows with the bytes that arrived, not with the length
/// that was announced; a length over the limit is refused before its first byte is kept.
///   input.append(bytes); while (auto payload = input.next()) …
class FrameInput {
 public:
  /// Ends the life of payloads.
  void append(ByteView bytes);
  /// The next whole payload, nothing when more bytes are needed, or an error from the prefix alone.
  Result<std::optional<ByteView>> next();
  /// Size of the frame that has begun, its prefix counted; 0 between frames.
  std::size_t begun() const;
  /// Gives memory back when there is nothing to keep.
  void release();

 private:
  Bytes buffer_;
  std::size_t begin_ = 0;  ///< ≤ buffer_.size()
};

/// Frames that wait to be written, joined into larger pieces.
class FrameOutput {
 public:
  /// Fails only on a frame over the limit.
  Result<void> push(const v1::Frame& frame);
  bool empty() const { return waiting_.empty(); }
  /// The next piece to write; not empty() before.
  Bytes take();
  /// The piece taken last is written.
  void written();
  /// Bytes waiting or being written.
  std::size_t unsent() const { return unsent_; }

 private:
  std::deque<Bytes> waiting_;
  std::size_t taken_ = 0;
  std::size_t unsent_ = 0;
};

}  // namespace bakhita::session
