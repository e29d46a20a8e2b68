// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>

namespace bakhita::store {

/// How far the database was written: the sequence number of the newest write that was acknowledged,
/// kept in a file of 16 bytes beside the database. RocksDB opens clean when its log was deleted or
/// cut, when a flipped length hides a log's end, and on an old copy; then it ends before this mark.
///
/// The mark follows the synced write and is not synced itself: it costs no time, survives a killed
/// process, and after a loss of power it may be behind, never ahead. A damaged or missing file is a
/// mark of 0.
class Watermark {
 public:
  /// Opens the file, or makes it (0600). Throws StorageError.
  explicit Watermark(std::filesystem::path file);
  Watermark(const Watermark&) = delete;
  Watermark& operator=(const Watermark&) = delete;
  ~Watermark();

  /// As read when the file was opened.
  std::uint64_t at_start() const { return at_start_; }
  /// Everything up to `sequence` is durable. Thread-safe.
  void raise(std::uint64_t sequence);

 private:
  std::filesystem::path file_;
  int fd_ = -1;
  std::uint64_t at_start_ = 0;
  std::mutex mutex_;
  std::uint64_t raised_ = 0;
};

}  // namespace bakhita::store
