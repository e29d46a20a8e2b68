// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <initializer_list>
#include <string_view>

#include "protocol/bytes.h"

namespace bakhita {

/// SHA-512 of the parts, one after the other.
ByteArray<64> sha512(std::initializer_list<ByteView> parts);

/// expand_message_xmd with SHA-512, RFC 9380 section 5.3.1, over the message's parts joined. Fills
/// `out`, at most 255·64 bytes; `dst` is at most 255 bytes. Intermediate state is wiped.
void expand_message_xmd(std::initializer_list<ByteView> message, std::string_view dst,
                        std::span<std::uint8_t> out);

}  // namespace bakhita
