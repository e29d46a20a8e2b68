// SPDX-License-Identifier: EUPL-1.2
// The table in the documents is the table in the code.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "protocol/policy/decision.h"
#include "tests/support/source_folder.h"
#include "tests/unit/policy/questions.h"

namespace bakhita::policy {
namespace {

std::string acts_of(const Rule& rule) {
  if (rule.id == RuleId::unknown_act) return "all";
  std::string out;
  for (Act act : testing_support::all_acts)
    if ((rule.acts & (1u << static_cast<unsigned>(act))) != 0)
      out += (out.empty() ? "" : ", ") + std::string(name_of(act));
  return out;
}

std::string table() {
  std::string out = "| Rule | Acts | What it says | Source | Who may change the answer |\n";
  out += "|---|---|---|---|---|\n";
  for (const Rule& rule : rules())
    out += "| `" + std::string(rule.name) + "` | " + acts_of(rule) + " | " +
           std::string(rule.sentence) + " | " + std::string(rule.source) + " | " +
           std::string(rule.changed_by) + " |\n";
  return out;
}

TEST(PolicyReference, IsTheTableOfTheCode) {
  std::ifstream in(testing_support::in_source_folder("docs/reference/policy-rules.md"));
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_NE(std::string::npos, text.str().find(table()))
      << "docs/reference/policy-rules.md must hold:\n"
      << table();
}

TEST(Rules, HaveOneIdOneNameAndAreExplained) {
  std::set<std::string_view> names{name_of(RuleId::allowed)};
  for (const Rule& rule : rules()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name << " stands twice";
    EXPECT_EQ(rule.name, name_of(rule.id));
    for (std::string_view text : {rule.sentence, rule.source, rule.changed_by})
      EXPECT_FALSE(text.empty()) << rule.name;
  }
  for (unsigned id = 0; id <= static_cast<unsigned>(RuleId::no_reason); ++id)
    EXPECT_EQ(static_cast<RuleId>(id), rule_of(static_cast<RuleId>(id)).id) << id;
}

}  // namespace
}  // namespace bakhita::policy
