// SPDX-License-Identifier: EUPL-1.2
#include "protocol/voprf/voprf.h"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "protocol/limits.h"
#include "protocol/voprf/composite.h"
#include "protocol/voprf/expand_message.h"
#include "protocol/voprf/suite.h"

namespace bakhita::voprf {
namespace {

ByteView bytes_of(std::span<const Element> elements) {
  return {reinterpret_cast<const std::uint8_t*>(elements.data()), elements.size_bytes()};
}

/// Hash(LP(input) ‖ LP(element) ‖ "Finalize").
Output hash_output(ByteView input, const Element& element) {
  const ByteArray<2> input_size{static_cast<std::uint8_t>(input.size() >> 8),
                                static_cast<std::uint8_t>(input.size())};
  const ByteArray<2> element_size{0, 32};
  return sha512({input_size, input, element_size, element, as_bytes("Finalize")});
}

Output finalize_inverted(ByteView input, const Scalar& inverse, const Element& evaluated) {
  Element unblinded;
  if (!multiply(unblinded, inverse, evaluated))
    throw std::logic_error("finalize without a verified evaluation");
  const Output out = hash_output(input, unblinded);
  sodium_memzero(unblinded.data(), unblinded.size());
  return out;
}

Scalar times(const Scalar& a, const Scalar& b) {
  Scalar out;
  crypto_core_ristretto255_scalar_mul(out.data(), a.data(), b.data());
  return out;
}

Scalar inverse_of(const Scalar& scalar) {
  Scalar out;
  if (crypto_core_ristretto255_scalar_invert(out.data(), scalar.data()) != 0)
    throw std::logic_error("a blind is zero");
  return out;
}

/// Montgomery's trick: inverts the product of all, then walks back to each.
std::vector<Scalar> invert_all(std::span<const Scalar> scalars) {
  if (scalars.empty()) return {};
  std::vector<Scalar> out(scalars.begin(), scalars.end());
  for (std::size_t i = 1; i < out.size(); ++i) out[i] = times(out[i - 1], scalars[i]);
  Scalar rest = inverse_of(out.back());
  for (std::size_t i = out.size() - 1; i > 0; --i) {
    out[i] = times(rest, out[i - 1]);
    rest = times(rest, scalars[i]);
  }
  out[0] = rest;
  sodium_memzero(rest.data(), rest.size());
  return out;
}

}  // namespace

std::string with_context(std::string_view tag) {
  return std::string(tag) + "OPRFV1-" + '\x01' + "-ristretto255-SHA512";
}

bool is_zero(ByteView bytes) { return sodium_is_zero(bytes.data(), bytes.size()) == 1; }

Scalar reduce(const ByteArray<64>& wide) {
  Scalar out;
  crypto_core_ristretto255_scalar_reduce(out.data(), wide.data());
  return out;
}

Scalar hash_parts_to_scalar(std::initializer_list<ByteView> parts, std::string_view dst) {
  ByteArray<64> uniform;
  expand_message_xmd(parts, dst, uniform);
  const Scalar out = reduce(uniform);
  sodium_memzero(uniform.data(), uniform.size());
  return out;
}

bool multiply(Element& out, const Scalar& scalar, const Element& element) {
  return crypto_scalarmult_ristretto255(out.data(), scalar.data(), element.data()) == 0;
}

Result<KeyPair> derive_key_pair(ByteView seed, ByteView info) {
  if (info.size() > 65'535) return Error::too_large;
  const std::string dst = with_context("DeriveKeyPair");
  const ByteArray<2> info_size{static_cast<std::uint8_t>(info.size() >> 8),
                               static_cast<std::uint8_t>(info.size())};
  for (int counter = 0; counter < 256; ++counter) {
    const auto byte = static_cast<std::uint8_t>(counter);
    KeyPair out;
    out.secret = hash_parts_to_scalar({seed, info_size, info, ByteView(&byte, 1)}, dst);
    if (is_zero(out.secret)) continue;
    if (crypto_scalarmult_ristretto255_base(out.public_key.data(), out.secret.data()) != 0)
      return Error::malformed;
    return out;
  }
  return Error::malformed;
}

Element hash_to_group(ByteView input) {
  static const std::string dst = with_context("HashToGroup-");
  ByteArray<64> uniform;
  expand_message_xmd({input}, dst, uniform);
  Element out;
  crypto_core_ristretto255_from_hash(out.data(), uniform.data());
  return out;
}

Scalar hash_to_scalar(ByteView input, std::string_view dst) {
  return hash_parts_to_scalar({input}, dst);
}

Scalar scalar_from_uniform(const ByteArray<64>& uniform) { return reduce(uniform); }

Result<Element> blind(ByteView input, const Scalar& blind) {
  Element out;
  if (!multiply(out, blind, hash_to_group(input))) return Error::bad_point;
  return out;
}

bool is_valid_element(ByteView element) {
  // libsodium calls the identity (all zero) valid; RFC 9497 section 2.1 does not.
  return element.size() == 32 && !is_zero(element) &&
         crypto_core_ristretto255_is_valid_point(element.data()) == 1;
}

Result<std::vector<Element>> split_elements(ByteView elements) {
  if (elements.empty() || elements.size() % 32 != 0) return Error::malformed;
  if (elements.size() / 32 > limits::batch_backfill) return Error::too_large;
  std::vector<Element> out(elements.size() / 32);
  std::memcpy(out.data(), elements.data(), elements.size());
  std::vector<Element> sorted = out;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return Error::duplicate_element;
  return out;
}

Result<void> evaluate(const Scalar& secret, std::span<const Element> blinded,
                      std::span<Element> evaluated) {
  if (blinded.size() != evaluated.size()) throw std::logic_error("a batch of unequal halves");
  for (std::size_t i = 0; i < blinded.size(); ++i)
    if (!multiply(evaluated[i], secret, blinded[i])) return Error::bad_point;
  return {};
}

Result<Proof> prove(const KeyPair& key, std::span<const Element> blinded,
                    std::span<const Element> evaluated, const Scalar& random) {
  const Composite whole = weigh(key.public_key, 0, blinded, evaluated);
  return prove_parts(key, {&whole, 1}, random);
}

Scalar hedged_nonce(const KeyPair& key, const ByteArray<32>& random,
                    std::span<const Element> blinded, std::span<const Element> evaluated) {
  const ByteArray<64> statement = sha512({key.public_key, bytes_of(blinded), bytes_of(evaluated)});
  return hash_parts_to_scalar({key.secret, random, statement}, "bakhita/1/dleq-nonce");
}

bool verify(const Element& public_key, std::span<const Element> blinded,
            std::span<const Element> evaluated, const Proof& proof) {
  if (blinded.empty() || blinded.size() > limits::batch_backfill) return false;
  const auto whole = weigh_both(public_key, 0, blinded, evaluated);
  return whole && verify_parts(public_key, {&*whole, 1}, proof);
}

Output finalize(ByteView input, const Scalar& blind, const Element& evaluated) {
  Scalar inverse = inverse_of(blind);
  const Output out = finalize_inverted(input, inverse, evaluated);
  sodium_memzero(inverse.data(), inverse.size());
  return out;
}

std::vector<Output> finalize_all(std::span<const Bytes> inputs, std::span<const Scalar> blinds,
                                 std::span<const Element> evaluated) {
  if (inputs.size() != blinds.size() || inputs.size() != evaluated.size())
    throw std::logic_error("a batch of unequal parts");
  std::vector<Scalar> inverses = invert_all(blinds);
  std::vector<Output> out(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    out[i] = finalize_inverted(inputs[i], inverses[i], evaluated[i]);
  sodium_memzero(inverses.data(), inverses.size() * sizeof(Scalar));
  return out;
}

Result<Output> evaluate_input(const Scalar& secret, ByteView input) {
  Element element;
  if (!multiply(element, secret, hash_to_group(input))) return Error::bad_point;
  return hash_output(input, element);
}

}  // namespace bakhita::voprf
