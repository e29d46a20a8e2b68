// SPDX-License-Identifier: EUPL-1.2
#include "protocol/voprf/hkdf.h"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

namespace bakhita {
namespace {

ByteArray<64> hmac(ByteView key, ByteView a, ByteView b = {}, ByteView c = {}) {
  crypto_auth_hmacsha512_state state;
  crypto_auth_hmacsha512_init(&state, key.data(), key.size());
  for (ByteView part : {a, b, c}) crypto_auth_hmacsha512_update(&state, part.data(), part.size());
  ByteArray<64> out;
  crypto_auth_hmacsha512_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
  return out;
}

}  // namespace

ByteArray<64> hkdf_extract(ByteView salt, ByteView key_material) {
  return hmac(salt, key_material);
}

void hkdf_expand(const ByteArray<64>& prk, ByteView info, std::span<std::uint8_t> out) {
  if (out.size() > 255 * 64) throw std::length_error("HKDF gives at most 255 blocks");
  ByteArray<64> block{};
  std::size_t block_size = 0;
  std::uint8_t counter = 1;
  for (std::size_t done = 0; done < out.size(); ++counter) {
    block = hmac(prk, ByteView(block).first(block_size), info, ByteView(&counter, 1));
    block_size = block.size();
    const std::size_t take = std::min(block.size(), out.size() - done);
    std::copy_n(block.begin(), take, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += take;
  }
  sodium_memzero(block.data(), block.size());
}

}  // namespace bakhita
