// SPDX-License-Identifier: EUPL-1.2
// Any bytes as blinded elements, evaluated ones, proof and public key of a blind lookup: a proof
// that was not made by the key never verifies, one that was always does.
#include "protocol/voprf/voprf.h"

#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {

using namespace voprf;

void fuzz(ByteView input) {
  static const KeyPair key = derive_key_pair(ByteArray<32>{1}, as_bytes("fuzz")).value();
  if (input.size() < 160) return;
  const auto public_key = *to_array<32>(input.first(32));
  const Proof proof{*to_array<32>(input.subspan(32, 32)), *to_array<32>(input.subspan(64, 32))};
  const ByteView rest = input.subspan(96);
  const ByteView half = rest.first(rest.size() / 64 * 32);
  is_valid_element(half.first(32));
  const auto blinded = split_elements(half);
  const auto claimed = split_elements(rest.subspan(half.size(), half.size()));
  if (!blinded || !claimed) return;
  verify(public_key, *blinded, *claimed, proof);
  require(!verify(key.public_key, *blinded, *claimed, proof));
  std::vector<Element> evaluated(blinded->size());
  if (!evaluate(key.secret, *blinded, evaluated)) return;
  const Scalar nonce = hedged_nonce(key, ByteArray<32>{2}, *blinded, evaluated);
  auto made = prove(key, *blinded, evaluated, nonce);
  if (!made) return;  // a weighted sum is the identity
  require(verify(key.public_key, *blinded, evaluated, *made));
  made->s[0] ^= 1;
  require(!verify(key.public_key, *blinded, evaluated, *made));
}

}  // namespace bakhita::fuzzing
