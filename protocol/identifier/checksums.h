// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/bytes.h"

/// The encodings with checksums in which wallets are written.
namespace bakhita {

/// Base58Check (Bitcoin alphabet, double SHA-256): version byte and payload, or nothing.
std::optional<Bytes> decode_base58check(std::string_view text);

/// Bech32 (BIP-173) or Bech32m (BIP-350) with human-readable part `hrp`; checks the witness
/// version's checksum kind and program length. Either case, not mixed.
bool is_segwit_address(std::string_view text, std::string_view hrp);

/// Keccak-256 as Ethereum has it: the original padding, not FIPS 202's.
ByteArray<32> keccak256(ByteView bytes);

}  // namespace bakhita
