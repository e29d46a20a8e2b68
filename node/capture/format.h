// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "protocol/bytes.h"

/// Every frame that a node sends and receives, in files for an auditor.
///
///   file  = "bakhita frames 1\n" ‖ entry …
///   entry = u32 size of the content ‖ u64 microseconds since 1970 ‖ u8 direction ‖ u8 form
///           ‖ u64 connection ‖ peer[32] ‖ content
///
/// Integers are big-endian. Connections are counted from 1 in each file.
namespace bakhita::capture {

inline constexpr std::string_view magic = "bakhita frames 1\n";
inline constexpr std::string_view file_suffix = ".frames";
inline constexpr std::size_t entry_head_size = 4 + 8 + 1 + 1 + 8 + 32;

enum class Direction : std::uint8_t { sent = 1, received = 2 };
enum class Form : std::uint8_t {
  frame = 1,   ///< what stands behind the length field of a frame
  remains = 2  ///< bytes as they came that make no frame: cut off, or with a length out of bounds
};

struct Entry {
  std::uint64_t time = 0;  ///< microseconds since 1970
  Direction direction = Direction::sent;
  Form form = Form::frame;
  std::uint64_t connection = 0;
  NodeId peer;
  Bytes content;
};

/// A file or folder that cannot be used, and why; names it.
class CaptureError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace bakhita::capture
