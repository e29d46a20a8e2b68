// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "protocol/identifier/checksums.h"
#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

namespace bakhita {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

struct Base58Chain {
  std::string_view chain;
  std::uint8_t version;
};
/// Version bytes of 20-byte payloads. Litecoin's old script form (5) is written like Bitcoin's and
/// is taken as that.
constexpr Base58Chain base58_chains[] = {{"bitcoin", 0x00},  {"bitcoin", 0x05},  {"tron", 0x41},
                                         {"litecoin", 0x30}, {"litecoin", 0x32}, {"dogecoin", 0x1e},
                                         {"dogecoin", 0x16}, {"dash", 0x4c},     {"dash", 0x10}};

Canonical with_chain(std::string_view chain, std::string_view address) {
  return std::string(chain) + form_separator + std::string(address);
}

/// EIP-55: the case of each letter is a bit of the hash of the lower-case form.
bool has_eip55_case(std::string_view address, const std::string& lower) {
  const auto hash = keccak256(as_bytes(lower));
  for (std::size_t i = 0; i < address.size(); ++i) {
    const int nibble = hash[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
    const bool is_upper = address[i] >= 'A' && address[i] <= 'F';
    const bool is_letter = is_upper || (address[i] >= 'a' && address[i] <= 'f');
    if (is_letter && is_upper != (nibble >= 8)) return false;
  }
  return true;
}

Canonical evm(std::string_view address) {
  const std::string lower = text::lower_ascii(address);
  if (lower.size() != 40) return Refusal::bad_length;
  if (!text::all_of_set(lower, hex_digits)) return Refusal::not_hexadecimal;
  const bool mixed = address != lower && address != text::upper_ascii(address);
  if (mixed && !has_eip55_case(address, lower)) return Refusal::bad_checksum;
  return with_chain("ethereum", "0x" + lower);
}

/// "bitcoin:1abc…?amount=1" → the address; the scheme says which chain must come out.
std::string_view strip_uri(std::string_view text, std::string& scheme) {
  const std::size_t colon = text.find_first_of(":\x1f");
  if (colon == std::string_view::npos) return text;
  scheme = text::lower_ascii(text.substr(0, colon));
  text.remove_prefix(colon + 1);
  while (text.starts_with("/")) text.remove_prefix(1);
  return text::trim(text.substr(0, text.find_first_of("?@/;")));
}

}  // namespace

Canonical canonical_wallet(std::string_view written) {
  if (written.size() > 512) return Refusal::too_long;
  std::string scheme;
  std::string_view address = text::trim(strip_uri(written, scheme));
  if (scheme == "ethereum" && address.starts_with("pay-")) address.remove_prefix(4);  // EIP-681
  if (address.empty()) return Refusal::empty;
  if (address.find(' ') != std::string_view::npos) return Refusal::space_inside;
  Canonical out = Refusal::unknown_chain;
  if (text::starts_with_nocase(address, "0x")) {
    out = evm(address.substr(2));
  } else if (text::starts_with_nocase(address, "bc1") ||
             text::starts_with_nocase(address, "ltc1")) {
    const bool bitcoin = text::starts_with_nocase(address, "bc1");
    out = is_segwit_address(address, bitcoin ? "bc" : "ltc")
              ? with_chain(bitcoin ? "bitcoin" : "litecoin", text::lower_ascii(address))
              : Canonical(Refusal::bad_checksum);
  } else if (const auto payload = decode_base58check(address)) {
    for (const Base58Chain& chain : base58_chains)
      if (payload->size() == 21 && payload->front() == chain.version &&
          std::holds_alternative<Refusal>(out))
        out = with_chain(chain.chain, address);
  } else if (address.size() >= 26 && address.size() <= 35) {
    out = Refusal::bad_checksum;
  }
  if (const auto* form = std::get_if<std::string>(&out); form != nullptr && !scheme.empty()) {
    const std::string chain = form->substr(0, form->find(form_separator));
    if (scheme != chain) return Refusal::unknown_chain;
  }
  return out;
}

}  // namespace bakhita
