// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>

#include "protocol/bytes.h"
#include "tests/simulation/random.h"

namespace bakhita::simulation {

/// What libsodium's functions do in this program. Stubs keep what the protocol relies on:
/// - a signature is a BLAKE2b of key and message under a secret of the run, so that only a call of
///   sign with the seed makes it;
/// - a group element is its logarithm to the base, so that products, sums, proofs and their
///   failures come out as in the group; only who looks at the bytes could invert them.
struct Crypto {
  bool real_signatures = false;
  bool real_group = false;
  ByteArray<32> run_secret{};
  /// Whose randomness is drawn now; never null while a node runs.
  Random* entropy = nullptr;
  /// Sees each signature as it is made.
  std::function<void(ByteView public_key, ByteView message)> on_signature;
};
Crypto& crypto();
/// Puts our source of randomness under libsodium; once, before anything else.
void take_over_entropy();

}  // namespace bakhita::simulation
