// SPDX-License-Identifier: EUPL-1.2
#include "protocol/voprf/expand_message.h"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

namespace bakhita {
namespace {

constexpr std::size_t digest_size = 64;
constexpr std::size_t dst_size_max = 255;
constexpr std::size_t output_size_max = 255 * digest_size;

/// Every expansion starts with a block of zeros; its state is made once and copied.
const crypto_hash_sha512_state& after_zero_block() {
  static const crypto_hash_sha512_state state = [] {
    static constexpr ByteArray<128> zero_block{};
    crypto_hash_sha512_state start;
    crypto_hash_sha512_init(&start);
    crypto_hash_sha512_update(&start, zero_block.data(), zero_block.size());
    return start;
  }();
  return state;
}

ByteArray<64> finish(crypto_hash_sha512_state state, std::initializer_list<ByteView> parts) {
  for (ByteView part : parts) crypto_hash_sha512_update(&state, part.data(), part.size());
  ByteArray<64> out;
  crypto_hash_sha512_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
  return out;
}

}  // namespace

ByteArray<64> sha512(std::initializer_list<ByteView> parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  return finish(state, parts);
}

void expand_message_xmd(std::initializer_list<ByteView> message, std::string_view dst,
                        std::span<std::uint8_t> out) {
  if (dst.size() > dst_size_max || out.size() > output_size_max)
    throw std::length_error("expand_message_xmd takes short tags and gives at most 255 blocks");
  const auto dst_size = static_cast<std::uint8_t>(dst.size());
  const ByteArray<3> size_and_zero{static_cast<std::uint8_t>(out.size() >> 8),
                                   static_cast<std::uint8_t>(out.size()), 0};
  const ByteView dst_end(&dst_size, 1);
  crypto_hash_sha512_state state = after_zero_block();
  for (ByteView part : message) crypto_hash_sha512_update(&state, part.data(), part.size());
  ByteArray<64> b0 = finish(state, {size_and_zero, as_bytes(dst), dst_end});
  ByteArray<64> block{};  // xored into b0 for the next; nothing before the first
  std::uint8_t counter = 1;
  for (std::size_t done = 0; done < out.size(); ++counter) {
    for (std::size_t i = 0; i < block.size(); ++i) block[i] ^= b0[i];
    block = sha512({block, ByteView(&counter, 1), as_bytes(dst), dst_end});
    const std::size_t take = std::min(block.size(), out.size() - done);
    std::copy_n(block.begin(), take, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += take;
  }
  sodium_memzero(&state, sizeof state);
  sodium_memzero(b0.data(), b0.size());
  sodium_memzero(block.data(), block.size());
}

}  // namespace bakhita
