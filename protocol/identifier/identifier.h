// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bakhita {

/// The kinds of identifier that the exchange knows. The codes are hashed and can never change.
enum class IdentifierType : std::uint8_t {
  phone = 1,
  email = 2,
  account = 3,
  url = 4,
  domain = 5,
  iban = 6,
  wallet = 7,
  bank_account = 8,
  vehicle_plate = 9,
  travel_document = 10,
  file = 11,
  ip_address = 12,
};

inline constexpr std::array all_identifier_types{
    IdentifierType::phone,         IdentifierType::email,
    IdentifierType::account,       IdentifierType::url,
    IdentifierType::domain,        IdentifierType::iban,
    IdentifierType::wallet,        IdentifierType::bank_account,
    IdentifierType::vehicle_plate, IdentifierType::travel_document,
    IdentifierType::file,          IdentifierType::ip_address};

/// Version of the rules by which canonical forms are made; part of every hashed input.
inline constexpr std::uint8_t canon_version = 1;

/// Exposure group: 1 = enumerable spaces, 2 = sparse ones. Each has its own OPRF key and quota.
std::uint8_t group_of(IdentifierType type);
/// Sites and machines rather than persons: what may be published readable by all members.
constexpr bool is_infrastructure(IdentifierType type) {
  return type == IdentifierType::domain || type == IdentifierType::url ||
         type == IdentifierType::ip_address;
}
/// "phone", "bank_account", … as in CSV files and on the command line.
std::string_view name_of(IdentifierType type);
std::optional<IdentifierType> identifier_type(std::string_view name);
std::optional<IdentifierType> identifier_type(int code);

}  // namespace bakhita
