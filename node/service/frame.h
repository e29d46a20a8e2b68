// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Frames of the admin socket: u32 length (big-endian) ‖ message.
namespace bakhita::service {

/// A report page, a charter, a batch of rows: all are smaller. Bounds what a length field can
/// claim.
inline constexpr std::size_t frame_size_max = 16u << 20;

/// Length field and message. Throws ServiceError when it is over the limit.
std::string make_frame(std::string_view message);

/// Reads one frame from a blocking socket; nothing at the end of the stream between two frames.
/// Throws ServiceError for an oversized or broken frame.
std::optional<std::string> read_frame(int socket);

/// Writes all of it to a blocking socket. Throws ServiceError when the other side is gone.
void write_all(int socket, std::string_view bytes);

}  // namespace bakhita::service
