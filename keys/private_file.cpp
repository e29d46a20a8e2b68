// SPDX-License-Identifier: EUPL-1.2
#include "keys/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bakhita::keys {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const std::string& why) {
  throw FileError(file.string() + ": " + why);
}
[[noreturn]] void fail_errno(const fs::path& file, const std::string& what) {
  fail(file, what + ": " + std::strerror(errno));
}

void check_permissions(const fs::path& file, const struct stat& info, Giver giver) {
  if (!S_ISREG(info.st_mode)) fail(file, "is not a regular file");
  if (giver == Giver::root && info.st_uid == 0) {
    if ((info.st_mode & 037) != 0) fail(file, "others than the node's user may read or change it");
    return;
  }
  if (info.st_uid != ::geteuid()) fail(file, "belongs to another user; chown it to the node's");
  if ((info.st_mode & 077) != 0) fail(file, "others may read it; run: chmod 600 " + file.string());
}

void write_all(int fd, ByteView content, const fs::path& file) {
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail_errno(file, "cannot be written");
    content = content.subspan(static_cast<std::size_t>(count));
  }
}

void sync(int fd, const fs::path& file) {
  if (::fsync(fd) != 0) fail_errno(file, "cannot be synced");
}

void sync_folder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const Descriptor fd(::open(folder.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) fail_errno(folder, "cannot be synced");
}

}  // namespace

bool private_file_exists(const fs::path& file) {
  std::error_code unknown;
  return fs::symlink_status(file, unknown).type() != fs::file_type::not_found;
}

Bytes read_private_file(const fs::path& file, std::size_t size_max, Giver giver) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    if (errno == ELOOP) fail(file, "is a symbolic link; name the file itself");
    fail_errno(file, "cannot be opened");
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail_errno(file, "cannot be examined");
  check_permissions(file, info, giver);
  if (info.st_size < 0 || static_cast<std::uint64_t>(info.st_size) > size_max)
    fail(file, "is larger than " + std::to_string(size_max) + " bytes");
  Bytes out(static_cast<std::size_t>(info.st_size));
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = ::read(fd.get(), out.data() + done, out.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_errno(file, "cannot be read");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  out.resize(done);
  return out;
}

void create_private_file(const fs::path& file, ByteView content) {
  const Descriptor fd(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) fail_errno(file, "cannot be made");
  write_all(fd.get(), content, file);
  sync(fd.get(), file);
  sync_folder(file);
}

void replace_private_file(const fs::path& file, ByteView content) {
  const fs::path temporary = file.string() + ".new";
  ::unlink(temporary.c_str());  // left behind by a crash; never read
  {
    const Descriptor fd(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) fail_errno(temporary, "cannot be made");
    write_all(fd.get(), content, temporary);
    sync(fd.get(), temporary);
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) fail_errno(file, "cannot be replaced");
  sync_folder(file);
}

NewPrivateFile::NewPrivateFile(fs::path file) : file_(std::move(file)) {
  std::string name = file_.string() + ".XXXXXX";
  fd_ = Descriptor(::mkostemp(name.data(), O_CLOEXEC));  // exclusive, mode 0600
  if (!fd_) fail_errno(file_, "cannot be made");
  part_ = name;
}

NewPrivateFile::~NewPrivateFile() {
  if (!part_.empty()) ::unlink(part_.c_str());
}

void NewPrivateFile::write(ByteView content) { write_all(fd_.get(), content, file_); }

void NewPrivateFile::keep() {
  sync(fd_.get(), file_);
  if (::link(part_.c_str(), file_.c_str()) != 0) fail_errno(file_, "cannot be made");
  ::unlink(part_.c_str());
  part_.clear();
  sync_folder(file_);
}

}  // namespace bakhita::keys
