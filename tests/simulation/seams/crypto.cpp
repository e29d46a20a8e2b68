// SPDX-License-Identifier: EUPL-1.2
// The linker sends the product's calls of these libsodium functions here (--wrap); `__real_` are
// libsodium's own.
#include "tests/simulation/seams/crypto.h"

#include <sodium.h>

#include <cstdlib>
#include <cstring>

namespace bakhita::simulation {

Crypto& crypto() {
  static Crypto state;
  return state;
}

namespace {

const char* entropy_name() { return "simulation"; }
void fill(void* out, const size_t size) {
  Random* entropy = crypto().entropy;
  if (entropy == nullptr) std::abort();
  auto* at = static_cast<unsigned char*>(out);
  for (size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = entropy->next();
    std::memcpy(at + i, &word, size - i < 8 ? size - i : 8);
  }
}
std::uint32_t one() {
  std::uint32_t out;
  fill(&out, sizeof out);
  return out;
}

/// Keeps the seed's half of the 64-byte secret key as libsodium does.
void stub_public_key(unsigned char* public_key, const unsigned char* seed) {
  crypto_generichash(public_key, 32, seed, 32, crypto().run_secret.data(), 32);
}
void stub_signature(unsigned char* signature, const unsigned char* message, unsigned long long size,
                    const unsigned char* public_key) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, crypto().run_secret.data(), 32, 64);
  crypto_generichash_update(&state, public_key, 32);
  crypto_generichash_update(&state, message, size);
  crypto_generichash_final(&state, signature, 64);
}

}  // namespace

void take_over_entropy() {
  static randombytes_implementation source{};
  source.implementation_name = entropy_name;
  source.random = one;
  source.buf = fill;
  Random boot(1);
  crypto().entropy = &boot;  // libsodium draws its guard bytes once
  randombytes_set_implementation(&source);
  if (sodium_init() < 0) std::abort();
  crypto().entropy = nullptr;
}

}  // namespace bakhita::simulation

extern "C" {
using bakhita::simulation::crypto;

// Guarded pages cost two mappings a secret; hundreds of nodes have hundreds each.
void* __wrap_sodium_malloc(size_t size) { return std::malloc(size == 0 ? 1 : size); }
void __wrap_sodium_free(void* memory) { std::free(memory); }

int __real_crypto_sign_seed_keypair(unsigned char*, unsigned char*, const unsigned char*);
int __real_crypto_sign_detached(unsigned char*, unsigned long long*, const unsigned char*,
                                unsigned long long, const unsigned char*);
int __real_crypto_sign_verify_detached(const unsigned char*, const unsigned char*,
                                       unsigned long long, const unsigned char*);
int __real_crypto_scalarmult_ristretto255(unsigned char*, const unsigned char*,
                                          const unsigned char*);
int __real_crypto_scalarmult_ristretto255_base(unsigned char*, const unsigned char*);
int __real_crypto_core_ristretto255_add(unsigned char*, const unsigned char*, const unsigned char*);
int __real_crypto_core_ristretto255_from_hash(unsigned char*, const unsigned char*);
int __real_crypto_core_ristretto255_is_valid_point(const unsigned char*);

int __wrap_crypto_sign_seed_keypair(unsigned char* public_key, unsigned char* secret,
                                    const unsigned char* seed) {
  if (crypto().real_signatures) return __real_crypto_sign_seed_keypair(public_key, secret, seed);
  bakhita::simulation::stub_public_key(public_key, seed);
  std::memcpy(secret, seed, 32);
  std::memcpy(secret + 32, public_key, 32);
  return 0;
}
int __wrap_crypto_sign_detached(unsigned char* signature, unsigned long long* size,
                                const unsigned char* message, unsigned long long message_size,
                                const unsigned char* secret) {
  if (crypto().on_signature)
    crypto().on_signature({secret + 32, 32}, {message, static_cast<size_t>(message_size)});
  if (crypto().real_signatures)
    return __real_crypto_sign_detached(signature, size, message, message_size, secret);
  bakhita::simulation::stub_signature(signature, message, message_size, secret + 32);
  if (size != nullptr) *size = 64;
  return 0;
}
int __wrap_crypto_sign_verify_detached(const unsigned char* signature, const unsigned char* message,
                                       unsigned long long message_size,
                                       const unsigned char* public_key) {
  if (crypto().real_signatures)
    return __real_crypto_sign_verify_detached(signature, message, message_size, public_key);
  unsigned char expected[64];
  bakhita::simulation::stub_signature(expected, message, message_size, public_key);
  return std::memcmp(expected, signature, 64) == 0 ? 0 : -1;
}

int __wrap_crypto_scalarmult_ristretto255(unsigned char* out, const unsigned char* scalar,
                                          const unsigned char* element) {
  if (crypto().real_group) return __real_crypto_scalarmult_ristretto255(out, scalar, element);
  unsigned char product[32];
  crypto_core_ristretto255_scalar_mul(product, scalar, element);
  std::memcpy(out, product, 32);
  const bool canonical = (element[31] & 0xe0) == 0;
  return canonical && sodium_is_zero(out, 32) == 0 ? 0 : -1;
}
int __wrap_crypto_scalarmult_ristretto255_base(unsigned char* out, const unsigned char* scalar) {
  if (crypto().real_group) return __real_crypto_scalarmult_ristretto255_base(out, scalar);
  std::memcpy(out, scalar, 32);
  return sodium_is_zero(out, 32) == 0 ? 0 : -1;
}
int __wrap_crypto_core_ristretto255_add(unsigned char* out, const unsigned char* a,
                                        const unsigned char* b) {
  if (crypto().real_group) return __real_crypto_core_ristretto255_add(out, a, b);
  unsigned char sum[32];
  crypto_core_ristretto255_scalar_add(sum, a, b);
  std::memcpy(out, sum, 32);
  return 0;
}
int __wrap_crypto_core_ristretto255_from_hash(unsigned char* out, const unsigned char* hash) {
  if (crypto().real_group) return __real_crypto_core_ristretto255_from_hash(out, hash);
  crypto_core_ristretto255_scalar_reduce(out, hash);
  return 0;
}
int __wrap_crypto_core_ristretto255_is_valid_point(const unsigned char* element) {
  if (crypto().real_group) return __real_crypto_core_ristretto255_is_valid_point(element);
  return (element[31] & 0xe0) == 0 ? 1 : 0;
}
}
