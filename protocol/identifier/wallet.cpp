// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <optional>

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

/// A namespace of CAIP-2 and a reference in it, with the chain that they mean. Addresses of all
/// EVM chains are the same: any number is a reference of eip155.
struct CaipChain {
  std::string_view space, reference, chain;
};
constexpr CaipChain caip_chains[] = {{"bip122", "000000000019d6689c085ae165831e93", "bitcoin"},
                                     {"bip122", "12a765e31ffd4059bada1e25190f6e98", "litecoin"},
                                     {"bip122", "1a91e3dace36e2be3bf030a65679fe82", "dogecoin"},
                                     {"bip122", "00000ffd590b1485b3caadc19b22e637", "dash"},
                                     {"tron", "0x2b6653dc", "tron"},
                                     {"tron", "mainnet", "tron"}};

/// What was written, cut up: an address, and the chain that must come out, if one is named.
struct Written {
  std::string chain;
  std::string_view address;
};

/// CAIP-10: namespace:reference:address, the rest behind the namespace.
std::optional<Written> from_caip(std::string_view space, std::string_view rest) {
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string reference = text::lower_ascii(rest.substr(0, colon));
  const std::string_view address = text::trim(rest.substr(colon + 1));
  if (space == "eip155" && text::is_digits(reference)) return Written{"ethereum", address};
  for (const CaipChain& known : caip_chains)
    if (space == known.space && reference == known.reference)
      return Written{std::string(known.chain), address};
  return std::nullopt;
}

/// EIP-681: "0x…@1" is paid itself; in "0x…/transfer?address=0x…" the address is paid in a token
/// whose contract stands in front. Another call names no wallet.
std::optional<std::string_view> paid_by(std::string_view request) {
  const std::size_t question = request.find('?');
  const std::size_t slash = request.substr(0, question).find('/');
  if (slash == std::string_view::npos) return request.substr(0, request.find_first_of("?@;"));
  if (text::trim(request.substr(slash + 1, question - slash - 1)).empty())
    return request.substr(0, std::min(slash, request.find('@')));
  if (request.substr(slash + 1, question - slash - 1) != "transfer" ||
      question == std::string_view::npos)
    return std::nullopt;
  for (std::string_view parameter : text::split(request.substr(question + 1), '&'))
    if (parameter.starts_with("address=")) return parameter.substr(8);
  return std::nullopt;
}

/// "bitcoin:1abc…?amount=1", "ethereum:0x…@1", "eip155:1:0x…", an address alone.
std::optional<Written> cut_up(std::string_view text) {
  const std::size_t colon = text.find_first_of(":\x1f");
  if (colon == std::string_view::npos) return Written{"", text};
  const std::string scheme = text::lower_ascii(text::trim(text.substr(0, colon)));
  text = text::trim(text.substr(colon + 1));
  if (auto caip = from_caip(scheme, text)) return caip;
  while (text.starts_with("/")) text.remove_prefix(1);
  if (scheme != "ethereum")
    return Written{scheme, text::trim(text.substr(0, text.find_first_of("?@/;")))};
  if (text.starts_with("pay-")) text.remove_prefix(4);
  const auto paid = paid_by(text);
  if (!paid) return std::nullopt;
  return Written{scheme, text::trim(*paid)};
}

}  // namespace

Canonical canonical_wallet(std::string_view written) {
  if (written.size() > 512) return Refusal::too_long;
  const auto parts = cut_up(written);
  if (!parts) return Refusal::bad_form;
  const auto& [named_chain, address] = *parts;
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
  if (const auto* form = std::get_if<std::string>(&out); form != nullptr && !named_chain.empty()) {
    const std::string chain = form->substr(0, form->find(form_separator));
    if (named_chain != chain) return Refusal::unknown_chain;
  }
  return out;
}

}  // namespace bakhita
