// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

namespace bakhita {

Canonical canonical_email(const Tables& tables, std::string_view text) {
  if (text.size() > 1'024) return Refusal::too_long;
  if (text::starts_with_nocase(text, "mailto:")) {
    text.remove_prefix(7);
    text = text.substr(0, text.find('?'));
  }
  // "Name <address>"
  if (const std::size_t open = text.rfind('<');
      open != std::string_view::npos && text.ends_with('>'))
    text = text.substr(open + 1, text.size() - open - 2);
  text = text::trim(text);
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at + 1 == text.size()) return Refusal::no_domain;
  const std::string_view written_local = text.substr(0, at);
  if (written_local.empty()) return Refusal::empty;
  if (written_local.find('"') != std::string_view::npos) return Refusal::quoted_local_part;
  if (written_local.find_first_of(" <>()[]:;,@\\") != std::string_view::npos)
    return Refusal::bad_form;
  if (written_local.size() > 64) return Refusal::too_long;  // RFC 5321 section 4.5.3.1.1
  const Canonical host = canonical_host(text.substr(at + 1));
  if (const auto* refusal = std::get_if<Refusal>(&host))
    return *refusal == Refusal::no_host ? Refusal::no_domain : *refusal;
  std::string domain = std::get<std::string>(host);
  std::string local = text::lower(written_local);
  if (const auto provider = tables.email_providers.find(domain);
      provider != tables.email_providers.end()) {
    domain = provider->second;
    local = text::without(local.substr(0, local.find('+')), ".");
    if (local.empty()) return Refusal::bad_name;
  }
  return local + "@" + domain;
}

}  // namespace bakhita
