// SPDX-License-Identifier: EUPL-1.2
#include "protocol/community/card.h"

#include <sodium.h>

#include <algorithm>
#include <cstdio>

#include "protocol/characters.h"
#include "protocol/feed/merkle.h"

namespace bakhita {
namespace {

constexpr std::string_view signed_prefix = "bakhita/1/card";
constexpr int verification_rounds = 5'200;

bool is_line(std::string_view text, std::size_t size_max) {
  return text.size() <= size_max && is_printable(text);
}

/// A country is a file name, a column and a word in scripts.
bool is_country(std::string_view text) {
  if (text.size() < 2 || text.size() > 16) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool has_valid_fields(const v1::NodeCard& card) {
  if (card.identity_key().size() != 32 || card.log_key().size() != 32 ||
      card.tls_pin().size() != 32 || card.encryption_key().size() != 32)
    return false;
  if (card.addresses_size() > 8) return false;
  for (const std::string& address : card.addresses())
    if (!is_line(address, 255) || address.find(':') == std::string::npos) return false;
  return is_country(card.country()) && is_line(card.authority(), 200) && is_line(card.desk(), 24);
}

Bytes signed_bytes(std::string_view card) {
  return ByteWriter().text(signed_prefix).raw(as_bytes(card)).take();
}

}  // namespace

Bytes make_card(const v1::NodeCard& card, const Sign& sign) {
  v1::SignedNodeCard out;
  out.set_card(card.SerializeAsString());
  out.set_signature(std::string(as_text(sign(signed_bytes(out.card())))));
  return to_bytes(as_bytes(out.SerializeAsString()));
}

Result<v1::NodeCard> open_card(ByteView signed_card, std::uint64_t now) {
  if (signed_card.size() > card_size_max) return Error::too_large;
  v1::SignedNodeCard outer;
  v1::NodeCard card;
  if (!outer.ParseFromArray(signed_card.data(), static_cast<int>(signed_card.size())) ||
      !card.ParseFromString(outer.card()))
    return Error::malformed;
  if (card.format() != 1) return Error::unknown_version;
  if (!card.GetReflection()->GetUnknownFields(card).empty() || !has_valid_fields(card))
    return Error::malformed;
  const auto signature = to_array<64>(as_bytes(outer.signature()));
  const auto key = to_array<32>(as_bytes(card.identity_key()));
  if (!signature || !verify_ed25519(signed_bytes(outer.card()), *signature, *key))
    return Error::bad_signature;
  if (now > card.valid_until()) return Error::refused;
  return card;
}

Result<Hash> card_hash(ByteView signed_card) {
  v1::SignedNodeCard outer;
  if (!outer.ParseFromArray(signed_card.data(), static_cast<int>(signed_card.size())))
    return Error::malformed;
  return sha256(as_bytes(outer.card()));
}

NodeId node_of(const v1::NodeCard& card) {
  return {to_array<32>(as_bytes(card.identity_key())).value_or(ByteArray<32>{})};
}

Hash tls_pin(const PublicKey& tls_key) {
  static constexpr ByteArray<12> prefix{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                        0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
  return sha256(ByteWriter().raw(prefix).raw(tls_key).view());
}

std::string verification_number(const NodeId& one, const NodeId& other) {
  ByteWriter keys;
  keys.raw(std::min(one, other).bytes).raw(std::max(one, other).bytes);
  const Bytes both = keys.take();
  Bytes input = ByteWriter().text("bakhita/1/verification").raw(both).take();
  ByteArray<64> digest{};
  for (int round = 0; round <= verification_rounds; ++round) {
    crypto_generichash(digest.data(), digest.size(), input.data(), input.size(), nullptr, 0);
    input = ByteWriter().raw(digest).raw(both).take();
  }
  std::string out;
  for (std::size_t group = 0; group < 12; ++group) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 5; ++i) value = value << 8 | digest[group * 5 + i];
    char digits[8];
    std::snprintf(digits, sizeof digits, "%05u", static_cast<unsigned>(value % 100'000));
    out += (out.empty() ? "" : " ") + std::string(digits);
  }
  return out;
}

}  // namespace bakhita
