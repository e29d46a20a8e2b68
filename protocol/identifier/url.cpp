// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

// RFC 3986 section 6 normalisation, without scheme, default port, fragment and tracking parameters.

namespace bakhita {
namespace {

constexpr std::size_t url_size_max = 2'048;
constexpr std::string_view unreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr std::string_view hex_digits = "0123456789ABCDEF";

int hex_value(char c) {
  const std::size_t at = hex_digits.find(static_cast<char>(c >= 'a' && c <= 'f' ? c - 32 : c));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

/// Decodes unreserved characters, writes other escapes upper case, escapes what is not ASCII.
std::string normalise_escapes(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    auto byte = static_cast<unsigned char>(part[i]);
    const bool escape = byte == '%' && i + 2 < part.size() && hex_value(part[i + 1]) >= 0 &&
                        hex_value(part[i + 2]) >= 0;
    if (escape) {
      byte = static_cast<unsigned char>(hex_value(part[i + 1]) * 16 + hex_value(part[i + 2]));
      i += 2;
    }
    const bool plain = unreserved.find(static_cast<char>(byte)) != std::string_view::npos;
    if (plain || (!escape && byte < 0x80 && byte > 0x20)) {
      out += static_cast<char>(byte);
    } else {
      out += {'%', hex_digits[byte >> 4], hex_digits[byte & 15]};
    }
  }
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

/// Cuts "http://" or "https://"; a word before "://" or a known other scheme is refused.
std::optional<Refusal> strip_scheme(std::string_view& text) {
  for (std::string_view scheme : {"http://", "https://"})
    if (text::starts_with_nocase(text, scheme)) {
      text.remove_prefix(scheme.size());
      return std::nullopt;
    }
  const std::size_t colon = text.find(':');
  const std::size_t end = text.find_first_of("/?#.");
  if (colon != std::string_view::npos && colon < end) {
    // host:port has digits behind the colon; anything else is a scheme
    const std::string_view behind =
        text.substr(colon + 1, text.find_first_of("/?#", colon) - colon - 1);
    if (!text::is_digits(behind)) return Refusal::other_scheme;
  }
  if (text.find("://") != std::string_view::npos && text.find("://") < end)
    return Refusal::other_scheme;
  if (text.starts_with("//")) text.remove_prefix(2);
  return std::nullopt;
}

}  // namespace

Canonical canonical_url(const Tables& tables, std::string_view text) {
  if (text.size() > url_size_max) return Refusal::too_long;
  if (text.empty()) return Refusal::empty;
  if (const auto refusal = strip_scheme(text)) return *refusal;
  if (text.find(' ') != std::string_view::npos) return Refusal::space_inside;
  text = text.substr(0, text.find('#'));
  const std::size_t authority_end = std::min(text.find_first_of("/?\\"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  std::string_view rest = text.substr(authority_end);
  if (authority.empty()) return Refusal::no_host;
  if (authority.find('@') != std::string_view::npos) return Refusal::userinfo;
  std::string port;
  if (const std::size_t colon = authority.rfind(':');
      colon != std::string_view::npos && authority.front() != '[') {
    port = std::string(authority.substr(colon + 1));
    authority = authority.substr(0, colon);
    if (!port.empty() && (!text::is_digits(port) || port.size() > 5)) return Refusal::bad_form;
    if (port == "80" || port == "443") port.clear();
  }
  std::string host;
  if (is_ip_literal(authority)) {
    const Canonical ip = canonical_ip_address(
        authority.front() == '[' ? authority.substr(1, authority.size() - 2) : authority);
    if (const auto* refusal = std::get_if<Refusal>(&ip)) return *refusal;
    host = std::get<std::string>(ip);
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
  } else {
    Canonical name = canonical_host(authority);
    if (std::holds_alternative<Refusal>(name)) return name;
    host = without_www(std::get<std::string>(name));
  }
  const std::size_t question = rest.find('?');
  const std::string path = resolve_path(normalise_escapes(rest.substr(0, question)));
  const std::string query = question == std::string_view::npos
                                ? ""
                                : sort_query(tables, normalise_escapes(rest.substr(question + 1)));
  std::string out = host + (port.empty() ? "" : ":" + port) + path + query;
  if (out.size() > url_size_max) return Refusal::too_long;
  return out;
}

}  // namespace bakhita
