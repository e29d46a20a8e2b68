// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "keys/secret_bytes.h"

namespace bakhita::keys {

/// Seals bytes to an X25519 public key (libsodium sealed box); only its secret opens them.
Bytes seal_to(const ByteArray<32>& public_key, ByteView plain);
/// Nothing when the bytes were not sealed to this key.
std::optional<SecretBytes> open_sealed(const SecretBytes& secret_key, ByteView sealed);

}  // namespace bakhita::keys
