// SPDX-License-Identifier: EUPL-1.2
#include <gtest/gtest.h>

#include "tests/support/tables.h"
#include "tests/support/vector_lines.h"

namespace bakhita {
namespace {

using testing_support::VectorLine;

std::string shown(const Canonical& form) {
  const auto* text = std::get_if<std::string>(&form);
  return text != nullptr ? display(*text)
                         : "refused: " + std::string(describe(std::get<Refusal>(form)));
}

class CanonicalVectors : public testing::TestWithParam<IdentifierType> {
 protected:
  Canonical form(const std::string& written, const std::string& region) const {
    return canonicalise(*testing_support::tables(), GetParam(), written, region);
  }
  std::vector<VectorLine> lines(const std::string& relation) const {
    std::vector<VectorLine> out;
    for (auto& line : testing_support::vector_lines(std::string(name_of(GetParam())) + ".tsv"))
      if (line.relation == relation) out.push_back(line);
    return out;
  }
};

TEST_P(CanonicalVectors, WrittenFormsOfOneIdentifierReachOneForm) {
  const auto pairs = lines("equal");
  EXPECT_GE(pairs.size(), 50u);
  for (const VectorLine& line : pairs) {
    const Canonical a = form(line.a, line.region), b = form(line.b, line.region);
    EXPECT_TRUE(std::holds_alternative<std::string>(a))
        << "line " << line.number << ": " << shown(a);
    EXPECT_EQ(shown(a), shown(b)) << "line " << line.number;
  }
}

TEST_P(CanonicalVectors, WhereTheFormIsGivenItIsThatByteForByte) {
  for (const VectorLine& line : lines("form"))
    EXPECT_EQ(Canonical(line.b), form(line.a, line.region))
        << "line " << line.number << ": " << shown(form(line.a, line.region));
}

TEST_P(CanonicalVectors, DifferentIdentifiersKeepDifferentForms) {
  const auto pairs = lines("different");
  EXPECT_GE(pairs.size(), 50u);
  for (const VectorLine& line : pairs) {
    const Canonical a = form(line.a, line.region), b = form(line.b, line.region);
    EXPECT_TRUE(std::holds_alternative<std::string>(a))
        << "line " << line.number << ": " << shown(a);
    EXPECT_TRUE(std::holds_alternative<std::string>(b))
        << "line " << line.number << ": " << shown(b);
    EXPECT_NE(shown(a), shown(b)) << "line " << line.number;
  }
}

TEST_P(CanonicalVectors, WhatIsNoIdentifierIsRefusedForItsReason) {
  for (const VectorLine& line : lines("refused")) {
    const Canonical a = form(line.a, line.region);
    ASSERT_TRUE(std::holds_alternative<Refusal>(a)) << "line " << line.number << ": " << shown(a);
    EXPECT_EQ(line.b, name_of(std::get<Refusal>(a))) << "line " << line.number;
  }
}

TEST_P(CanonicalVectors, AFormIsItsOwnForm) {
  for (const std::string relation : {"form", "equal", "different"})
    for (const VectorLine& line : lines(relation))
      for (const std::string& written : {line.a, line.b}) {
        const Canonical once = form(written, line.region);
        if (std::holds_alternative<Refusal>(once)) continue;  // another test's failure
        EXPECT_EQ(shown(once), shown(form(std::get<std::string>(once), "")))
            << "line " << line.number;
        EXPECT_EQ(shown(once), shown(form(std::get<std::string>(once), line.region)))
            << "line " << line.number;
        EXPECT_EQ(shown(once), shown(form(display(std::get<std::string>(once)), "")))
            << "line " << line.number;
      }
}

INSTANTIATE_TEST_SUITE_P(Types, CanonicalVectors, testing::ValuesIn(all_identifier_types),
                         [](const auto& type) { return std::string(name_of(type.param)); });

}  // namespace
}  // namespace bakhita
