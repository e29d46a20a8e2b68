// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/bytes.h"

namespace bakhita::store {

/// XChaCha20-Poly1305 with a random nonce: nonce[24] ‖ ciphertext ‖ tag[16], bound to `place`.
/// 24 random bytes may be drawn for as many rows as a node will ever write under one key.
Bytes seal(const ByteArray<32>& key, ByteView plain, ByteView place);
/// Throws StorageError when the bytes were not sealed under this key for this place.
Bytes unseal(const ByteArray<32>& key, ByteView sealed, ByteView place);
/// Keyed BLAKE2b of 16 bytes: what stands on disk in place of a value that could be guessed.
ByteArray<16> keyed_hash(const ByteArray<32>& key, ByteView value);

/// Big-endian integer as a row key, so that rows sort by number.
Bytes number_key(std::uint64_t number);

}  // namespace bakhita::store
