// SPDX-License-Identifier: EUPL-1.2
#include <unicode/idna.h>

#include <memory>
#include <optional>

#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

namespace bakhita {
namespace {

constexpr std::size_t host_size_max = 253;       // RFC 1035 section 2.3.4, less the length octets
constexpr std::size_t written_size_max = 1'024;  // of a host name in UTF-8
constexpr int rounds_max = 4;

/// Hyphens in odd places are seen in names that work ("r3---sn.example"); browsers take them too.
constexpr std::uint32_t tolerated_errors =
    UIDNA_ERROR_LEADING_HYPHEN | UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;

const icu::IDNA* idna() {
  static const std::unique_ptr<icu::IDNA> instance = [] {
    UErrorCode status = U_ZERO_ERROR;
    // UTS #46 non-transitional: ß and ς stay themselves, as browsers have it.
    return std::unique_ptr<icu::IDNA>(icu::IDNA::createUTS46Instance(
        UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE | UIDNA_CHECK_BIDI |
            UIDNA_CHECK_CONTEXTJ,
        status));
  }();
  return instance.get();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

using Conversion = decltype(&icu::IDNA::nameToASCII_UTF8);

std::optional<std::string> converted(Conversion conversion, const std::string& name) {
  if (idna() == nullptr) return std::nullopt;
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  icu::IDNAInfo info;
  UErrorCode status = U_ZERO_ERROR;
  (idna()->*conversion)(name, sink, info, status);
  if (U_FAILURE(status) || (info.getErrors() & ~tolerated_errors) != 0) return std::nullopt;
  return out;
}

/// Labels are brought to Unicode first and folded there, so that a name typed and the same name
/// copied as xn-- reach one form.
std::optional<std::string> to_a_labels(const std::string& host) {
  // ẞ is ss to UTS #46 up to version 15.0 and ß from 15.1 on: as the capital of ß it is ß here.
  const auto unicode = converted(&icu::IDNA::nameToUnicodeUTF8, replaced(host, "ẞ", "ß"));
  if (!unicode) return std::nullopt;
  const auto folded = text::fold_inside(*unicode);
  if (!folded) return std::nullopt;
  // Turkish capital I is the capital of dotless ı, yet UTS #46 maps it to i: who writes a name in
  // capitals would never find it again. Both are written i (decision 4).
  return converted(&icu::IDNA::nameToASCII_UTF8, replaced(*folded, "ı", "i"));
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
  if (host.size() > written_size_max) return Refusal::too_long;
  while (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (host.empty()) return Refusal::no_host;
  std::string name(host);
  for (int round = 0; round < rounds_max; ++round) {
    if (is_ip_literal(name)) return Refusal::ip_literal;  // ⑫⑦.0.0.1 is one only after the mapping
    auto next = to_a_labels(name);
    if (!next) return Refusal::bad_domain;
    if (next->size() > host_size_max) return Refusal::too_long;
    // Mapping may bring forth any ASCII; underscores are seen in names below a registered one.
    if (!text::all_of_set(*next, "abcdefghijklmnopqrstuvwxyz0123456789-_."))
      return Refusal::bad_domain;
    if (*next == name)
      return name.find('.') == std::string::npos ? Canonical(Refusal::bad_domain) : Canonical(name);
    name = std::move(*next);
  }
  return Refusal::bad_domain;  // no name that anybody registered needs more rounds than two
}

std::string without_www(std::string host) {
  // All of them: what is left must not lose another one when it is brought to its form again.
  while (host.starts_with("www.") && host.find('.', 4) != std::string::npos) host.erase(0, 4);
  return host;
}

Canonical canonical_domain(std::string_view text) {
  for (std::string_view scheme : {"https:", "http:"})
    if (text::starts_with_nocase(text, scheme)) {
      text.remove_prefix(scheme.size());
      break;
    }
  while (text.starts_with("/")) text.remove_prefix(1);
  while (text.ends_with("/")) text.remove_suffix(1);
  if (text.empty()) return Refusal::no_domain;
  if (text.find('@') != std::string_view::npos) return Refusal::userinfo;
  if (text.find(' ') != std::string_view::npos) return Refusal::space_inside;
  if (text.find_first_of("/?#\\") != std::string_view::npos) return Refusal::bad_form;
  const std::size_t colon = text.find(':');
  const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon);
  if (port == ":" || port == ":80" || port == ":443")
    text = text.substr(0, colon);
  else if (!port.empty() && text::is_digits(port.substr(1)))
    return Refusal::bad_form;
  Canonical host = canonical_host(text);
  if (const auto* name = std::get_if<std::string>(&host)) return without_www(*name);
  return host;
}

}  // namespace bakhita
