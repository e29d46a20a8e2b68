// SPDX-License-Identifier: EUPL-1.2
#include "node/service/frame.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "node/service/error.h"
#include "protocol/bytes.h"

namespace bakhita::service {
namespace {

constexpr std::size_t length_size = 4;

/// Bytes read: `size`, or fewer when the stream ended.
std::size_t read_up_to(int socket, char* out, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::recv(socket, out + done, size - done, 0);
    if (count == 0) break;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw ServiceError("admin socket: " + std::generic_category().message(errno));
    done += static_cast<std::size_t>(count);
  }
  return done;
}

}  // namespace

std::string make_frame(std::string_view message) {
  if (message.size() > frame_size_max) throw ServiceError("message over the limit of 16 MiB");
  ByteWriter length;
  length.u32(static_cast<std::uint32_t>(message.size()));
  std::string frame(as_text(length.view()));
  frame += message;
  return frame;
}

std::optional<std::string> read_frame(int socket) {
  char length[length_size];
  const std::size_t got = read_up_to(socket, length, length_size);
  if (got == 0) return std::nullopt;
  const std::size_t size = ByteReader(as_bytes({length, got})).u32();
  if (got < length_size) throw ServiceError("admin socket: frame cut short");
  if (size > frame_size_max) throw ServiceError("admin socket: frame over the limit of 16 MiB");
  std::string message(size, '\0');
  if (read_up_to(socket, message.data(), size) < size)
    throw ServiceError("admin socket: frame cut short");
  return message;
}

void write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw ServiceError("admin socket: " + std::generic_category().message(errno));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace bakhita::service
