// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/canon_batch.h"

#include <gmock/gmock.h>

#include <sstream>

#include "node/cli/cli.h"
#include "tests/support/tables.h"

namespace bakhita::cli {
namespace {

using testing::HasSubstr;

std::string answers(const std::string& lines, bool json = false) {
  std::istringstream in(lines);
  std::ostringstream out;
  canon_batch(*testing_support::tables(), in, out, json);
  return out.str();
}

std::string mistake(const std::string& lines) {
  try {
    answers(lines);
  } catch (const CommandError& error) {
    EXPECT_EQ(ExitCode::usage, error.code());
    return error.what();
  }
  return "none";
}

TEST(CanonBatch, AnswersEachLineWithAFormOrTheReasonsName) {
  EXPECT_EQ(
      "form\t+33639981234\nrefused\tno_region\nform\tfacebook\\u{1f}opal\n",
      answers("phone\t06 39 98 12 34\tFR\n# a comment\n\nphone\t06 39 98 12 34\naccount\tfb:Opal"));
}

TEST(CanonBatch, AnswersInJsonWithADocumentALine) {
  EXPECT_EQ(
      "{\"v\":1,\"form\":\"+33639981234\"}\n{\"v\":1,\"refused\":\"no_region\"}\n"
      "{\"v\":1,\"form\":\"facebook\\u001fopal\"}\n",
      answers("phone\t06 39 98 12 34\tFR\nphone\t06 39 98 12 34\naccount\tfb:Opal\n", true));
}

TEST(CanonBatch, EscapesStandForCharactersAndBytes) {
  EXPECT_EQ("form\t+33639981234\n", answers("phone\t\\u{200e}+33\\u{a0}639981234\\x09\n"));
  EXPECT_EQ("refused\tnot_text\n", answers("phone\t\\xff\n"));
  EXPECT_EQ("form\topal.example/a\n", answers("url\thttp:\\\\\\\\opal.example\\\\a\n"));
}

TEST(CanonBatch, AMistakeIsNamedWithItsLine) {
  EXPECT_THAT(mistake("phone\t112\ncolour\tred\n"), HasSubstr("line 2: unknown type"));
  EXPECT_THAT(mistake("phone\n"), HasSubstr("line 1: expected type"));
  EXPECT_THAT(mistake("url\ta\\b\n"), HasSubstr("line 1: a backslash"));
  EXPECT_THAT(mistake("url\t\\u{d800}\n"), HasSubstr("no character"));
  EXPECT_THAT(mistake("url\t\\xzz\n"), HasSubstr("hexadecimal"));
  EXPECT_THAT(mistake("url\t" + std::string(batch_line_size_max, 'a')), HasSubstr("longer than"));
}

}  // namespace
}  // namespace bakhita::cli
