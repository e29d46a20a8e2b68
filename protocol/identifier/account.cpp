// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

namespace bakhita {
namespace {

constexpr std::size_t name_size_max = 64;  // characters

Canonical finish(const Tables& tables, const Platform& platform, std::string_view name,
                 std::string_view region) {
  name = text::trim(name);
  while (!name.empty() && (name.front() == '@' || name.front() == '~')) name.remove_prefix(1);
  while (!name.empty() && name.back() == '/') name.remove_suffix(1);
  if (name.empty()) return Refusal::bad_name;
  if (platform.is_phone) {
    const Canonical phone = canonical_phone(tables, name, region);
    if (std::holds_alternative<Refusal>(phone)) return phone;
    return platform.name + form_separator + std::get<std::string>(phone);
  }
  if (name.find(' ') != std::string_view::npos) return Refusal::space_inside;
  if (text::code_points(name) > name_size_max) return Refusal::too_long;
  if (name.find_first_of("/?#&:=%\"<>\\") != std::string_view::npos) return Refusal::bad_name;
  std::string out = text::lower(name);
  if (!platform.unicode_names)
    for (char c : out)
      if (static_cast<unsigned char>(c) >= 0x80) return Refusal::bad_name;
  if (platform.drop_dots) out = text::without(out, ".");
  if (out.empty() || out == ".") return Refusal::bad_name;
  return platform.name + form_separator + out;
}

std::string_view query_value(std::string_view query, std::string_view name) {
  for (std::string_view parameter : text::split(query, '&'))
    if (parameter.size() > name.size() && parameter.substr(0, name.size()) == name &&
        parameter[name.size()] == '=')
      return parameter.substr(name.size() + 1);
  return {};
}

const Platform* platform_of_host(const Tables& tables, std::string host) {
  for (std::string_view prefix : {"www.", "m.", "mobile.", "web.", "mbasic.", "touch."})
    if (host.starts_with(prefix)) {
      host.erase(0, prefix.size());
      break;
    }
  const auto name = tables.platform_hosts.find(host);
  return name == tables.platform_hosts.end() ? nullptr
                                             : &tables.platforms.find(name->second)->second;
}

/// The name in the path of a profile link.
std::string_view name_in_path(const Platform& platform, std::string_view path) {
  auto segments = text::split(path, '/');
  std::erase_if(segments, [](std::string_view segment) { return segment.empty(); });
  std::size_t at = 0;
  while (at + 1 < segments.size()) {
    bool is_prefix = false;
    for (const std::string& prefix : platform.path_prefixes)
      is_prefix = is_prefix || text::lower_ascii(segments[at]) == prefix;
    if (!is_prefix) break;
    ++at;
  }
  return at < segments.size() ? segments[at] : std::string_view();
}

/// "https://m.example.com/add/name?x=y" → platform and name.
std::optional<Canonical> from_link(const Tables& tables, std::string_view text,
                                   std::string_view region) {
  bool has_scheme = false;
  for (std::string_view scheme : {"https://", "http://", "//"})
    if (text::starts_with_nocase(text, scheme)) {
      text.remove_prefix(scheme.size());
      has_scheme = true;
      break;
    }
  const std::size_t host_end = std::min(text.find_first_of("/?#"), text.size());
  std::string host = text::lower_ascii(text.substr(0, host_end));
  while (!host.empty() && host.back() == '.') host.pop_back();
  if (const std::size_t colon = host.find(':'); colon != std::string::npos) host.erase(colon);
  const Platform* platform = platform_of_host(tables, host);
  if (platform == nullptr) {
    if (has_scheme) return Refusal::unknown_platform;
    return std::nullopt;
  }
  std::string_view rest = text.substr(host_end);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t question = rest.find('?');
  const std::string_view path = rest.substr(0, question);
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
  if (path.ends_with("profile.php") || path.ends_with("resolve"))
    return finish(tables, *platform,
                  query_value(query, path.ends_with("profile.php") ? "id" : "domain"), region);
  if (platform->is_phone && !query_value(query, "phone").empty())
    return finish(tables, *platform, "+" + std::string(query_value(query, "phone")), region);
  const std::string_view name = name_in_path(*platform, path);
  if (platform->is_phone && !name.starts_with("+"))
    return finish(tables, *platform, "+" + std::string(name), region);
  return finish(tables, *platform, name, region);
}

}  // namespace

Canonical canonical_account(const Tables& tables, std::string_view text, std::string_view region) {
  if (text.size() > 1'024) return Refusal::too_long;
  if (text.empty()) return Refusal::empty;
  if (text::starts_with_nocase(text, "tg://resolve?")) {
    return finish(tables, tables.platforms.find("telegram")->second,
                  query_value(text.substr(13), "domain"), region);
  }
  if (auto linked = from_link(tables, text, region)) return *linked;
  const std::size_t separator = text.find_first_of(": /\x1f");
  if (separator == std::string_view::npos) return Refusal::unknown_platform;
  const auto alias =
      tables.platform_aliases.find(text::lower_ascii(text::trim(text.substr(0, separator))));
  if (alias == tables.platform_aliases.end()) return Refusal::unknown_platform;
  std::string_view rest = text::trim(text.substr(separator + 1));
  if (auto linked =
          rest.find('/') == std::string_view::npos ? std::nullopt : from_link(tables, rest, region))
    return *linked;
  return finish(tables, tables.platforms.find(alias->second)->second, rest, region);
}

}  // namespace bakhita
