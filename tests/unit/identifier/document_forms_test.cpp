// SPDX-License-Identifier: EUPL-1.2
#include <gtest/gtest.h>

#include "protocol/identifier/canonical.h"
#include "tests/support/tables.h"

namespace bakhita {
namespace {

using testing_support::tables;

std::string form(IdentifierType type, std::string_view written, std::string_view region) {
  const Canonical out = canonicalise(*tables(), type, written, region);
  const auto* text = std::get_if<std::string>(&out);
  return text == nullptr ? "refused" : display(*text);
}

std::string plate(std::string_view written, std::string_view region) {
  return form(IdentifierType::vehicle_plate, written, region);
}

std::string document(std::string_view written, std::string_view region) {
  return form(IdentifierType::travel_document, written, region);
}

TEST(VehiclePlate, LettersInFrontAreNoCountryHoweverThePartsAreSet) {
  for (std::string_view written : {"SE-123-AB", "SE 123 AB", "SE123AB", "se.123.ab", "SE–123–AB"})
    EXPECT_EQ("FR:SE123AB", plate(written, "FR")) << written;
  for (std::string_view written : {"FRA 123", "FRA-123", "FRA123"})
    EXPECT_EQ("SE:FRA123", plate(written, "SE")) << written;
}

TEST(VehiclePlate, ACountryIsNamedByColonSlashOrASpaceBeforeLetters) {
  for (std::string_view written :
       {"FR:SE-123-AB", "FR: SE 123 AB", "fr/SE123AB", "FR SE 123 AB", "FRA:SE123AB"})
    EXPECT_EQ("FR:SE123AB", plate(written, "GB")) << written;
}

TEST(VehiclePlate, WithoutARegionTheLettersInFrontAreTheOnlyCountryThereIs) {
  EXPECT_EQ("SE:123AB", plate("SE 123 AB", ""));
  EXPECT_EQ("refused", plate("ABC123", ""));
}

TEST(TravelDocument, SeriesOfLettersAreNoIssuer) {
  for (std::string_view written : {"AM 1234567", "AM1234567", "AM-1234567", "P AM 1234567"})
    EXPECT_EQ("PL:P:AM1234567", document(written, "PL")) << written;
  EXPECT_EQ("PL:P:AM1234567", document("PL:AM 1234567", "FR"));
  EXPECT_EQ("DE:P:C01X00T47", document("DE C01X00T47", "FR"));
}

TEST(TravelDocument, AnIdentityCardIsNoIndonesianPassport) {
  EXPECT_EQ("FR:I:00JR14248", document("ID: 00JR14248", "FR"));
  EXPECT_EQ("FR:I:00JR14248", document("FR:ID:00JR14248", "SE"));
  EXPECT_EQ("ID:P:A1234567", document("ID:P:A1234567", "FR"));
  EXPECT_EQ("ID:I:A1234567", document("ID:ID:A1234567", "FR"));
}

TEST(BankAccount, ACountryMayStandBeforeDigits) {
  for (std::string_view written :
       {"SE 6000 123456789", "SE:6000:123 456 789", "SE-6000/123-456-789"})
    EXPECT_EQ("SE:6000:123456789", form(IdentifierType::bank_account, written, "FR")) << written;
  EXPECT_EQ("GB:200000:12345678", form(IdentifierType::bank_account, "20-00-00 12345678", "GB"));
}

}  // namespace
}  // namespace bakhita
