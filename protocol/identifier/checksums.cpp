// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/checksums.h"

#include <algorithm>
#include <bit>

#include "protocol/feed/merkle.h"
#include "protocol/identifier/text.h"

namespace bakhita {
namespace {

constexpr std::string_view base58_alphabet =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view bech32_alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::uint32_t bech32_constant = 1, bech32m_constant = 0x2bc830a3;

std::uint32_t polymod_step(std::uint32_t state) {
  constexpr std::uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3};
  std::uint32_t out = (state & 0x1ffffff) << 5;
  for (int i = 0; i < 5; ++i)
    if ((state >> (25 + i) & 1) != 0) out ^= generator[i];
  return out;
}

/// Groups of 5 bits to bytes; false when padding is too long or not zero.
bool to_program(const Bytes& groups, Bytes& program) {
  std::uint32_t held = 0;
  int bits = 0;
  for (std::uint8_t group : groups) {
    held = held << 5 | group;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    program.push_back(static_cast<std::uint8_t>(held >> bits));
  }
  return bits < 5 && (held & ((1u << bits) - 1)) == 0;
}

void keccak_f(std::array<std::uint64_t, 25>& a) {
  static constexpr std::uint64_t round_constants[24] = {
      0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
      0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
      0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
      0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
      0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
      0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
  static constexpr int rotations[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                        27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
  static constexpr int lanes[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                    15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
  for (std::uint64_t constant : round_constants) {
    std::uint64_t c[5];
    for (std::size_t x = 0; x < 5; ++x) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (std::size_t x = 0; x < 5; ++x) {
      const std::uint64_t d = c[(x + 4) % 5] ^ std::rotl(c[(x + 1) % 5], 1);
      for (std::size_t y = 0; y < 25; y += 5) a[x + y] ^= d;
    }
    std::uint64_t carried = a[1];
    for (int i = 0; i < 24; ++i)
      carried =
          std::exchange(a[static_cast<std::size_t>(lanes[i])], std::rotl(carried, rotations[i]));
    for (std::size_t y = 0; y < 25; y += 5) {
      std::uint64_t row[5];
      std::copy_n(a.begin() + static_cast<std::ptrdiff_t>(y), 5, row);
      for (std::size_t x = 0; x < 5; ++x)
        a[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
    a[0] ^= constant;
  }
}

}  // namespace

std::optional<Bytes> decode_base58check(std::string_view text) {
  if (text.size() < 6 || text.size() > 128) return std::nullopt;
  Bytes number;  // little-endian base 256
  for (char c : text) {
    const std::size_t digit = base58_alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    unsigned carry = static_cast<unsigned>(digit);
    for (std::uint8_t& byte : number) {
      carry += static_cast<unsigned>(byte) * 58;
      byte = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) number.push_back(static_cast<std::uint8_t>(carry));
  }
  for (std::size_t i = 0; i < text.size() && text[i] == '1'; ++i) number.push_back(0);
  std::reverse(number.begin(), number.end());
  if (number.size() < 5) return std::nullopt;
  const ByteView payload = ByteView(number).first(number.size() - 4);
  const Hash check = sha256(sha256(payload));
  if (!std::equal(check.begin(), check.begin() + 4, number.end() - 4)) return std::nullopt;
  return to_bytes(payload);
}

bool is_segwit_address(std::string_view written, std::string_view hrp) {
  if (written.size() < hrp.size() + 8 || written.size() > 90) return false;
  const std::string text = text::lower_ascii(written);
  if (text != written && text::upper_ascii(written) != written) return false;
  if (!text.starts_with(hrp) || text[hrp.size()] != '1') return false;
  std::uint32_t state = 1;
  for (char c : hrp) state = polymod_step(state) ^ static_cast<std::uint32_t>(c >> 5);
  state = polymod_step(state);
  for (char c : hrp) state = polymod_step(state) ^ static_cast<std::uint32_t>(c & 31);
  Bytes groups;
  for (char c : std::string_view(text).substr(hrp.size() + 1)) {
    const std::size_t value = bech32_alphabet.find(c);
    if (value == std::string_view::npos) return false;
    groups.push_back(static_cast<std::uint8_t>(value));
    state = polymod_step(state) ^ static_cast<std::uint32_t>(value);
  }
  groups.resize(groups.size() - 6);
  if (groups.empty()) return false;
  const int version = groups[0];
  groups.erase(groups.begin());
  if (version > 16 || state != (version == 0 ? bech32_constant : bech32m_constant)) return false;
  Bytes program;
  if (!to_program(groups, program) || program.size() < 2 || program.size() > 40) return false;
  return version != 0 || program.size() == 20 || program.size() == 32;
}

ByteArray<32> keccak256(ByteView bytes) {
  constexpr std::size_t rate = 136;
  std::array<std::uint64_t, 25> state{};
  Bytes padded = to_bytes(bytes);
  padded.push_back(0x01);
  padded.resize((padded.size() + rate - 1) / rate * rate);
  padded.back() = static_cast<std::uint8_t>(padded.back() | 0x80);
  for (std::size_t block = 0; block < padded.size(); block += rate) {
    for (std::size_t i = 0; i < rate; ++i)
      state[i / 8] ^= static_cast<std::uint64_t>(padded[block + i]) << (i % 8 * 8);
    keccak_f(state);
  }
  ByteArray<32> out;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(state[i / 8] >> (i % 8 * 8));
  return out;
}

}  // namespace bakhita
