// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <stdexcept>

namespace bakhita::service {

/// Another process holds the folder; names its pid.
class InstanceRunning : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One process at a time works on a node's folder: the daemon, or an offline command.
class InstanceLock {
 public:
  /// Throws InstanceRunning, or std::runtime_error when the lock file cannot be made.
  explicit InstanceLock(const std::filesystem::path& folder);
  ~InstanceLock();
  InstanceLock(const InstanceLock&) = delete;
  InstanceLock& operator=(const InstanceLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace bakhita::service
