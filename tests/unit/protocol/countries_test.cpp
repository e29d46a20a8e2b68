// SPDX-License-Identifier: EUPL-1.2
#include "protocol/codes/countries.h"

#include <gtest/gtest.h>

#include <string>

namespace bakhita {
namespace {

TEST(Countries, AllAssignedCodesAreKnownAndNoOthers) {
  int known = 0;
  for (char a = 'A'; a <= 'Z'; ++a)
    for (char b = 'A'; b <= 'Z'; ++b) known += is_country_code(std::string{a, b}) ? 1 : 0;
  EXPECT_EQ(249, known);
  for (const char* code : {"AD", "FR", "GB", "ZW"}) EXPECT_TRUE(is_country_code(code)) << code;
  for (const char* code : {"", "F", "fr", "FRA", "UK", "XX", "XK", "EU", "ZZ"})
    EXPECT_FALSE(is_country_code(code)) << code;
}

TEST(Countries, TheNearestIsFoundByCodeByNameAndByHabit) {
  EXPECT_EQ("GB (United Kingdom)", nearest_country("UK"));
  EXPECT_EQ("GR (Greece)", nearest_country("EL"));
  EXPECT_EQ("SE (Sweden)", nearest_country("Sweden"));
  EXPECT_EQ("FR (France)", nearest_country("fr"));
  EXPECT_EQ("RO (Romania)", nearest_country("ROMANA"));
  for (const char* text : {"", "XX", "?", "a text that is longer than the name of any country is"})
    EXPECT_FALSE(nearest_country(text).empty()) << text;
}

}  // namespace
}  // namespace bakhita
