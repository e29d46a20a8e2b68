// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/canonical.h"

#include "protocol/characters.h"
#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

namespace bakhita {
namespace {
constexpr std::size_t written_size_max = 4'096;

/// The host without the label that only says for which device it is.
std::string_view without_device(std::string_view host) {
  for (std::string_view label : {"m.", "mobile.", "web."})
    if (host.starts_with(label)) return host.substr(label.size());
  return host;
}

Canonical by_type(const Tables& tables, IdentifierType type, std::string_view text,
                  std::string_view region) {
  switch (type) {
    case IdentifierType::phone:
      return canonical_phone(tables, text, region);
    case IdentifierType::email:
      return canonical_email(tables, text);
    case IdentifierType::account:
      return canonical_account(tables, text, region);
    case IdentifierType::url:
      return canonical_url(tables, text);
    case IdentifierType::domain:
      return canonical_domain(text);
    case IdentifierType::iban:
      return canonical_iban(tables, text);
    case IdentifierType::wallet:
      return canonical_wallet(text);
    case IdentifierType::bank_account:
      return canonical_bank_account(tables, text, region);
    case IdentifierType::vehicle_plate:
      return canonical_vehicle_plate(tables, text, region);
    case IdentifierType::travel_document:
      return canonical_travel_document(tables, text, region);
    case IdentifierType::file:
      return canonical_file(text);
    case IdentifierType::ip_address:
      return canonical_ip_address(text);
  }
  return Refusal::bad_form;
}

}  // namespace

Canonical canonicalise(const IdentifierTables& tables, IdentifierType type,
                       std::string_view written, std::string_view region) {
  if (written.size() > written_size_max) return Refusal::too_long;
  // The separator is a control character: taken only in a form that is canonical already.
  std::string separated(written);
  for (char& c : separated)
    if (c == form_separator) c = ':';
  const auto folded = text::fold(separated);
  if (!folded) return first_invalid_utf8(written) ? Refusal::not_text : Refusal::control_character;
  if (folded->empty()) return Refusal::empty;
  return by_type(static_cast<const Tables&>(tables), type, text::refang(*folded), region);
}

bool is_benign(const IdentifierTables& tables, IdentifierType type, std::string_view canonical) {
  const auto& all = static_cast<const Tables&>(tables);
  if (all.benign.contains({type, std::string(canonical)})) return true;
  if (type != IdentifierType::domain && type != IdentifierType::url) return false;
  // A link to nothing but a host is written like its domain.
  if (all.benign.contains({IdentifierType::domain, std::string(canonical)})) return true;
  const std::string_view host = without_device(canonical);
  return all.platform_hosts.contains(host) || all.email_providers.contains(host);
}

std::string display(std::string_view canonical) {
  std::string out(canonical);
  for (char& c : out)
    if (c == form_separator) c = ':';
  return out;
}

}  // namespace bakhita
