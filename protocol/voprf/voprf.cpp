// SPDX-License-Identifier: EUPL-1.2
#include "protocol/voprf/voprf.h"

#include <sodium.h>

#include <algorithm>
#include <string>

namespace bakhita::voprf {
namespace {

/// "OPRFV1-" ‖ mode 0x01 ‖ "-ristretto255-SHA512" (RFC 9497 section 3.1).
const std::string& context() {
  static const std::string value = std::string("OPRFV1-") + '\x01' + "-ristretto255-SHA512";
  return value;
}

ByteArray<64> sha512(std::initializer_list<ByteView> parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (ByteView part : parts) crypto_hash_sha512_update(&state, part.data(), part.size());
  ByteArray<64> out;
  crypto_hash_sha512_final(&state, out.data());
  return out;
}

/// expand_message_xmd with SHA-512 for 64 bytes (RFC 9380 section 5.3.1): one block.
ByteArray<64> expand_message_64(std::initializer_list<ByteView> message, std::string_view dst) {
  static constexpr ByteArray<128> zero_block{};
  const ByteArray<3> length_and_zero{0, 64, 0};
  const auto dst_size = static_cast<std::uint8_t>(dst.size());
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, zero_block.data(), zero_block.size());
  for (ByteView part : message) crypto_hash_sha512_update(&state, part.data(), part.size());
  crypto_hash_sha512_update(&state, length_and_zero.data(), length_and_zero.size());
  crypto_hash_sha512_update(&state, as_bytes(dst).data(), dst.size());
  crypto_hash_sha512_update(&state, &dst_size, 1);
  ByteArray<64> b0;
  crypto_hash_sha512_final(&state, b0.data());
  const std::uint8_t one = 1;
  return sha512({b0, ByteView(&one, 1), as_bytes(dst), ByteView(&dst_size, 1)});
}

bool is_zero(ByteView bytes) { return sodium_is_zero(bytes.data(), bytes.size()) == 1; }

Scalar reduce(const ByteArray<64>& wide) {
  Scalar out;
  crypto_core_ristretto255_scalar_reduce(out.data(), wide.data());
  return out;
}

/// The transcript hashed into each composite weight, up to its varying part (section 2.2.1).
struct Composites {
  ByteArray<64> seed;
  std::string dst;
};

Composites composites_for(const Element& public_key) {
  const std::string dst = "Seed-" + context();
  ByteWriter transcript;
  transcript.prefixed(public_key).prefixed(as_bytes(dst));
  return {sha512({transcript.view()}), "HashToScalar-" + context()};
}

/// d_i = HashToScalar(len(seed) ‖ seed ‖ i ‖ len(C_i) ‖ C_i ‖ len(D_i) ‖ D_i ‖ "Composite").
Scalar weight(const Composites& composites, std::size_t i, const Element& c, const Element& d) {
  ByteWriter transcript;
  transcript.prefixed(composites.seed).u16(static_cast<std::uint16_t>(i));
  transcript.prefixed(c).prefixed(d).text("Composite");
  return reduce(expand_message_64({transcript.view()}, composites.dst));
}

bool multiply(Element& out, const Scalar& scalar, const Element& element) {
  return crypto_scalarmult_ristretto255(out.data(), scalar.data(), element.data()) == 0;
}

void add_to(Element& sum, const Element& element) {
  Element out;
  crypto_core_ristretto255_add(out.data(), sum.data(), element.data());
  sum = out;
}

Scalar challenge(const Element& public_key, const Element& m, const Element& z, const Element& t2,
                 const Element& t3) {
  ByteWriter transcript;
  for (const Element* part : {&public_key, &m, &z, &t2, &t3}) transcript.prefixed(*part);
  transcript.text("Challenge");
  return hash_to_scalar(transcript.view(), "HashToScalar-" + context());
}

ByteView bytes_of(std::span<const Element> elements) {
  return {reinterpret_cast<const std::uint8_t*>(elements.data()), elements.size_bytes()};
}

}  // namespace

Result<KeyPair> derive_key_pair(ByteView seed, ByteView info) {
  const std::string dst = "DeriveKeyPair" + context();
  ByteWriter input;
  input.raw(seed).prefixed(info);
  for (int counter = 0; counter < 256; ++counter) {
    const auto byte = static_cast<std::uint8_t>(counter);
    KeyPair out;
    out.secret = reduce(expand_message_64({input.view(), ByteView(&byte, 1)}, dst));
    if (is_zero(out.secret)) continue;
    if (crypto_scalarmult_ristretto255_base(out.public_key.data(), out.secret.data()) != 0)
      return Error::malformed;
    return out;
  }
  return Error::malformed;
}

Element hash_to_group(ByteView input) {
  static const std::string dst = "HashToGroup-" + context();
  const ByteArray<64> uniform = expand_message_64({input}, dst);
  Element out;
  crypto_core_ristretto255_from_hash(out.data(), uniform.data());
  return out;
}

Scalar hash_to_scalar(ByteView input, std::string_view dst) {
  return reduce(expand_message_64({input}, dst));
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

Result<std::vector<Element>> parse_elements(ByteView elements) {
  if (elements.empty() || elements.size() % 32 != 0) return Error::malformed;
  std::vector<Element> out(elements.size() / 32);
  std::memcpy(out.data(), elements.data(), elements.size());
  for (const Element& element : out)
    if (!is_valid_element(element)) return Error::bad_point;
  std::vector<Element> sorted = out;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return Error::duplicate_element;
  return out;
}

void evaluate(const Scalar& secret, std::span<const Element> blinded,
              std::span<Element> evaluated) {
  for (std::size_t i = 0; i < blinded.size(); ++i) {
    const bool ok = multiply(evaluated[i], secret, blinded[i]);
    if (!ok) throw std::logic_error("evaluated an element that was not checked");
  }
}

Proof prove(const KeyPair& key, std::span<const Element> blinded,
            std::span<const Element> evaluated, const Scalar& random) {
  const Composites composites = composites_for(key.public_key);
  Element m{};  // the identity
  for (std::size_t i = 0; i < blinded.size(); ++i) {
    Element term;
    if (multiply(term, weight(composites, i, blinded[i], evaluated[i]), blinded[i]))
      add_to(m, term);
  }
  Element z{}, t2{}, t3{};
  const bool ok = multiply(z, key.secret, m) &&
                  crypto_scalarmult_ristretto255_base(t2.data(), random.data()) == 0 &&
                  multiply(t3, random, m);
  if (!ok) throw std::logic_error("proof over the identity");
  Proof out;
  out.c = challenge(key.public_key, m, z, t2, t3);
  Scalar product;
  crypto_core_ristretto255_scalar_mul(product.data(), out.c.data(), key.secret.data());
  crypto_core_ristretto255_scalar_sub(out.s.data(), random.data(), product.data());
  return out;
}

Scalar hedged_nonce(const KeyPair& key, const ByteArray<32>& random,
                    std::span<const Element> blinded, std::span<const Element> evaluated) {
  const ByteArray<64> statement = sha512({key.public_key, bytes_of(blinded), bytes_of(evaluated)});
  return reduce(expand_message_64({key.secret, random, statement}, "bakhita/1/dleq-nonce"));
}

bool verify(const Element& public_key, std::span<const Element> blinded,
            std::span<const Element> evaluated, const Proof& proof) {
  if (blinded.empty() || blinded.size() != evaluated.size() || blinded.size() > 65'535)
    return false;
  const Composites composites = composites_for(public_key);
  Element m{}, z{};
  for (std::size_t i = 0; i < blinded.size(); ++i) {
    const Scalar d = weight(composites, i, blinded[i], evaluated[i]);
    Element term;
    if (!multiply(term, d, blinded[i])) return false;
    add_to(m, term);
    if (!multiply(term, d, evaluated[i])) return false;
    add_to(z, term);
  }
  // t2 = s·G + c·pk, t3 = s·M + c·Z. A zero product is the identity, which libsodium reports as
  // failure.
  Element sg{}, cpk{}, sm{}, cz{}, t2, t3;
  if (!is_zero(proof.s)) {
    if (crypto_scalarmult_ristretto255_base(sg.data(), proof.s.data()) != 0) return false;
    if (!multiply(sm, proof.s, m)) return false;
  }
  if (!multiply(cpk, proof.c, public_key) || !multiply(cz, proof.c, z)) return false;
  if (crypto_core_ristretto255_add(t2.data(), sg.data(), cpk.data()) != 0) return false;
  if (crypto_core_ristretto255_add(t3.data(), sm.data(), cz.data()) != 0) return false;
  const Scalar expected = challenge(public_key, m, z, t2, t3);
  return sodium_memcmp(expected.data(), proof.c.data(), expected.size()) == 0;
}

Output finalize(ByteView input, const Scalar& blind, const Element& evaluated) {
  Scalar inverse;
  Element unblinded;
  if (crypto_core_ristretto255_scalar_invert(inverse.data(), blind.data()) != 0 ||
      !multiply(unblinded, inverse, evaluated))
    throw std::logic_error("finalize without a verified evaluation");
  ByteWriter transcript;
  transcript.prefixed(input).prefixed(unblinded).text("Finalize");
  return sha512({transcript.view()});
}

}  // namespace bakhita::voprf
