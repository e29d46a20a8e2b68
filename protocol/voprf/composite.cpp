// SPDX-License-Identifier: EUPL-1.2
#include "protocol/voprf/composite.h"

#include <sodium.h>

#include <stdexcept>

#include "protocol/voprf/expand_message.h"
#include "protocol/voprf/suite.h"

namespace bakhita::voprf {
namespace {

/// Gives each element of a batch its weight.
class Weights {
 public:
  explicit Weights(const Element& public_key) {
    const std::string dst = with_context("Seed-");
    ByteWriter transcript;
    transcript.prefixed(public_key).prefixed(as_bytes(dst));
    prefix_.prefixed(sha512({transcript.view()}));
  }

  /// d_i = HashToScalar(LP(seed) ‖ u16 i ‖ LP(C_i) ‖ LP(D_i) ‖ "Composite").
  Scalar at(std::size_t i, const Element& c, const Element& d) const {
    const ByteArray<4> index_and_size{static_cast<std::uint8_t>(i >> 8),
                                      static_cast<std::uint8_t>(i), 0, 32};
    const ByteView size = ByteView(index_and_size).last(2);
    return hash_parts_to_scalar({prefix_.view(), index_and_size, c, size, d, as_bytes("Composite")},
                                dst_);
  }

 private:
  ByteWriter prefix_;
  std::string dst_ = with_context("HashToScalar-");
};

void add_to(Element& sum, const Element& element) {
  Element out;
  if (crypto_core_ristretto255_add(out.data(), sum.data(), element.data()) != 0)
    throw std::logic_error("added an element that was not checked");
  sum = out;
}

Composite total(std::span<const Composite> parts) {
  if (parts.empty()) return {};
  Composite out = parts.front();
  for (const Composite& part : parts.subspan(1)) {
    add_to(out.m, part.m);
    add_to(out.z, part.z);
  }
  return out;
}

Scalar challenge(const Element& public_key, const Composite& sums, const Element& t2,
                 const Element& t3) {
  ByteWriter transcript;
  for (const Element* part : {&public_key, &sums.m, &sums.z, &t2, &t3}) transcript.prefixed(*part);
  transcript.text("Challenge");
  return hash_to_scalar(transcript.view(), with_context("HashToScalar-"));
}

/// RFC 9497 section 4.1: a scalar on the wire is below the group's order.
bool is_canonical(const Scalar& scalar) {
  ByteArray<64> wide{};
  std::memcpy(wide.data(), scalar.data(), scalar.size());
  return reduce(wide) == scalar;
}

/// sum + scalar·element; nothing if the product is the identity or the element is not valid.
std::optional<Element> add_product(Element sum, const Scalar& scalar, const Element& element) {
  Element product;
  if (!multiply(product, scalar, element)) return std::nullopt;
  add_to(sum, product);
  return sum;
}

}  // namespace

Composite weigh(const Element& public_key, std::size_t first, std::span<const Element> blinded,
                std::span<const Element> evaluated) {
  if (blinded.size() != evaluated.size()) throw std::logic_error("a batch of unequal halves");
  const Weights weights(public_key);
  Composite sums;
  for (std::size_t i = 0; i < blinded.size(); ++i) {
    Element term;
    const Scalar weight = weights.at(first + i, blinded[i], evaluated[i]);
    if (!multiply(term, weight, blinded[i]))
      throw std::logic_error("weighed an element that was not checked");
    if (i == 0)
      sums.m = term;
    else
      add_to(sums.m, term);
  }
  return sums;
}

std::optional<Composite> weigh_both(const Element& public_key, std::size_t first,
                                    std::span<const Element> blinded,
                                    std::span<const Element> evaluated) {
  if (blinded.size() != evaluated.size()) return std::nullopt;
  const Weights weights(public_key);
  Composite sums;
  for (std::size_t i = 0; i < blinded.size(); ++i) {
    const Scalar weight = weights.at(first + i, blinded[i], evaluated[i]);
    Composite term;
    if (!multiply(term.m, weight, blinded[i]) || !multiply(term.z, weight, evaluated[i]))
      return std::nullopt;
    if (i == 0) {
      sums = term;
      continue;
    }
    add_to(sums.m, term.m);
    add_to(sums.z, term.z);
  }
  return sums;
}

Result<Proof> prove_parts(const KeyPair& key, std::span<const Composite> parts,
                          const Scalar& random) {
  Composite sums = total(parts);
  Element t2, t3;
  // ComputeCompositesFast: the prover knows the key, so Z is one product.
  const bool ok = multiply(sums.z, key.secret, sums.m) &&
                  crypto_scalarmult_ristretto255_base(t2.data(), random.data()) == 0 &&
                  multiply(t3, random, sums.m);
  if (!ok) return Error::bad_point;
  Proof out;
  out.c = challenge(key.public_key, sums, t2, t3);
  Scalar product;
  crypto_core_ristretto255_scalar_mul(product.data(), out.c.data(), key.secret.data());
  crypto_core_ristretto255_scalar_sub(out.s.data(), random.data(), product.data());
  sodium_memzero(product.data(), product.size());
  return out;
}

bool verify_parts(const Element& public_key, std::span<const Composite> parts, const Proof& proof) {
  if (parts.empty() || !is_canonical(proof.c) || !is_canonical(proof.s)) return false;
  const Composite sums = total(parts);
  // libsodium calls a product that is the identity a failure; s = 0 is the one honest case of it.
  Element s_base{}, s_m{};
  if (!is_zero(proof.s) &&
      (crypto_scalarmult_ristretto255_base(s_base.data(), proof.s.data()) != 0 ||
       !multiply(s_m, proof.s, sums.m)))
    return false;
  const auto t2 = add_product(s_base, proof.c, public_key);
  const auto t3 = add_product(s_m, proof.c, sums.z);
  if (!t2 || !t3) return false;
  const Scalar expected = challenge(public_key, sums, *t2, *t3);
  return sodium_memcmp(expected.data(), proof.c.data(), expected.size()) == 0;
}

}  // namespace bakhita::voprf
