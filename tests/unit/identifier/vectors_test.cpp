// SPDX-License-Identifier: EUPL-1.2
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/tables.h"
#include "tests/support/vector_lines.h"

namespace bakhita {
namespace {

using testing_support::VectorLine;

const std::map<std::string, Refusal, std::less<>> refusals{
    {"empty", Refusal::empty},
    {"too_long", Refusal::too_long},
    {"not_text", Refusal::not_text},
    {"control_character", Refusal::control_character},
    {"space_inside", Refusal::space_inside},
    {"no_region", Refusal::no_region},
    {"no_domain", Refusal::no_domain},
    {"bad_domain", Refusal::bad_domain},
    {"quoted_local_part", Refusal::quoted_local_part},
    {"ip_literal", Refusal::ip_literal},
    {"userinfo", Refusal::userinfo},
    {"other_scheme", Refusal::other_scheme},
    {"no_host", Refusal::no_host},
    {"unknown_platform", Refusal::unknown_platform},
    {"bad_name", Refusal::bad_name},
    {"private_address", Refusal::private_address},
    {"bad_form", Refusal::bad_form}};

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
    ASSERT_TRUE(refusals.contains(line.b)) << "line " << line.number;
    ASSERT_TRUE(std::holds_alternative<Refusal>(a)) << "line " << line.number << ": " << shown(a);
    EXPECT_EQ(describe(refusals.find(line.b)->second), describe(std::get<Refusal>(a)))
        << "line " << line.number;
  }
}

TEST_P(CanonicalVectors, AFormIsItsOwnForm) {
  for (const std::string relation : {"equal", "different"})
    for (const VectorLine& line : lines(relation))
      for (const std::string& written : {line.a, line.b}) {
        const Canonical once = form(written, line.region);
        if (std::holds_alternative<Refusal>(once)) continue;  // another test's failure
        EXPECT_EQ(shown(once), shown(form(std::get<std::string>(once), "")))
            << "line " << line.number;
        EXPECT_EQ(shown(once), shown(form(display(std::get<std::string>(once)), "")))
            << "line " << line.number;
      }
}

INSTANTIATE_TEST_SUITE_P(Types, CanonicalVectors,
                         testing::Values(IdentifierType::email, IdentifierType::account,
                                         IdentifierType::url, IdentifierType::domain),
                         [](const auto& type) { return std::string(name_of(type.param)); });

}  // namespace
}  // namespace bakhita
