// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <string>

#include "bakhita/v1/community.pb.h"
#include "protocol/bytes.h"
#include "protocol/error.h"
#include "protocol/feed/checkpoint.h"

/// Node cards: what a node says of itself, signed by its identity key.
namespace bakhita {

using Sign = std::function<Signature(ByteView message)>;

/// A card file, unarmoured: bounds what an unread card can make us parse.
inline constexpr std::size_t card_size_max = 4'096;

/// Serialises and signs; `sign` is by the identity key in the card.
Bytes make_card(const v1::NodeCard& card, const Sign& sign);
/// Parses a SignedNodeCard strictly and verifies it by the identity key it names. `now` is Unix
/// seconds.
Result<v1::NodeCard> open_card(ByteView signed_card, std::uint64_t now);
/// SHA-256 of the card's signed bytes; a charter names members' cards by it.
Result<Hash> card_hash(ByteView signed_card);
NodeId node_of(const v1::NodeCard& card);

/// SHA-256 of the SubjectPublicKeyInfo of an Ed25519 key (RFC 8410 section 4).
Hash tls_pin(const PublicKey& tls_key);

/// The 60 digits that both operators compare by voice, in 12 groups of 5: BLAKE2b-512 over
/// "bakhita/1/verification" ‖ both identity keys in ascending order, hashed again 5,200 times with
/// the keys; then each 5 bytes of the first 60 give a group, modulo 100,000. The same on both
/// sides.
std::string verification_number(const NodeId& one, const NodeId& other);

}  // namespace bakhita
