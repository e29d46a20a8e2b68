// SPDX-License-Identifier: EUPL-1.2
#include "node/store/watermark.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "node/store/database.h"
#include "protocol/bytes.h"

namespace bakhita::store {
namespace {

constexpr std::size_t size = 16;  // u64 sequence ‖ BLAKE2b-64 of it

Bytes encode(std::uint64_t sequence) {
  Bytes number = ByteWriter().u64(sequence).take();
  ByteArray<16> sum{};  // the shortest that libsodium makes; half of it is kept
  crypto_generichash(sum.data(), sum.size(), number.data(), number.size(), nullptr, 0);
  return ByteWriter().raw(number).raw(ByteView(sum).first(8)).take();
}

}  // namespace

Watermark::Watermark(std::filesystem::path file) : file_(std::move(file)) {
  fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd_ < 0)
    throw StorageError(file_.string() + ": cannot be opened: " + std::strerror(errno) +
                       "; the node's user needs to write there");
  Bytes content(size);
  if (::pread(fd_, content.data(), size, 0) != static_cast<ssize_t>(size)) return;
  const std::uint64_t sequence = ByteReader(content).u64();
  if (content == encode(sequence)) at_start_ = sequence;
}

Watermark::~Watermark() { ::close(fd_); }

void Watermark::raise(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  if (sequence <= raised_) return;
  const Bytes content = encode(sequence);
  if (::pwrite(fd_, content.data(), size, 0) != static_cast<ssize_t>(size))
    throw StorageError(file_.string() + ": cannot be written: " + std::strerror(errno));
  raised_ = sequence;
}

}  // namespace bakhita::store
