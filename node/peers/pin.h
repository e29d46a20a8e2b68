// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/bytes.h"

namespace bakhita::peers {

/// SHA-256 of the SubjectPublicKeyInfo of an Ed25519 key: what a node card calls the TLS pin.
Hash tls_pin(const ByteArray<32>& public_key);

}  // namespace bakhita::peers
