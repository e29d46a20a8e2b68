// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/feed/checkpoint.h"

/// The origin's word that a checkpoint was its newest at a time: C2SP tlog-cosignature,
/// cosignature/v1. It tells a silent feed from one whose news are withheld.
namespace bakhita {

/// The bytes that are signed: "cosignature/v1", "time <Unix seconds>", then the checkpoint's text.
std::string cosigned_message(std::string_view checkpoint_text, std::uint64_t time);
/// First 4 bytes of H(name ‖ "\n" ‖ 0x04 ‖ key).
ByteArray<4> cosignature_key_id(std::string_view name, const PublicKey& key);
/// The signature line, without its newline: key id ‖ u64 time ‖ signature.
std::string make_cosignature(std::string_view name, const PublicKey& key, std::uint64_t time,
                             const Signature& signature);
/// The time that `key` put to the text of `note`. Error::malformed, Error::bad_signature.
Result<std::uint64_t> open_cosignature(std::string_view line, std::string_view note,
                                       std::string_view name, const PublicKey& key,
                                       const SignatureCheck& check = verify_ed25519);

}  // namespace bakhita
