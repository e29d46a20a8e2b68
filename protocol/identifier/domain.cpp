// SPDX-License-Identifier: EUPL-1.2
#include <unicode/idna.h>

#include <memory>

#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

namespace bakhita {
namespace {

constexpr std::size_t host_size_max = 253;  // RFC 1035 section 2.3.4, less the length octets

const icu::IDNA* idna() {
  static UErrorCode status = U_ZERO_ERROR;
  // UTS #46 non-transitional: ß and ς stay themselves, as browsers have it.
  static const std::unique_ptr<icu::IDNA> instance(icu::IDNA::createUTS46Instance(
      UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE | UIDNA_CHECK_BIDI |
          UIDNA_CHECK_CONTEXTJ | UIDNA_USE_STD3_RULES,
      status));
  return instance.get();
}

/// Turkish capital I is the capital of dotless ı, yet UTS #46 maps it to i: who writes a name in
/// capitals would never find it again. Both are written i before the mapping (decision 4).
std::string without_dotless_i(std::string_view host) {
  std::string out(host);
  for (std::size_t at = out.find("\xc4\xb1"); at != std::string::npos;
       at = out.find("\xc4\xb1", at))
    out.replace(at, 2, "i");
  return out;
}

}  // namespace

bool is_ip_literal(std::string_view host) {
  if (!host.empty() && (host.front() == '[' || host.find(':') != std::string_view::npos))
    return true;
  while (!host.empty() && host.back() == '.') host.remove_suffix(1);
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return text::is_digits(last) ||
         (text::starts_with_nocase(last, "0x") &&
          text::all_of_set(text::lower_ascii(last).substr(2), "0123456789abcdef"));
}

Canonical canonical_host(std::string_view host) {
  if (host.size() > 1'024) return Refusal::too_long;
  if (is_ip_literal(host)) return Refusal::ip_literal;
  while (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (host.empty()) return Refusal::no_host;
  const std::string name = without_dotless_i(host);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  icu::IDNAInfo info;
  UErrorCode status = U_ZERO_ERROR;
  idna()->nameToASCII_UTF8(name, sink, info, status);
  if (U_FAILURE(status)) return Refusal::bad_domain;
  // Names with an underscore are seen in practice; everything else that is wrong with a label is
  // wrong.
  if (info.hasErrors()) return Refusal::bad_domain;
  if (out.size() > host_size_max) return Refusal::too_long;
  if (out.find('.') == std::string::npos) return Refusal::bad_domain;
  return out;
}

std::string without_www(std::string host) {
  if (host.starts_with("www.") && host.find('.', 4) != std::string::npos) host.erase(0, 4);
  return host;
}

Canonical canonical_domain(std::string_view text) {
  for (std::string_view scheme : {"https://", "http://"})
    if (text::starts_with_nocase(text, scheme)) {
      text.remove_prefix(scheme.size());
      break;
    }
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.empty()) return Refusal::no_domain;
  if (text.find('@') != std::string_view::npos) return Refusal::userinfo;
  if (text.find_first_of("/?#") != std::string_view::npos) return Refusal::bad_form;
  for (std::string_view port : {":80", ":443"})
    if (text.ends_with(port)) text.remove_suffix(port.size());
  if (text.find(' ') != std::string_view::npos) return Refusal::space_inside;
  Canonical host = canonical_host(text);
  if (const auto* name = std::get_if<std::string>(&host)) return without_www(*name);
  return host;
}

}  // namespace bakhita
