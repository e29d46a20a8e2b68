// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "node/intake/problem.h"

namespace bakhita::intake {

/// Bytes of a range of a file: a row as it was handed in.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// A plain file read byte by byte through one buffer, with line and column of the next byte.
class ByteSource {
 public:
  static constexpr int end = -1;

  /// Skips a UTF-8 mark. Throws FileError when the file cannot be read, is no plain file, or shows
  /// another encoding.
  explicit ByteSource(const std::filesystem::path& file);

  int peek() {
    if (next_ == filled_) fill();
    return next_ == filled_ ? end : static_cast<unsigned char>(buffer_[next_]);
  }
  int get() {
    const int byte = peek();
    if (byte == end) return end;
    ++next_;
    if (byte == '\n') {
      ++line_;
      column_ = 1;
    } else if ((byte & 0xc0) != 0x80) {
      ++column_;
    }
    return byte;
  }
  std::uint64_t offset() const { return base_ + next_; }
  std::uint64_t line() const { return line_; }
  std::uint64_t column() const { return column_; }
  /// Goes on at a byte that begins the line `line`.
  void seek(std::uint64_t offset, std::uint64_t line);

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }
  Place place() const { return {name_, line_, column_}; }

 private:
  void fill();

  std::string name_;
  std::ifstream stream_;
  std::uint64_t size_ = 0;
  std::vector<char> buffer_;
  std::size_t next_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t base_ = 0;  ///< offset of buffer_[0]
  std::uint64_t line_ = 1;
  std::uint64_t column_ = 1;
};

/// Copies a range of a file as it is; at most `size_max` bytes of it.
std::string read_range(const std::filesystem::path& file, ByteRange range, std::uint64_t size_max);

}  // namespace bakhita::intake
