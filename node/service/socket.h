// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <utility>

namespace bakhita::service {

/// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// Who is at the other end of a local socket, as the kernel says.
struct Credentials {
  uid_t uid = 0;
  pid_t pid = 0;
};
Credentials credentials_of(int socket);

/// A listening socket of mode 0600. Makes its folder (0700) if it is missing; takes the place of a
/// stale socket file. Throws ServiceError when somebody listens there, when the file is no socket,
/// or when others could swap it because they may write to the folder.
Descriptor listen_at(const std::filesystem::path& path);

/// Throws NotRunning when nobody listens, ServiceError when the socket may not be used.
Descriptor connect_to(const std::filesystem::path& path);

}  // namespace bakhita::service
