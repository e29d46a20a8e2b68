// SPDX-License-Identifier: EUPL-1.2
#include "node/capture/writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "protocol/limits.h"
#include "protocol/session/frame.h"

namespace bakhita::capture {
namespace {

namespace fs = std::filesystem;

std::uint64_t microseconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

std::string last_error() { return std::strerror(errno); }

/// Frames tell who talks with whom, and when: for the node's own user only.
void make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    throw CaptureError(folder.string() + ": cannot be made: " + last_error());
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    throw CaptureError(folder.string() + ": is no folder");
  if (info.st_uid != ::geteuid() || (info.st_mode & 077) != 0)
    throw CaptureError(folder.string() + ": must belong to the node's user alone; run: chmod 700 " +
                       folder.string());
}

std::uint64_t size_of_captures(const fs::path& folder) {
  std::uint64_t size = 0;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == file_suffix) size += entry.file_size();
  return size;
}

Bytes head_of(std::uint64_t time, Direction direction, Form form, std::uint64_t connection,
              const NodeId& peer, std::size_t content_size) {
  return ByteWriter()
      .u32(static_cast<std::uint32_t>(content_size))
      .u64(time)
      .u8(static_cast<std::uint8_t>(direction))
      .u8(static_cast<std::uint8_t>(form))
      .u64(connection)
      .raw(peer.bytes)
      .take();
}

/// All of both, or false with errno.
bool write_whole(int file, ByteView first, ByteView second) {
  while (!first.empty() || !second.empty()) {
    const iovec parts[] = {{const_cast<std::uint8_t*>(first.data()), first.size()},
                           {const_cast<std::uint8_t*>(second.data()), second.size()}};
    const ssize_t count = ::writev(file, parts, 2);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    const auto done = static_cast<std::size_t>(count);
    const std::size_t of_first = std::min(done, first.size());
    first = first.subspan(of_first);
    second = second.subspan(done - of_first);
  }
  return true;
}

}  // namespace

Writer::Writer(const fs::path& folder, std::uint64_t limit,
               std::function<void(const std::string& why)> on_stop)
    : on_stop_(std::move(on_stop)) {
  make_folder(folder);
  state_.limit = limit;
  state_.bytes = size_of_captures(folder) + magic.size();
  if (state_.bytes >= limit)
    throw CaptureError(folder.string() +
                       ": the captures in it have reached the limit; move them away, or raise it");
  state_.file = folder / (std::to_string(microseconds_now()) + std::string(file_suffix));
  file_ = ::open(state_.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file_ < 0 || !write_whole(file_, as_bytes(magic), {}))
    throw CaptureError(state_.file.string() + ": cannot be written: " + last_error());
  file_size_ = static_cast<std::int64_t>(magic.size());
}

Writer::~Writer() {
  if (file_ >= 0) ::close(file_);
}

std::uint64_t Writer::next_connection() {
  const std::lock_guard lock(mutex_);
  return ++connections_;
}

void Writer::add(Direction direction, Form form, std::uint64_t connection, const NodeId& peer,
                 ByteView content) {
  const std::lock_guard lock(mutex_);
  if (!state_.stopped.empty()) return;
  const std::size_t size = entry_head_size + content.size();
  if (state_.bytes + size > state_.limit)
    return stop("the limit of " + std::to_string(state_.limit) + " bytes is reached");
  const Bytes head = head_of(microseconds_now(), direction, form, connection, peer, content.size());
  if (!write_whole(file_, head, content)) return stop(last_error());
  file_size_ += static_cast<std::int64_t>(size);
  state_.bytes += size;
  ++state_.frames;
}

State Writer::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

/// A frame that was written in part is cut off, so that the file can be read to its end.
void Writer::stop(const std::string& why) {
  state_.stopped = why;
  if (::ftruncate(file_, file_size_) != 0) state_.stopped += "; the last entry is cut short";
  if (on_stop_) on_stop_(state_.stopped);
}

Tap::Tap(Writer& writer, const NodeId& peer)
    : writer_(writer), peer_(peer), connection_(writer.next_connection()) {}

Tap::~Tap() {
  for (const Stream* stream : {&sent_, &received_})
    if (!stream->begun.empty()) write(*stream, Form::remains, stream->begun);
}

void Tap::cut(Stream& stream, ByteView bytes) {
  stream.begun.insert(stream.begun.end(), bytes.begin(), bytes.end());
  ByteView rest(stream.begun);
  while (!stream.broken && rest.size() >= session::frame_prefix_size) {
    const std::size_t size = ByteReader(rest).u32();
    stream.broken = size == 0 || size > limits::frame_size_max;
    if (stream.broken || rest.size() - session::frame_prefix_size < size) break;
    write(stream, Form::frame, rest.subspan(session::frame_prefix_size, size));
    rest = rest.subspan(session::frame_prefix_size + size);
  }
  if (stream.broken && !rest.empty()) {
    write(stream, Form::remains, rest);
    rest = {};
  }
  const auto done = static_cast<std::ptrdiff_t>(stream.begun.size() - rest.size());
  stream.begun.erase(stream.begun.begin(), stream.begun.begin() + done);
}

void Tap::write(const Stream& stream, Form form, ByteView content) {
  writer_.add(stream.direction, form, connection_, peer_, content);
}

}  // namespace bakhita::capture
