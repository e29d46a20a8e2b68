// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/v1/feed.pb.h"
#include "protocol/bytes.h"
#include "protocol/error.h"
#include "protocol/feed/record.h"
#include "protocol/identifier/identifier.h"
#include "protocol/voprf/voprf.h"

/// An identifier's way into a lock and out of it (exchange: blind lookups).
namespace bakhita {

/// Whose key, and for what: every derived value is bound to it.
struct Scope {
  CommunityId community;
  NodeId node;
  std::uint32_t epoch = 0;
  std::uint8_t group = 0;
  auto operator<=>(const Scope&) const = default;
};

using Token = ByteArray<32>;
using Prk = ByteArray<64>;

/// LP(community) ‖ LP(node) ‖ u32 epoch ‖ u8 group.
Bytes encode(const Scope& scope);
/// "bakhita/1/id" ‖ u8 type ‖ u8 canon_version ‖ LP(canonical).
Bytes id_input(IdentifierType type, std::string_view canonical);
/// "bakhita/1/pad" ‖ random32: a question that nobody asks.
Bytes pad_input(const ByteArray<32>& random);
/// The key pair of a scope, from the seed of (community, epoch).
voprf::KeyPair oprf_key(const ByteArray<32>& seed, const Scope& scope);
/// What a peer keeps of an evaluation.
Prk make_prk(const ByteArray<32>& community_secret, const voprf::Output& output);
/// The origin's own shortcut: F(k, input) without blinding.
voprf::Output evaluate_directly(const voprf::Scalar& secret, ByteView input);
/// period = 12·year + month − 1 in UTC, from Unix seconds.
std::uint32_t period_of(std::uint64_t unix_seconds);
Token make_token(const Prk& prk, const Scope& scope, std::uint32_t period);

/// What seals the summary of one record.
struct LockSecrets {
  ByteArray<32> key{};
  ByteArray<24> nonce{};
};
LockSecrets lock_secrets(const Prk& prk, const Scope& scope, std::uint32_t period,
                         const ByteArray<32>& salt);

/// The lock record for an identifier: body with its header. `salt` is fresh hedged randomness.
Record make_lock(const Prk& prk, const Scope& scope, std::uint32_t period,
                 const ByteArray<32>& salt, const v1::LockSummary& summary,
                 std::uint32_t issued_hour, std::uint32_t expiry_day);
/// A record that looks like a lock and opens for nobody. `random` fills salt, token and sealed
/// bytes.
Record make_dummy(const Scope& scope, std::uint32_t period, const ByteArray<208>& random,
                  std::uint32_t issued_hour, std::uint32_t expiry_day);

/// Parses a summary strictly: known fields, codes in range, a role on the suspect's side.
Result<v1::LockSummary> parse_summary(ByteView bytes);
/// Parses a lock body strictly: all fields, exact lengths, nothing else.
Result<v1::Lock> parse_lock(ByteView body);
/// What matching needs of a lock body, read without a Protobuf parse; nothing if it is no such
/// body.
struct LockHead {
  std::uint32_t group = 0;
  std::uint32_t epoch = 0;
  std::uint32_t period = 0;
  Token token{};
};
std::optional<LockHead> lock_head(ByteView body);
/// The token of a lock body without a full parse; nothing if it is no version 1 lock.
std::optional<Token> token_of(ByteView body);
/// Opens a lock whose token equals ours: token compare, AEAD, padding, strict parse.
Result<v1::LockSummary> open_lock(const Prk& prk, const Scope& scope, const Header& header,
                                  ByteView body);

}  // namespace bakhita
