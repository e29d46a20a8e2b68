// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/voprf/voprf.h"

/// What the files of the VOPRF share, and nobody else needs.
namespace bakhita::voprf {

/// Tag ‖ "OPRFV1-" ‖ mode 0x01 ‖ "-ristretto255-SHA512" (RFC 9497 section 3.1).
std::string with_context(std::string_view tag);
/// True for the identity's encoding and for the scalar 0.
bool is_zero(ByteView bytes);
Scalar reduce(const ByteArray<64>& wide);
/// HashToScalar over a message in parts; wipes what it made on the way.
Scalar hash_parts_to_scalar(std::initializer_list<ByteView> parts, std::string_view dst);
/// scalar · element; false if that is the identity or the element is not valid.
bool multiply(Element& out, const Scalar& scalar, const Element& element);

}  // namespace bakhita::voprf
