// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/bytes.h"

namespace bakhita {

/// HKDF-SHA-512, RFC 5869 section 2.2. Any salt and key length.
ByteArray<64> hkdf_extract(ByteView salt, ByteView key_material);
/// RFC 5869 section 2.3. Fills `out`, at most 255·64 bytes.
void hkdf_expand(const ByteArray<64>& prk, ByteView info, std::span<std::uint8_t> out);

}  // namespace bakhita
