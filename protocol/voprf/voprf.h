// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <span>
#include <vector>

#include "protocol/bytes.h"
#include "protocol/error.h"

/// RFC 9497 in mode 0x01 (VOPRF) over ristretto255-SHA512. Randomness is always an argument.
namespace bakhita::voprf {

using Scalar = ByteArray<32>;
using Element = ByteArray<32>;
using Output = ByteArray<64>;
struct Proof {
  Scalar c{};
  Scalar s{};
};
struct KeyPair {
  Scalar secret{};
  Element public_key{};
};

/// DeriveKeyPair, section 3.2.1. Fails only on a seed that no random choice gives.
Result<KeyPair> derive_key_pair(ByteView seed, ByteView info);

/// HashToGroup with the mode's domain separation, section 4.1.
Element hash_to_group(ByteView input);
/// HashToScalar, section 4.1, under `dst`.
Scalar hash_to_scalar(ByteView input, std::string_view dst);
/// A scalar from 64 uniformly random bytes; never zero for random input.
Scalar scalar_from_uniform(const ByteArray<64>& uniform);

/// Blind, section 3.3.2. Fails when the input hashes to the identity.
Result<Element> blind(ByteView input, const Scalar& blind);

/// Canonical encoding of an element other than the identity.
bool is_valid_element(ByteView element);
/// `elements` is n × 32 bytes as it came from a peer: distinct, 0 < n ≤ limits::batch_backfill.
/// That each is a point is found by whoever multiplies it: looking twice costs a twelfth of the
/// work.
Result<std::vector<Element>> split_elements(ByteView elements);

/// The evaluation alone: secret · element for each; Error::bad_point on an encoding that is not
/// canonical, and on the identity. May be cut into pieces over threads; the proof is made once over
/// the whole.
Result<void> evaluate(const Scalar& secret, std::span<const Element> blinded,
                      std::span<Element> evaluated);
/// GenerateProof, section 2.2.1, over the whole batch. `random` is the proof's nonce r. composite.h
/// has it in pieces, for several threads. Error::bad_point when the weighted sum of the batch is
/// the identity, which only who chose the elements for it can bring about.
Result<Proof> prove(const KeyPair& key, std::span<const Element> blinded,
                    std::span<const Element> evaluated, const Scalar& random);
/// The proof's nonce, hedged: HashToScalar(k ‖ random32 ‖ SHA-512(pk ‖ blinded ‖ evaluated)).
Scalar hedged_nonce(const KeyPair& key, const ByteArray<32>& random,
                    std::span<const Element> blinded, std::span<const Element> evaluated);

/// VerifyProof, section 2.2.2. Elements may be any bytes; scalars that are not canonical are
/// refused.
bool verify(const Element& public_key, std::span<const Element> blinded,
            std::span<const Element> evaluated, const Proof& proof);
/// Finalize without the proof check, section 3.3.2: call verify first.
Output finalize(ByteView input, const Scalar& blind, const Element& evaluated);
/// finalize for a batch: one inversion for all blinds, which saves a third of the time of each.
std::vector<Output> finalize_all(std::span<const Bytes> inputs, std::span<const Scalar> blinds,
                                 std::span<const Element> evaluated);
/// Evaluate, section 3.3.1: the origin's own output for an input, without blinding. Fails when the
/// input hashes to the identity.
Result<Output> evaluate_input(const Scalar& secret, ByteView input);

}  // namespace bakhita::voprf
