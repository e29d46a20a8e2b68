// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/terminal_text.h"

#include <gmock/gmock.h>

#include <sstream>

#include "node/cli/table.h"

namespace bakhita::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

TEST(TerminalText, NeutralisesWhatSteersATerminal) {
  const std::string clean = printable(
      "a\x1b]0;title\x07\x1b[2J\x9b"
      "b\x7f\0c"s);
  EXPECT_THAT(clean, Not(HasSubstr("\x1b")));
  EXPECT_THAT(clean, Not(HasSubstr("\x9b")));
  EXPECT_EQ(printable("\xc2\x9b"), "\xef\xbf\xbd") << "the C1 control as UTF-8";
  EXPECT_EQ(printable("two\nlines\tand a tab"), "two lines and a tab");
}

TEST(TerminalText, NeutralisesWhatReordersOrHidesText) {
  for (const char* hostile : {"\u202e", "\u2066", "\u2069", "\u200f", "\u061c", "\u200b", "\ufeff",
                              "\u2028", "\U000e0041", "\u00ad"})
    EXPECT_EQ(printable("a"s + hostile + "b"), "a\ufffdb");
}

TEST(TerminalText, KeepsLettersOfAllScripts) {
  const std::string text =
      "\u0627\u0633\u062a\u062c\u0627\u0628 \u4e2d\u6587 \u0441\u043b\u043e\u0432\u043e \u00e9";
  EXPECT_EQ(printable(text), text);
}

TEST(TerminalText, ReplacesBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("a\xff\xfe"
                      "b\xe2\x82"),
            "a\ufffd\ufffdb\ufffd\ufffd");
}

TEST(TerminalText, CountsColumnsOfWideAndCombiningCharacters) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("\u4e2d\u6587"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
}

TEST(TerminalText, IsCutBetweenCharacters) {
  EXPECT_EQ(clipped("abcdef", 4), "abc\u2026");
  EXPECT_EQ(clipped("abcd", 4), "abcd");
  EXPECT_EQ(clipped("\u4e2d\u6587\u5b57", 4), "\u4e2d\u2026");
  EXPECT_EQ(clipped("abc", 0), "");
}

TEST(Table, StaysInItsColumnsWhateverTheCellsHold) {
  Table table({"NAME", "VALUE"});
  table.add({"evil\n\x1b[31mrow", "\u202eright to left"});
  table.add({"\u4e2d\u6587", "2", "surplus"});
  table.add({"short"});
  std::ostringstream out;
  table.print(out, 0);
  std::istringstream lines(out.str());
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    ++count;
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, Not(HasSubstr("\u202e")));
  }
  EXPECT_EQ(count, 4) << "a line end in a cell makes no row";
  EXPECT_THAT(out.str(), HasSubstr("\u4e2d\u6587           2\n"))
      << "wide characters take two columns";
}

TEST(Table, FitsTheWidthOfTheTerminal) {
  Table table({"A", "B", "C"});
  table.add({std::string(100, 'a'), "short", std::string(50, 'c')});
  std::ostringstream out;
  table.print(out, 80);
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80u);
  EXPECT_THAT(out.str(), HasSubstr("short"));
}

}  // namespace
}  // namespace bakhita::cli
