// SPDX-License-Identifier: EUPL-1.2
#include "protocol/characters.h"

#include <gtest/gtest.h>

#include <string>

namespace bakhita {
namespace {

TEST(Characters, WellFormedUtf8OfEveryLengthIsTaken) {
  for (const char* text : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_FALSE(first_invalid_utf8(text)) << text;
}

TEST(Characters, WhatIsNoUtf8IsNamedByItsPlace) {
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe1\x80",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    const auto found = first_invalid_utf8("ab" + std::string(bad) + "c");
    ASSERT_TRUE(found) << bad;
    EXPECT_EQ(2u, *found) << bad;
  }
}

TEST(Characters, AreCountedNotTheirBytes) {
  EXPECT_EQ(3u, count_characters("a\xc3\xa9\xf0\x9f\x98\x80"));
}

TEST(Characters, AControlCharacterIsNotPrintable) {
  EXPECT_TRUE(is_printable("Autorit\xc3\xa9 ~"));
  for (const char* text : {"line\nend", "tab\t", "\x1b[0m", "\x7f"})
    EXPECT_FALSE(is_printable(text));
}

}  // namespace
}  // namespace bakhita
