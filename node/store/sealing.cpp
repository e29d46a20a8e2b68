// SPDX-License-Identifier: EUPL-1.2
#include "node/store/sealing.h"

#include <sodium.h>

#include "node/store/database.h"

namespace bakhita::store {
namespace {
constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
}  // namespace

Bytes seal(const ByteArray<32>& key, ByteView plain, ByteView place) {
  Bytes out(nonce_size + plain.size() + tag_size);
  randombytes_buf(out.data(), nonce_size);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + nonce_size, nullptr, plain.data(),
                                             plain.size(), place.data(), place.size(), nullptr,
                                             out.data(), key.data());
  return out;
}

Bytes unseal(const ByteArray<32>& key, ByteView sealed, ByteView place) {
  if (sealed.size() < nonce_size + tag_size) throw StorageError("a sealed row is cut short");
  Bytes out(sealed.size() - nonce_size - tag_size);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          out.data(), nullptr, nullptr, sealed.data() + nonce_size, sealed.size() - nonce_size,
          place.data(), place.size(), sealed.data(), key.data()) != 0)
    throw StorageError("a sealed row does not open: damaged, moved, or written under another key");
  return out;
}

ByteArray<16> keyed_hash(const ByteArray<32>& key, ByteView value) {
  ByteArray<16> out;
  crypto_generichash(out.data(), out.size(), value.data(), value.size(), key.data(), key.size());
  return out;
}

Bytes number_key(std::uint64_t number) { return ByteWriter().u64(number).take(); }

}  // namespace bakhita::store
