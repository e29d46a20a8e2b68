// SPDX-License-Identifier: EUPL-1.2
#include "protocol/vectors/known_answers.h"
#include "tests/support/source_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace bakhita {
namespace {

std::string known_answers() {
  std::ifstream in(testing_support::in_source_folder("tests/vectors/bakhita/known-answers.json"));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(KnownAnswers, AllHold) {
  const auto outcomes = check_known_answers(known_answers());
  EXPECT_GT(outcomes.size(), 100u);
  for (const CheckOutcome& outcome : outcomes) EXPECT_EQ("", outcome.problem) << outcome.item;
}

TEST(KnownAnswers, AChangedTokenIsNamed) {
  std::string text = known_answers();
  text.replace(text.find("\"token\": \"") + 10, 4, "0000");
  int problems = 0;
  for (const CheckOutcome& outcome : check_known_answers(text))
    if (!outcome.problem.empty() && outcome.item.find("locks[0]") == 0) ++problems;
  EXPECT_EQ(2, problems);  // the token, and the body that carries the right one
}

TEST(KnownAnswers, ANonsenseFileIsOneProblem) {
  for (const char* text : {"", "[]", "{}", "{\"locks\": [3]}", "{\"locks\": [{}]}"}) {
    const auto outcomes = check_known_answers(text);
    ASSERT_EQ(1u, outcomes.size()) << text;
    EXPECT_NE("", outcomes[0].problem) << text;
  }
}

}  // namespace
}  // namespace bakhita
