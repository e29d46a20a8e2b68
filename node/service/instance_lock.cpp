// SPDX-License-Identifier: EUPL-1.2
#include "node/service/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace bakhita::service {

InstanceLock::InstanceLock(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "LOCK.bakhita";
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd_ < 0)
    throw std::runtime_error(file.string() + ": cannot be opened: " + std::strerror(errno));
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> pid{};
    const ssize_t size = ::pread(fd_, pid.data(), pid.size() - 1, 0);
    ::close(fd_);
    throw InstanceRunning(folder.string() + " is in use by the process with pid " +
                          (size > 0 ? pid.data() : "unknown") + "; stop it first");
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd_, 0) != 0 ||
      ::pwrite(fd_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    ::close(fd_);
    throw std::runtime_error(file.string() + ": cannot be written: " + std::strerror(errno));
  }
}

InstanceLock::~InstanceLock() { ::close(fd_); }

}  // namespace bakhita::service
