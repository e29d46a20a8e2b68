// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/text.h"

#include <gtest/gtest.h>

#include <random>

namespace bakhita::text {
namespace {

TEST(Fold, RefusesWhatIsNoStrictUtf8) {
  for (const char* written : {"\x80", "\xc0\xae", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80",
                              "\xf4\x90\x80\x80", "\xff", "a\xf8"})
    EXPECT_FALSE(fold(written)) << testing::PrintToString(written);
}

TEST(Fold, RefusesControlAndPrivateCharacters) {
  EXPECT_FALSE(fold(std::string_view("a\0b", 3)));
  for (const char* written :
       {"\x01", "\x1f", "\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xee\x80\x80", "\xef\xbf\xbe"})
    EXPECT_FALSE(fold(written)) << testing::PrintToString(written);
}

TEST(Fold, DropsWhatNobodySees) {
  EXPECT_EQ("ab", fold("\xef\xbb\xbf"
                       "a\xe2\x80\x8b\xe2\x80\x8e\xe2\x80\xae\xe2\x81\xa6\xc2\xad\xef\xb8\x8f"
                       "b"));
}

TEST(Fold, BringsDigitsOfEveryScriptToAscii) {
  EXPECT_EQ("0123456789", fold("٠1۲३৪੫૬୭௮𝟗"));
  EXPECT_EQ("x²①", fold("x²①"));  // these are no decimal digits
}

TEST(Fold, UnwrapsAllLayersAndTrims) {
  EXPECT_EQ("a b", fold(" <\"' a\xc2\xa0"
                        "b '\"> "));
  EXPECT_EQ("<a", fold("<a"));
  EXPECT_EQ("\"", fold("\""));
  EXPECT_EQ("", fold("<>"));
}

TEST(Fold, IsItsOwnFixedPoint) {
  std::mt19937 random(3);
  const std::vector<std::string> pieces{"<",        ">",        "\"", "'",  " ",  "e",
                                        "\xcc\x81", "\xcc\xb8", "٧",  "Ａ", "。", "\xe2\x80\x8d",
                                        "Å",        "“",        "”",  "="};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (unsigned n = random() % 8; n > 0; --n) text += pieces[random() % pieces.size()];
    const auto once = fold(text);
    ASSERT_TRUE(once);
    ASSERT_EQ(once, fold(*once)) << text;
  }
}

TEST(Refang, LeavesNoSignBehind) {
  EXPECT_EQ("https://a.b@c", refang("hXXps[://]a[.]b (AT) c"));
  EXPECT_EQ(".", refang("((.))"));
  EXPECT_EQ("a@b.c", refang("a [at] b [dot] c"));
  EXPECT_EQ("x: http://a.b", refang("x: hxxp[:]//a{.}b"));
  std::mt19937 random(5);
  const std::vector<std::string> pieces{"[",  "]", "(", ")", "{", "}",    ".", "dot",
                                        "at", ":", "/", "@", " ", "hxxp", "s", "://"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = random() % 12; n > 0; --n) text += pieces[random() % pieces.size()];
    const std::string once = refang(text);
    ASSERT_EQ(once, refang(once)) << text;
  }
}

TEST(Refang, LeavesPlainTextAlone) {
  for (const char* text : {"a.b@c", "(0)20", "[::1]", "foohxxp://a", "at dot", "x[0]"})
    EXPECT_EQ(text, refang(text));
}

TEST(PercentDecoded, TakesOnlyWholeEscapes) {
  EXPECT_EQ("a%b%4%zz%", percent_decoded("%61%b%4%zz%"));
}

}  // namespace
}  // namespace bakhita::text
