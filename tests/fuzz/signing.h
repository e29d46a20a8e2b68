// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "keys/keystore.h"

/// A signer for inputs whose signature would stop the fuzzer at the door.
namespace bakhita::fuzzing {

inline const keys::SecretBytes& seed() {
  static const auto only = keys::SecretBytes::copy_of(ByteArray<32>{7});
  return only;
}
inline PublicKey public_key() { return keys::ed25519_public(seed()); }
inline std::string public_key_text() { return std::string(as_text(public_key())); }
inline Signature sign(ByteView message) { return keys::sign(seed(), message); }

}  // namespace bakhita::fuzzing
