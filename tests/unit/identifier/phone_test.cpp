// SPDX-License-Identifier: EUPL-1.2
#include <gtest/gtest.h>

#include <random>

#include "protocol/identifier/tables.h"
#include "tests/support/tables.h"

namespace bakhita {
namespace {

using testing_support::tables;

std::string phone(std::string_view written, std::string_view region) {
  const Canonical out = canonicalise(*tables(), IdentifierType::phone, written, region);
  if (const auto* refusal = std::get_if<Refusal>(&out)) return std::string(describe(*refusal));
  return std::get<std::string>(out);
}

TEST(Phone, SlashesSetGroupsApart) {
  for (std::string_view written : {"+33/6/39/98/12/34", "06/39 98 12 34", "0033/639/981234"})
    EXPECT_EQ("+33639981234", phone(written, "FR")) << written;
}

TEST(Phone, ChatLinksHoldInternationalNumbers) {
  for (std::string_view written :
       {"whatsapp://send?phone=33639981234", "whatsapp://send?phone=%2B33639981234",
        "https://api.whatsapp.com/send/?phone=33639981234&text=a", "hxxps://wa[.]me/33639981234",
        "wa.me/+33639981234?text=06", "whatsapp:+33639981234"})
    EXPECT_EQ("+33639981234", phone(written, "SE")) << written;
  EXPECT_EQ("+33639981234", phone("whatsapp: 06 39 98 12 34", "FR"));
}

TEST(Phone, TwoZerosLeadAbroadWhereAnotherPrefixIsDialled) {
  for (std::string_view written : {"0033 6 39 98 12 34", "009 33 639981234", "00-33 (0) 639981234"})
    EXPECT_EQ("+33639981234", phone(written, "NG")) << written;
  for (std::string_view written : {"0033 6 39 98 12 34", "0015 33 639981234"})
    EXPECT_EQ("+33639981234", phone(written, "BR")) << written;
  EXPECT_EQ("+33639981234", phone("011 33 6 39 98 12 34", "US"));
}

TEST(Phone, TheNationalFormBelongsToTheReportingCountry) {
  EXPECT_EQ("+33639981234", phone("06 39 98 12 34", "FR"));
  EXPECT_EQ("+40639981234", phone("06 39 98 12 34", "RO"));
  EXPECT_EQ("+2348201234567", phone("0820 123 4567", "NG"));
  EXPECT_EQ("+5520912345678", phone("(020) 91234-5678", "BR"));
  EXPECT_EQ("+5520912345678", phone("0 15 20 91234-5678", "BR"));
}

TEST(Phone, WhichLengthsArePossibleIsAMatterOfTheCountryCode) {
  EXPECT_EQ("+44901624789", phone("901624789", "IM"));
  EXPECT_EQ("+6903135", phone("+690 3135", ""));
  EXPECT_EQ(describe(Refusal::too_short), phone("3135", "TK"));
}

TEST(Phone, WhatBeginsAsACallAbroadIsNeverANumberAtHome) {
  EXPECT_EQ(describe(Refusal::too_short), phone("00 1 800212345", "AE"));
  EXPECT_EQ("+447700900202", phone("8~10 44 7700 900202", "RU"));
}

TEST(Phone, FormsOfAnyDigitsInAnyCountryAreTheirOwnForms) {
  std::mt19937 random(11);
  const auto& plans = static_cast<const Tables&>(*tables()).plans;
  int accepted = 0;
  for (const auto& [region, plan] : plans)
    for (int i = 0; i < 200; ++i) {
      std::string digits = random() % 2 == 0 ? "" : random() % 2 == 0 ? "0" : "00";
      while (digits.size() < 6 + random() % 9) digits += "0012345678911"[random() % 13];
      const std::string form = phone(digits, region);
      if (!form.starts_with("+")) continue;
      ++accepted;
      ASSERT_EQ(form, phone(form, "")) << region << " " << digits;
      ASSERT_EQ(form, phone(form, region)) << region << " " << digits;
    }
  EXPECT_GT(accepted, 5'000);
}

TEST(Phone, ExtensionsAreRefusedHoweverTheyAreWritten) {
  for (std::string_view written :
       {"+33 6 39 98 12 34 ext. 5", "+33639981234#5", "+33639981234x5", "tel:+33639981234;ext=5"})
    EXPECT_EQ(describe(Refusal::extension), phone(written, "FR")) << written;
}

}  // namespace
}  // namespace bakhita
