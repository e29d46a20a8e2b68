// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

// RFC 5952 for IPv6, always in hexadecimal; dotted decimal for IPv4. Documentation ranges are
// taken.

namespace bakhita {
namespace {

bool is_private(const std::array<std::uint8_t, 4>& a) {
  return a[0] == 0 || a[0] == 10 || a[0] == 127 || (a[0] == 169 && a[1] == 254) ||
         (a[0] == 172 && a[1] >= 16 && a[1] < 32) || (a[0] == 192 && a[1] == 168) ||
         (a[0] == 100 && a[1] >= 64 && a[1] < 128) || a[0] >= 224;
}

bool is_private(const std::array<std::uint8_t, 16>& a) {
  bool zero = true;
  for (std::size_t i = 0; i < 15; ++i) zero = zero && a[i] == 0;
  return (zero && a[15] <= 1) || (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
         a[0] == 0xff;
}

Canonical from_v4(const std::array<std::uint8_t, 4>& address) {
  if (is_private(address)) return Refusal::private_address;
  std::array<char, INET_ADDRSTRLEN> out{};
  inet_ntop(AF_INET, address.data(), out.data(), out.size());
  return std::string(out.data());
}

/// RFC 5952 section 4: the longest run of two groups or more that are zero, the first of equals,
/// becomes "::". C libraries differ in which addresses they write with dots.
std::string hexadecimal_form(const std::array<std::uint8_t, 16>& address) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i)
    groups[i] = static_cast<unsigned>(address[2 * i]) << 8 | address[2 * i + 1];
  std::size_t run = 0, run_size = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > run_size) run = i, run_size = end - i;
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (run_size > 1 && i == run) {
      out += "::";
      i += run_size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), groups[i], 16).ptr;
    out.append(digits.begin(), end);
  }
  return out;
}

}  // namespace

Canonical canonical_ip_address(std::string_view text) {
  if (text.size() > 64) return Refusal::too_long;
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    text = text.substr(1, text.size() - 2);
  const std::string written(text);
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, written.c_str(), v4.data()) == 1) {
    for (std::string_view part : text::split(text, '.'))
      if (part.size() > 1 && part[0] == '0') return Refusal::bad_form;  // octal to some
    return from_v4(v4);
  }
  std::array<std::uint8_t, 16> v6{};
  if (inet_pton(AF_INET6, written.c_str(), v6.data()) != 1) return Refusal::bad_form;
  static constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), v6.begin()))
    return from_v4({v6[12], v6[13], v6[14], v6[15]});
  if (is_private(v6)) return Refusal::private_address;
  return hexadecimal_form(v6);
}

}  // namespace bakhita
