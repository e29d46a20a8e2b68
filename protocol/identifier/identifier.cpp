// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/identifier.h"

namespace bakhita {

std::uint8_t group_of(IdentifierType type) {
  switch (type) {
    case IdentifierType::phone:
    case IdentifierType::bank_account:
    case IdentifierType::vehicle_plate:
    case IdentifierType::travel_document:
    case IdentifierType::ip_address:
      return 1;
    case IdentifierType::email:
    case IdentifierType::account:
    case IdentifierType::url:
    case IdentifierType::domain:
    case IdentifierType::iban:
    case IdentifierType::wallet:
    case IdentifierType::file:
      return 2;
  }
  return 1;
}

std::string_view name_of(IdentifierType type) {
  switch (type) {
    case IdentifierType::phone:
      return "phone";
    case IdentifierType::email:
      return "email";
    case IdentifierType::account:
      return "account";
    case IdentifierType::url:
      return "url";
    case IdentifierType::domain:
      return "domain";
    case IdentifierType::iban:
      return "iban";
    case IdentifierType::wallet:
      return "wallet";
    case IdentifierType::bank_account:
      return "bank_account";
    case IdentifierType::vehicle_plate:
      return "vehicle_plate";
    case IdentifierType::travel_document:
      return "travel_document";
    case IdentifierType::file:
      return "file";
    case IdentifierType::ip_address:
      return "ip_address";
  }
  return "unknown";
}

std::optional<IdentifierType> identifier_type(std::string_view name) {
  for (IdentifierType type : all_identifier_types)
    if (name_of(type) == name) return type;
  return std::nullopt;
}

std::optional<IdentifierType> identifier_type(int code) {
  for (IdentifierType type : all_identifier_types)
    if (static_cast<int>(type) == code) return type;
  return std::nullopt;
}

}  // namespace bakhita
