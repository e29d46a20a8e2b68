// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <optional>

#include "protocol/characters.h"
#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"
#include "protocol/identifier/user_name.h"

namespace bakhita {
namespace {

constexpr std::size_t written_size_max = 1'024;
constexpr std::size_t name_size_max = 64;  // characters

/// A profile link, cut up but not understood.
struct Link {
  const Platform* platform = nullptr;
  std::string subdomain;  ///< before the platform's host, if any is left
  std::vector<std::string_view> path;
  std::string_view query;
  std::string_view fragment;
};

const Platform* find_platform(const Tables& tables, std::string_view name) {
  const auto found = tables.platforms.find(name);
  return found == tables.platforms.end() ? nullptr : &found->second;
}

/// The number of a platform whose accounts are phones. In a link the plus is often missing.
Canonical phone_account(const Tables& tables, const Platform& platform, std::string_view number,
                        bool in_link, std::string_view region) {
  std::string written(number);
  if (in_link && !written.empty() && written.front() != '+') {
    const bool prefixed = written.starts_with("00");
    written = "+" + written.substr(prefixed ? 2 : 0);
  }
  const Canonical phone = canonical_phone(tables, written, region);
  if (std::holds_alternative<Refusal>(phone)) return phone;
  return platform.name + form_separator + std::get<std::string>(phone);
}

Canonical with_name(const Platform& platform, std::string_view name) {
  name = text::trim(name);
  while (name.starts_with("@") || name.starts_with("~")) name.remove_prefix(1);
  while (name.ends_with("/")) name.remove_suffix(1);
  if (name.empty()) return Refusal::bad_name;
  if (name.find(' ') != std::string_view::npos) return Refusal::space_inside;
  auto out = platform.unicode_names ? unicode_user_name(name) : ascii_user_name(name);
  if (!out) return Refusal::bad_name;
  if (platform.drop_dots) *out = text::without(*out, ".");
  if (count_characters(*out) > name_size_max) return Refusal::too_long;
  return platform.name + form_separator + *out;
}

/// Labels before a platform's host that say language or device: www, m, fr-fr, …
bool is_plain_subdomain(std::string_view label) {
  for (std::string_view known :
       {"www", "m", "mobile", "web", "mbasic", "touch", "old", "new", "amp", "business"})
    if (label == known) return true;
  const auto letters = [&](std::size_t at) {
    return text::all_of_set(label.substr(at, 2), "abcdefghijklmnopqrstuvwxyz");
  };
  return (label.size() == 2 && letters(0)) ||
         (label.size() == 5 && label[2] == '-' && letters(0) && letters(3));
}

/// Fills platform and subdomain from a host; false when it belongs to no platform.
bool find_host(const Tables& tables, std::string host, Link& link) {
  while (host.ends_with('.')) host.pop_back();
  for (;;) {
    if (const auto name = tables.platform_hosts.find(host); name != tables.platform_hosts.end()) {
      link.platform = find_platform(tables, name->second);
      return link.platform != nullptr;
    }
    const std::size_t dot = host.find('.');
    if (dot == std::string::npos) return false;
    const std::string label = host.substr(0, dot);
    if (!is_plain_subdomain(label)) {
      if (!link.subdomain.empty()) return false;
      link.subdomain = label;
    }
    host.erase(0, dot + 1);
  }
}

void cut_rest(std::string_view rest, Link& link) {
  const std::size_t hash = rest.find('#');
  if (hash != std::string_view::npos) link.fragment = rest.substr(hash + 1);
  rest = rest.substr(0, hash);
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) link.query = rest.substr(question + 1);
  for (std::string_view segment : text::split(rest.substr(0, question), '/'))
    if (!segment.empty()) link.path.push_back(segment);
}

/// "https://m.example.com/add/name?x=y", "tg://resolve?domain=name"; `has_scheme` tells links of
/// other sites.
std::optional<Link> cut_link(const Tables& tables, std::string_view text, bool& has_scheme) {
  Link link;
  has_scheme = false;
  if (const std::size_t colon = text.find(':');
      text.substr(std::min(colon, text.size())).starts_with("://")) {
    const std::string scheme = text::lower_ascii(text.substr(0, colon));
    if (const auto name = tables.platform_schemes.find(scheme);
        name != tables.platform_schemes.end()) {
      link.platform = find_platform(tables, name->second);
      cut_rest(text.substr(colon + 3), link);
      return link.platform == nullptr ? std::nullopt : std::optional(link);
    }
    has_scheme = true;
    if (scheme != "http" && scheme != "https") return std::nullopt;
    text.remove_prefix(colon + 3);
  }
  while (text.starts_with("/")) text.remove_prefix(1);
  const std::size_t host_end = std::min(text.find_first_of("/?#"), text.size());
  std::string host = text::lower_ascii(text.substr(0, host_end));
  if (const std::size_t colon = host.find(':');
      colon != std::string::npos && text::is_digits(host.substr(colon + 1)))
    host.erase(colon);
  if (!find_host(tables, host, link)) return std::nullopt;
  cut_rest(text.substr(host_end), link);
  return link;
}

std::string_view query_value(std::string_view query, std::string_view name) {
  for (std::string_view parameter : text::split(query, '&'))
    if (parameter.starts_with(name) && parameter.size() > name.size() &&
        parameter[name.size()] == '=')
      return parameter.substr(name.size() + 1);
  return {};
}

bool is_reserved(const Platform& platform, std::string_view word) {
  const std::string lower = text::lower_ascii(word);
  return std::any_of(
      platform.reserved.begin(), platform.reserved.end(), [&](const std::string& reserved) {
        return reserved.ends_with('*') ? lower.starts_with(reserved.substr(0, reserved.size() - 1))
                                       : lower == reserved;
      });
}

/// How many words of the path stand before the name: "add" is one, "people/First-Last" two.
std::size_t words_before_name(const Platform& platform, const std::vector<std::string_view>& path) {
  std::size_t at = 0;
  while (at < path.size()) {
    const std::string word = text::lower_ascii(path[at]);
    const auto is = [&](std::string_view ending) {
      return std::find(platform.path_prefixes.begin(), platform.path_prefixes.end(),
                       word + std::string(ending)) != platform.path_prefixes.end();
    };
    if (is("/*")) return std::min(at + 2, path.size());
    if (!is("")) return at;
    ++at;
  }
  return at;
}

std::string_view name_in_query(const Link& link) {
  const std::string last = link.path.empty() ? "" : text::lower_ascii(link.path.back());
  for (const auto& [word, parameter] : link.platform->name_parameters)
    if (word == last)
      if (const auto value = query_value(link.query, parameter); !value.empty()) return value;
  return {};
}

/// Still with its escapes; empty when the link leads to no profile.
std::string_view name_in_link(const Link& link) {
  const Platform& platform = *link.platform;
  if (const std::string_view name = name_in_query(link); !name.empty()) return name;
  if (!link.subdomain.empty())
    return platform.subdomains ? std::string_view(link.subdomain) : std::string_view();
  const std::size_t at = words_before_name(platform, link.path);
  if (at == link.path.size()) {
    // web.telegram.org/k/#@name, signal.me/#p/+49…
    if (link.fragment.starts_with("@")) return link.fragment;
    return link.fragment.starts_with("p/") && platform.is_phone ? link.fragment.substr(2)
                                                                : std::string_view();
  }
  const std::string_view name = link.path[at];
  if (at == 0 && is_reserved(platform, name)) return {};
  return name;
}

Canonical from_link(const Tables& tables, const Link& link, std::string_view region) {
  const auto name = text::plain_from_link(name_in_link(link));
  if (!name || name->empty()) return Refusal::bad_name;
  if (link.platform->is_phone) return phone_account(tables, *link.platform, *name, true, region);
  const bool from_path = name_in_query(link).empty() && link.subdomain.empty();
  if (link.platform->at_in_links && from_path && !name->starts_with("@")) return Refusal::bad_name;
  return with_name(*link.platform, *name);
}

/// "Tik Tok" and "tik-tok" are tiktok.
std::string as_alias(std::string_view written) {
  return text::lower_ascii(text::without(written, " -"));
}

/// Cuts "Platform: name", "plat form @name" or "platform name"; null when the word is no platform.
const Platform* take_platform(const Tables& tables, std::string_view& text) {
  for (std::string_view separators : {":", "/", "@", " "}) {
    const std::size_t end = text.find_first_of(separators);
    if (end == std::string_view::npos) continue;
    const auto alias = tables.platform_aliases.find(as_alias(text.substr(0, end)));
    if (alias == tables.platform_aliases.end()) continue;
    text = text::trim(text.substr(end + 1));
    return find_platform(tables, alias->second);
  }
  return nullptr;
}

}  // namespace

Canonical canonical_account(const Tables& tables, std::string_view text, std::string_view region) {
  if (text.size() > written_size_max) return Refusal::too_long;
  if (text.empty()) return Refusal::empty;
  bool has_scheme = false;
  if (const auto link = cut_link(tables, text, has_scheme)) return from_link(tables, *link, region);
  if (has_scheme) return Refusal::unknown_platform;
  const Platform* platform = take_platform(tables, text);
  if (platform == nullptr) return Refusal::unknown_platform;
  // "Facebook: https://www.facebook.com/name": the link says more than the word, if both agree.
  if (text.find_first_of("/") != std::string_view::npos) {
    const auto link = cut_link(tables, text, has_scheme);
    if (link)
      return link->platform == platform ? from_link(tables, *link, region)
                                        : Canonical(Refusal::bad_form);
    if (has_scheme) return Refusal::unknown_platform;
  }
  if (platform->is_phone) return phone_account(tables, *platform, text, false, region);
  return with_name(*platform, text);
}

}  // namespace bakhita
