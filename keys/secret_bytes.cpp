// SPDX-License-Identifier: EUPL-1.2
#include "keys/secret_bytes.h"

#include <new>
#include <stdexcept>

namespace bakhita::keys {

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (sodium_init() < 0) throw std::bad_alloc();
  data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (data_ == nullptr) throw std::bad_alloc();
  sodium_memzero(data_, size);
}

SecretBytes SecretBytes::copy_of(ByteView bytes) {
  SecretBytes out(bytes.size());
  std::memcpy(out.data_, bytes.data(), bytes.size());
  return out;
}

SecretBytes SecretBytes::random(std::size_t size) {
  SecretBytes out(size);
  randombytes_buf(out.data_, size);
  return out;
}

SecretKey::SecretKey(ByteView key) : bytes_(sizeof(ByteArray<32>)) {
  auto& held = *new (bytes_.writable().data()) ByteArray<32>;
  if (key.size() != held.size()) throw std::invalid_argument("a key of this kind has 32 bytes");
  std::memcpy(held.data(), key.data(), key.size());
}

}  // namespace bakhita::keys
