// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/frame.h"

#include "protocol/limits.h"
#include "protocol/session/shape.h"
#include "protocol/session/wire.h"

namespace bakhita::session {
namespace {

/// Consumed bytes in front of a frame that has begun are dropped above this, not at every frame.
constexpr std::size_t consumed_size_max = 64 * 1024;
/// Pieces below this take further frames: small frames share a TLS record.
constexpr std::size_t piece_size_min = 16 * 1024;

}  // namespace

Result<Bytes> encode_frame(const v1::Frame& frame) {
  const std::size_t size = frame.ByteSizeLong();
  if (size > limits::frame_size_max) return Error::too_large;
  Bytes out(frame_prefix_size + size);
  for (std::size_t i = 0; i < frame_prefix_size; ++i)
    out[i] = static_cast<std::uint8_t>(size >> (8 * (frame_prefix_size - 1 - i)));
  frame.SerializeWithCachedSizesToArray(out.data() + frame_prefix_size);
  return out;
}

Result<v1::Frame> decode_frame(ByteView payload) {
  if (payload.size() > limits::frame_size_max) return Error::too_large;
  auto frame = parse<v1::Frame>(payload);
  if (!frame) return frame.error();
  const auto shape = check_shape(*frame);
  if (!shape) return shape.error();
  return frame;
}

void FrameInput::append(ByteView bytes) {
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  } else if (begin_ >= consumed_size_max) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

Result<std::optional<ByteView>> FrameInput::next() {
  const std::size_t size = begun();
  const std::size_t have = buffer_.size() - begin_;
  if (have < frame_prefix_size) return std::optional<ByteView>();
  if (size == frame_prefix_size) return Error::malformed;
  if (size > frame_prefix_size + limits::frame_size_max) return Error::too_large;
  if (have < size) return std::optional<ByteView>();
  const auto payload =
      ByteView(buffer_).subspan(begin_ + frame_prefix_size, size - frame_prefix_size);
  begin_ += size;
  return std::optional<ByteView>(payload);
}

std::size_t FrameInput::begun() const {
  const std::size_t have = buffer_.size() - begin_;
  if (have == 0) return 0;
  if (have < frame_prefix_size) return frame_prefix_size;
  ByteReader prefix(ByteView(buffer_).subspan(begin_, frame_prefix_size));
  return frame_prefix_size + prefix.u32();
}

void FrameInput::release() {
  if (begin_ < buffer_.size()) return;
  buffer_ = Bytes();
  begin_ = 0;
}

Result<void> FrameOutput::push(const v1::Frame& frame) {
  auto encoded = encode_frame(frame);
  if (!encoded) return encoded.error();
  unsent_ += encoded->size();
  if (!waiting_.empty() && waiting_.back().size() < piece_size_min &&
      encoded->size() < piece_size_min)
    waiting_.back().insert(waiting_.back().end(), encoded->begin(), encoded->end());
  else
    waiting_.push_back(std::move(*encoded));
  return {};
}

Bytes FrameOutput::take() {
  Bytes piece = std::move(waiting_.front());
  waiting_.pop_front();
  taken_ = piece.size();
  return piece;
}

void FrameOutput::written() {
  unsent_ -= taken_;
  taken_ = 0;
}

}  // namespace bakhita::session
