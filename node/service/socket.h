// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "keys/descriptor.h"

namespace bakhita::service {

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
