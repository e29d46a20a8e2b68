// SPDX-License-Identifier: EUPL-1.2
#include "keys/sealing.h"

#include "keys/keystore.h"

namespace bakhita::keys {

Bytes seal_to(const ByteArray<32>& public_key, ByteView plain) {
  Bytes out(plain.size() + crypto_box_SEALBYTES);
  crypto_box_seal(out.data(), plain.data(), plain.size(), public_key.data());
  return out;
}

std::optional<SecretBytes> open_sealed(const SecretBytes& secret_key, ByteView sealed) {
  if (sealed.size() < crypto_box_SEALBYTES || secret_key.size() != 32) return std::nullopt;
  const auto public_key = x25519_public(secret_key);
  SecretBytes out(sealed.size() - crypto_box_SEALBYTES);
  if (crypto_box_seal_open(out.writable().data(), sealed.data(), sealed.size(), public_key.data(),
                           secret_key.view().data()) != 0)
    return std::nullopt;
  return out;
}

}  // namespace bakhita::keys
