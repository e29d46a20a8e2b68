// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

namespace bakhita {
namespace {

constexpr std::size_t written_size_max = 1'024;
constexpr std::size_t local_size_max = 64;  // RFC 5321 section 4.5.3.1.1

/// "Name <address>" → address.
std::string_view inside_brackets(std::string_view text) {
  const std::size_t open = text.rfind('<');
  if (open == std::string_view::npos || !text.ends_with('>')) return text;
  return text::trim(text.substr(open + 1, text.size() - open - 2));
}

/// The address of a link by RFC 6068, or the text itself.
std::optional<std::string> from_link(std::string_view text) {
  if (!text::starts_with_nocase(text, "mailto:")) return std::string(text);
  text.remove_prefix(7);
  text = text.substr(0, text.find('?'));
  while (text.starts_with("/")) text.remove_prefix(1);
  return text::plain_from_link(text);
}

Canonical canonical_local_part(std::string_view written) {
  if (written.empty()) return Refusal::bad_form;
  if (written.find('"') != std::string_view::npos) return Refusal::quoted_local_part;
  if (written.find(' ') != std::string_view::npos) return Refusal::space_inside;
  if (written.find_first_of("<>()[]:;,@\\") != std::string_view::npos) return Refusal::bad_form;
  std::string local = text::lower(written);
  if (local.size() > local_size_max) return Refusal::too_long;
  return local;
}

}  // namespace

Canonical canonical_email(const Tables& tables, std::string_view written) {
  if (written.size() > written_size_max) return Refusal::too_long;
  const bool is_link = text::starts_with_nocase(written, "mailto:");
  const auto address = from_link(is_link ? written : inside_brackets(written));
  if (!address) return Refusal::not_text;
  const std::string_view text = inside_brackets(*address);
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at + 1 == text.size()) return Refusal::no_domain;
  const Canonical local_part = canonical_local_part(text.substr(0, at));
  if (std::holds_alternative<Refusal>(local_part)) return local_part;
  const Canonical host = canonical_host(text.substr(at + 1));
  if (const auto* refusal = std::get_if<Refusal>(&host))
    return *refusal == Refusal::no_host ? Refusal::no_domain : *refusal;
  std::string local = std::get<std::string>(local_part);
  std::string domain = without_www(std::get<std::string>(host));
  if (const auto provider = tables.email_providers.find(domain);
      provider != tables.email_providers.end()) {
    domain = provider->second;
    local = text::without(local.substr(0, local.find('+')), ".");
    if (local.empty()) return Refusal::bad_name;
  }
  return local + "@" + domain;
}

}  // namespace bakhita
