// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "protocol/voprf/voprf.h"

/// The weighted sums under a batch's one proof (ComputeComposites, RFC 9497 section 2.2.1). They
/// are half of an origin's work, so a batch can be cut and its parts summed on several threads.
namespace bakhita::voprf {

/// Sums of d_i·C_i, and of d_i·D_i where they are needed, over a part of a batch.
struct Composite {
  Element m{};
  Element z{};
};

/// The prover's sum over a part of a batch that begins at `first`: m alone, as z is secret·m.
Composite weigh(const Element& public_key, std::size_t first, std::span<const Element> blinded,
                std::span<const Element> evaluated);
/// The verifier's sums over a part of a batch; nothing if an element is not valid.
std::optional<Composite> weigh_both(const Element& public_key, std::size_t first,
                                    std::span<const Element> blinded,
                                    std::span<const Element> evaluated);
/// prove() and verify() over the sums of all parts of a batch. Error::bad_point when the whole sum
/// is the identity: nothing can be proven of it.
Result<Proof> prove_parts(const KeyPair& key, std::span<const Composite> parts,
                          const Scalar& random);
bool verify_parts(const Element& public_key, std::span<const Composite> parts, const Proof& proof);

}  // namespace bakhita::voprf
