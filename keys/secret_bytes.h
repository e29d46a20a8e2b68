// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sodium.h>

#include <cstdint>
#include <new>
#include <span>
#include <utility>

#include "protocol/bytes.h"

namespace bakhita::keys {

/// Bytes in guarded, locked memory (sodium_malloc), wiped when they go. Moves, never copies, never
/// prints.
class SecretBytes {
 public:
  SecretBytes() = default;
  /// `size` zero bytes. Throws std::bad_alloc when memory cannot be had or locked.
  explicit SecretBytes(std::size_t size);
  /// A copy of `bytes` in guarded memory; the caller wipes his own.
  static SecretBytes copy_of(ByteView bytes);
  /// Fresh randomness.
  static SecretBytes random(std::size_t size);
  SecretBytes(SecretBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { sodium_free(data_); }

  ByteView view() const { return {data_, size_}; }
  std::span<std::uint8_t> writable() { return {data_, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A 32-byte key that its holder keeps for long, in such memory.
class SecretKey {
 public:
  SecretKey() : SecretKey(ByteArray<32>{}) {}
  /// Throws std::invalid_argument when `key` has another size.
  explicit SecretKey(ByteView key);
  operator const ByteArray<32>&() const {
    return *std::launder(reinterpret_cast<const ByteArray<32>*>(bytes_.view().data()));
  }
  ByteView view() const { return bytes_.view(); }

 private:
  SecretBytes bytes_;  ///< holds a ByteArray<32>
};

}  // namespace bakhita::keys
