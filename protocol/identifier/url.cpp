// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <optional>

#include "protocol/characters.h"
#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

// RFC 3986 section 6 normalisation, without scheme, default port, fragment and tracking parameters.

namespace bakhita {
namespace {

constexpr std::size_t url_size_max = 2'048;
constexpr std::size_t port_max = 65'535;
constexpr int rounds_max = 4;
constexpr std::string_view unreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr std::string_view reserved_in_path = "!$&'()*+,;=:@/";
constexpr std::string_view reserved_in_query = "!$&'()*+,;=:@/?";

bool contains(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

std::string escaped(unsigned char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  return {'%', digits[byte >> 4], digits[byte & 15]};
}

/// The byte of an escape at `at`, or -1.
int escape_at(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') return -1;
  const int high = text::hex_value(text[at + 1]), low = text::hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// The character beyond ASCII whose escapes begin at `at`; empty when they are no text that may
/// stand raw.
std::string escaped_character(std::string_view text, std::size_t at) {
  std::string bytes;
  for (int byte = escape_at(text, at); byte >= 0x80 && bytes.size() < 4;
       byte = escape_at(text, at += 3)) {
    bytes += static_cast<char>(byte);
    if (first_invalid_utf8(bytes)) continue;
    return text::fold_inside(bytes) ? bytes : "";
  }
  return "";
}

/// Unreserved characters decoded, other escapes upper case; what is not ASCII is folded as if it
/// stood there raw, and escaped. An escape that stays is a border: nothing folds across it.
std::string normalise_escapes(std::string_view part, std::string_view reserved) {
  std::string out;
  std::string raw;
  const auto flush = [&] {
    for (char c : text::fold_inside(raw).value_or(raw))
      if (contains(unreserved, c) || contains(reserved, c))
        out += c;
      else
        out += escaped(static_cast<unsigned char>(c));
    raw.clear();
  };
  for (std::size_t i = 0; i < part.size();) {
    const int byte = escape_at(part, i);
    if (byte < 0) {
      raw += part[i++];
    } else if (contains(unreserved, static_cast<char>(byte))) {
      raw += static_cast<char>(byte);
      i += 3;
    } else if (const std::string character = escaped_character(part, i); !character.empty()) {
      raw += character;
      i += 3 * character.size();
    } else {
      flush();
      out += escaped(static_cast<unsigned char>(byte));
      i += 3;
    }
  }
  flush();
  return out;
}

/// RFC 3986 section 5.2.4, with empty segments dropped and no trailing slash.
std::string resolve_path(const std::string& path) {
  std::vector<std::string_view> kept;
  for (std::string_view segment : text::split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..")
      kept.push_back(segment);
    else if (!kept.empty())
      kept.pop_back();
  }
  std::string out;
  for (std::string_view segment : kept) out += "/" + std::string(segment);
  return out;
}

bool is_tracking(const Tables& tables, std::string_view parameter) {
  const std::string name = text::lower_ascii(parameter.substr(0, parameter.find('=')));
  return std::any_of(tables.tracking_parameters.begin(), tables.tracking_parameters.end(),
                     [&](const std::string& known) {
                       return known.ends_with('*')
                                  ? name.starts_with(known.substr(0, known.size() - 1))
                                  : name == known;
                     });
}

std::string sort_query(const Tables& tables, const std::string& query) {
  std::vector<std::string> kept;
  for (std::string_view parameter : text::split(query, '&'))
    if (!parameter.empty() && !is_tracking(tables, parameter)) kept.emplace_back(parameter);
  std::sort(kept.begin(), kept.end());
  std::string out;
  for (const std::string& parameter : kept) out += (out.empty() ? "?" : "&") + parameter;
  return out;
}

/// Cuts "http://" or "https://"; any other word before a colon is a scheme unless a port follows.
std::optional<Refusal> strip_scheme(std::string_view& text) {
  bool found = false;
  for (std::string_view scheme : {"http:", "https:"})
    if (!found && text::starts_with_nocase(text, scheme)) {
      text.remove_prefix(scheme.size());
      found = true;
    }
  const std::size_t colon = text.find(':');
  if (!found && colon < text.find_first_of("/?#.[\\")) {
    const std::string_view behind =
        text.substr(colon + 1, text.find_first_of("/?#\\", colon) - colon - 1);
    if (!text::is_digits(behind)) return Refusal::other_scheme;
  }
  while (text.starts_with("/") || text.starts_with("\\")) text.remove_prefix(1);
  return std::nullopt;
}

/// ":8080", "" for the default ports of both schemes, since the scheme is gone.
Canonical canonical_port(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  if (digits.empty() || digits == "80" || digits == "443") return std::string();
  if (!text::is_digits(digits) || digits.size() > 5) return Refusal::bad_form;
  const std::size_t port = std::stoul(std::string(digits));
  if (port == 0 || port > port_max) return Refusal::bad_form;
  return ":" + std::string(digits);
}

Canonical canonical_url_host(std::string_view written) {
  const auto host = text::plain_from_link(written);
  if (!host) return Refusal::bad_domain;
  if (host->find(' ') != std::string::npos) return Refusal::space_inside;
  if (!is_ip_literal(*host)) {
    Canonical name = canonical_host(*host);
    if (std::holds_alternative<Refusal>(name)) return name;
    return without_www(std::get<std::string>(name));
  }
  const Canonical ip = canonical_ip_address(*host);
  if (std::holds_alternative<Refusal>(ip)) return ip;
  const std::string& text = std::get<std::string>(ip);
  return text.find(':') == std::string::npos ? text : "[" + text + "]";
}

/// Host and port.
Canonical canonical_authority(std::string_view authority) {
  if (authority.empty()) return Refusal::no_host;
  if (authority.find('@') != std::string_view::npos) return Refusal::userinfo;
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  Canonical host = canonical_url_host(authority.substr(0, colon));
  if (colon == std::string_view::npos || std::holds_alternative<Refusal>(host)) return host;
  const Canonical port = canonical_port(authority.substr(colon + 1));
  if (std::holds_alternative<Refusal>(port)) return port;
  return std::get<std::string>(host) + std::get<std::string>(port);
}

Canonical canonical_once(const Tables& tables, std::string_view text) {
  if (const auto refusal = strip_scheme(text)) return *refusal;
  if (text.find(' ') != std::string_view::npos) return Refusal::space_inside;
  text = text.substr(0, text.find('#'));
  const std::size_t authority_end = std::min(text.find_first_of("/?\\"), text.size());
  const Canonical authority = canonical_authority(text.substr(0, authority_end));
  if (std::holds_alternative<Refusal>(authority)) return authority;
  const std::string_view rest = text.substr(authority_end);
  const std::size_t question = rest.find('?');
  std::string path(rest.substr(0, question));
  std::replace(path.begin(), path.end(), '\\', '/');  // as browsers have it
  const std::string query = question == std::string_view::npos
                                ? ""
                                : normalise_escapes(rest.substr(question + 1), reserved_in_query);
  return std::get<std::string>(authority) +
         resolve_path(normalise_escapes(path, reserved_in_path)) + sort_query(tables, query);
}

}  // namespace

Canonical canonical_url(const Tables& tables, std::string_view written) {
  if (written.size() > url_size_max) return Refusal::too_long;
  if (written.empty()) return Refusal::empty;
  std::string text(written);
  // Decoding can bring forth a defanged sign; the form that is left holds none.
  for (int round = 0; round < rounds_max; ++round) {
    Canonical form = canonical_once(tables, text);
    if (std::holds_alternative<Refusal>(form)) return form;
    const std::string& out = std::get<std::string>(form);
    if (out.size() > url_size_max) return Refusal::too_long;
    std::string again = text::refang(out);
    if (again == out) return form;
    text = std::move(again);
  }
  return Refusal::bad_form;
}

}  // namespace bakhita
