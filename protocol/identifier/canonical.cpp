// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/canonical.h"

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
  if (!folded) return text::is_utf8(written) ? Refusal::control_character : Refusal::not_text;
  if (folded->empty()) return Refusal::empty;
  return by_type(static_cast<const Tables&>(tables), type, text::refang(*folded), region);
}

bool is_benign(const IdentifierTables& tables, IdentifierType type, std::string_view canonical) {
  const auto& all = static_cast<const Tables&>(tables);
  if (all.benign.contains({type, std::string(canonical)})) return true;
  if (type != IdentifierType::domain && type != IdentifierType::url) return false;
  const std::string_view host = without_device(canonical);
  return all.platform_hosts.contains(host) || all.email_providers.contains(host);
}

std::string display(std::string_view canonical) {
  std::string out(canonical);
  for (char& c : out)
    if (c == form_separator) c = ':';
  return out;
}

std::string_view describe(Refusal refusal) {
  switch (refusal) {
    case Refusal::empty:
      return "nothing is left of it";
    case Refusal::too_long:
      return "too long";
    case Refusal::not_text:
      return "not valid UTF-8 text";
    case Refusal::control_character:
      return "holds a control character, or one that no version of Unicode up to 15.0 knows";
    case Refusal::space_inside:
      return "has a space inside";
    case Refusal::too_short:
      return "too short";
    case Refusal::extension:
      return "has an extension";
    case Refusal::short_code:
      return "is a short code";
    case Refusal::no_region:
      return "national form, and the country is not known";
    case Refusal::unknown_region:
      return "no country has this code";
    case Refusal::bad_length:
      return "not a possible length for its country";
    case Refusal::no_domain:
      return "no domain";
    case Refusal::bad_domain:
      return "not a valid domain name";
    case Refusal::quoted_local_part:
      return "quoted local part";
    case Refusal::ip_literal:
      return "an address literal in place of a domain";
    case Refusal::userinfo:
      return "holds a user name before the host";
    case Refusal::other_scheme:
      return "not a web address";
    case Refusal::no_host:
      return "no host";
    case Refusal::unknown_platform:
      return "platform is not in the registry";
    case Refusal::bad_name:
      return "not a name on that platform";
    case Refusal::unknown_country:
      return "country has no such numbers";
    case Refusal::bad_check_digits:
      return "check digits are wrong";
    case Refusal::bad_checksum:
      return "checksum is wrong";
    case Refusal::unknown_chain:
      return "not an address of a known chain";
    case Refusal::not_hexadecimal:
      return "not hexadecimal";
    case Refusal::private_address:
      return "a private, local or multicast address";
    case Refusal::bad_form:
      return "not of the form of its type";
  }
  return "refused";
}

}  // namespace bakhita
