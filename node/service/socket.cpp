// SPDX-License-Identifier: EUPL-1.2
#include "node/service/socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "node/service/error.h"

namespace bakhita::service {
namespace {

namespace fs = std::filesystem;

constexpr int waiting_connections_max = 64;

[[noreturn]] void fail(const fs::path& path, const std::string& what, int error) {
  throw ServiceError(path.string() + ": " + what + ": " + std::generic_category().message(error));
}

/// A socket's address holds 107 bytes; longer paths go through a descriptor of their folder.
struct Address {
  sockaddr_un name{};
  Descriptor folder;
};

Address address_of(const fs::path& path) {
  Address address;
  address.name.sun_family = AF_UNIX;
  std::string text = path.string();
  if (text.size() >= sizeof address.name.sun_path) {
    address.folder =
        Descriptor(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    text = "/proc/self/fd/" + std::to_string(address.folder.get()) + "/" + path.filename().string();
  }
  if (text.empty() || text.size() >= sizeof address.name.sun_path)
    throw ServiceError(path.string() + ": no path for a socket");
  std::memcpy(address.name.sun_path, text.data(), text.size());
  return address;
}

const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address.name);
}

Descriptor new_socket(const fs::path& path) {
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) fail(path, "no socket", errno);
  return fd;
}

void prepare_folder(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code error;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    fail(folder, "the folder of the admin socket cannot be made", errno);
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) fail(folder, "the folder of the admin socket", errno);
  const bool others_write = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (others_write && (info.st_mode & S_ISVTX) == 0)
    throw ServiceError(folder.string() + ": others may write to the folder of the admin socket");
}

void remove_stale(const fs::path& path, const Address& address) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return;
    fail(path, "admin socket", errno);
  }
  if (!S_ISSOCK(info.st_mode)) throw ServiceError(path.string() + ": is there and is no socket");
  const Descriptor probe = new_socket(path);
  if (::connect(probe.get(), generic(address), sizeof address.name) == 0)
    throw ServiceError(path.string() + ": another daemon listens there");
  if (errno != ECONNREFUSED) fail(path, "admin socket", errno);
  if (::unlink(path.c_str()) != 0) fail(path, "the stale socket cannot be removed", errno);
}

}  // namespace

Credentials credentials_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    throw ServiceError("the kernel does not say who connects");
  return {credentials.uid, credentials.pid};
}

Descriptor listen_at(const fs::path& path) {
  prepare_folder(path);
  const Address address = address_of(path);
  remove_stale(path, address);
  Descriptor fd = new_socket(path);
  // Linux gives the file the mode of the socket: at no moment can others connect.
  if (::fchmod(fd.get(), 0600) != 0) fail(path, "mode of the admin socket", errno);
  if (::bind(fd.get(), generic(address), sizeof address.name) != 0)
    fail(path, "the admin socket cannot be made", errno);
  if (::listen(fd.get(), waiting_connections_max) != 0) fail(path, "admin socket", errno);
  return fd;
}

Descriptor connect_to(const fs::path& path) {
  const Address address = address_of(path);
  Descriptor fd = new_socket(path);
  if (::connect(fd.get(), generic(address), sizeof address.name) == 0) return fd;
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
    throw NotRunning(path.string() + ": no daemon listens there");
  fail(path, "admin socket", errno);
}

}  // namespace bakhita::service
