// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <optional>

#include "bakhita/v1/letter.pb.h"
#include "protocol/bytes.h"
#include "protocol/community/card.h"
#include "protocol/error.h"
#include "protocol/feed/checkpoint.h"

/// Letters between two authorities: what makes one valid, and its signature (exchange: transport;
/// vocabulary 4.2 and 4.3). Sealing needs randomness and is done by `keys`.
namespace bakhita {

/// The random name of a letter; a correspondence is named by the letter that began it.
using LetterId = ByteArray<16>;

/// A free text of a letter, in bytes.
inline constexpr std::size_t letter_text_max = 16 * 1024;
/// Names, purposes, codes.
inline constexpr std::size_t letter_word_max = 256;
inline constexpr int letter_statements_max = 64;
inline constexpr int letter_attachments_max = 16;
/// A letter as signed: fits a frame with its seal.
inline constexpr std::size_t letter_size_max = 200 * 1024;
inline constexpr std::uint64_t attachment_size_max = 64ull << 20;
inline constexpr std::size_t attachment_chunk_size = 128 * 1024;

/// Every field has its size and its range, and what the law requires of the kind is there: a
/// request says facts, context, reasons and intended use; a refusal its ground; a statement
/// whether it is a fact, of whom, and how it is evaluated. Error::malformed or Error::too_large.
Result<void> check_letter(const v1::Letter& letter);

/// The letter signed by its sender's log key: SignedLetter, serialised. `letter` passes
/// check_letter, else its error.
Result<Bytes> sign_letter(const v1::Letter& letter, const Sign& sign);

/// A log key of a node's, and the Unix time at which another took its place; 0: none has.
struct SigningKey {
  PublicKey key{};
  std::uint64_t until = 0;
};
/// The log keys that a node signs with, newest first; empty: the node is unknown.
using LogKeys = std::function<std::vector<SigningKey>(const NodeId&)>;
/// Parses, checks and verifies what came out of the seal. A former key signs only what is dated
/// before its end. Error::wrong_peer: it is not for `self`.
Result<v1::Letter> open_letter(ByteView signed_letter, const NodeId& self, const LogKeys& keys,
                               const SignatureCheck& check = verify_ed25519);

/// By which a carrier receipts a sealed letter: the first 16 bytes of its SHA-256.
LetterId receipt_of(ByteView sealed);

/// Ids and nodes of a letter that passed check_letter.
LetterId id_of(const v1::Letter& letter);
LetterId thread_of(const v1::Letter& letter);
NodeId sender_of(const v1::Letter& letter);
NodeId recipient_of(const v1::Letter& letter);

/// Chunks of an attachment of so many bytes.
std::uint32_t chunks_in(std::uint64_t attachment_size);

}  // namespace bakhita
