// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bakhita {
namespace {

using testing::HasSubstr;

const TableTexts good{
    {"numbering_plan.tsv", "GB\t44\t1\t00\t0\t\t9,10\t[1-9]\\d{8,9}\n"},
    {"iban_lengths.tsv", "GB\t22\n"},
    {"platforms.tsv",
     "# comment\n\nopalbook\tob\topalbook.example\topal\tadd\tp\tuser:id\tnodots\n"},
    {"email_providers.tsv", "opalmail.example\topalmail.example\n"},
    {"tracking_parameters.tsv", "utm_*\n"},
    {"benign.tsv", "domain\tWWW.Opal.Example.\n"}};

std::string mistake(const std::string& file, const std::string& text) {
  TableTexts texts = good;
  texts[file] = text;
  try {
    IdentifierTables::parse(texts);
  } catch (const std::runtime_error& problem) {
    return problem.what();
  }
  return "none";
}

TEST(Tables, APlatformNeedsNoRelease) {
  const auto tables = IdentifierTables::parse(good);
  EXPECT_EQ(
      Canonical("opalbook\x1fname"),
      canonicalise(*tables, IdentifierType::account, "https://m.opalbook.example/add/na.me", ""));
  EXPECT_EQ(Canonical(Refusal::unknown_platform),
            canonicalise(*tables, IdentifierType::account, "tg://resolve?domain=a", ""));
}

TEST(Tables, BenignValuesMayBeWrittenAsPeopleDo) {
  EXPECT_TRUE(is_benign(*IdentifierTables::parse(good), IdentifierType::domain, "opal.example"));
}

TEST(Tables, AMissingFileIsNamed) {
  for (const auto& [file, text] : good) {
    TableTexts texts = good;
    texts.erase(file);
    try {
      IdentifierTables::parse(texts);
      FAIL() << file;
    } catch (const std::runtime_error& problem) {
      EXPECT_THAT(problem.what(), HasSubstr(file));
    }
  }
}

TEST(Tables, TheFirstMistakeIsNamedWithItsLine) {
  EXPECT_THAT(mistake("platforms.tsv", "# a\nopal\t-\t-\n"), HasSubstr("platforms.tsv:2"));
  EXPECT_THAT(mistake("platforms.tsv", "opal\t-\t-\t-\t-\t-\t-\tshiny\n"),
              HasSubstr("unknown flag shiny"));
  EXPECT_THAT(mistake("platforms.tsv", "Opal\t-\t-\t-\t-\t-\t-\t-\n"),
              HasSubstr("platforms.tsv:1"));
  EXPECT_THAT(mistake("platforms.tsv", "a\tz\t-\t-\t-\t-\t-\t-\nb\tz\t-\t-\t-\t-\t-\t-\n"),
              HasSubstr("platforms.tsv:2"));
  EXPECT_THAT(mistake("platforms.tsv", "a\t-\t-\t-\t-\t-\tid\t-\n"), HasSubstr("word:name"));
  EXPECT_THAT(mistake("iban_lengths.tsv", "GB\t22x\n"), HasSubstr("iban_lengths.tsv:1"));
  EXPECT_THAT(mistake("iban_lengths.tsv", "GB\t-1\n"), HasSubstr("iban_lengths.tsv:1"));
  EXPECT_THAT(mistake("email_providers.tsv", "a.example\ta.example\na.example\tb.example\n"),
              HasSubstr("email_providers.tsv:2"));
  EXPECT_THAT(mistake("benign.tsv", "colour\tred\n"), HasSubstr("unknown identifier type colour"));
  EXPECT_THAT(mistake("benign.tsv", "domain\tnone\n"), HasSubstr("benign.tsv:1"));
  EXPECT_THAT(mistake("numbering_plan.tsv", "GB\t44\t1\t00\t0\t\t9,x\t.\n"),
              HasSubstr("numbering_plan.tsv:1"));
  EXPECT_EQ("none", mistake("tracking_parameters.tsv", ""));
}

}  // namespace
}  // namespace bakhita
