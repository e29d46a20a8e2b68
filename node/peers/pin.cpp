// SPDX-License-Identifier: EUPL-1.2
#include "node/peers/pin.h"

#include <openssl/sha.h>

namespace bakhita::peers {

Hash tls_pin(const ByteArray<32>& public_key) {
  // DER of SubjectPublicKeyInfo { Ed25519 (RFC 8410), 32 bytes }.
  constexpr ByteArray<12> prefix{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
  ByteWriter der;
  der.raw(prefix).raw(public_key);
  Hash pin;
  SHA256(der.view().data(), der.view().size(), pin.data());
  return pin;
}

}  // namespace bakhita::peers
