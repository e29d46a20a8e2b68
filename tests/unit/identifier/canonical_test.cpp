// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/canonical.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <random>

#include "tests/support/tables.h"

namespace bakhita {
namespace {

using testing_support::tables;

/// Pieces out of which surprising texts are made, besides random bytes.
const std::vector<std::string> pieces{"http://",
                                      "hxxps",
                                      "[.]",
                                      "(.)",
                                      "((",
                                      "))",
                                      "(at)",
                                      "[dot]",
                                      "%2e",
                                      "%",
                                      "%25",
                                      "%C3%A9",
                                      "%CC%81",
                                      "%E2%80%8B",
                                      "e",
                                      "\xcc\x81",
                                      "xn--",
                                      "xn--bcher-kva",
                                      "www.",
                                      ".",
                                      "..",
                                      "/",
                                      "//",
                                      "?",
                                      "&",
                                      "=",
                                      "#",
                                      "@",
                                      ":",
                                      ":80",
                                      ":8080",
                                      "opal.example",
                                      "facebook:",
                                      "t.me/",
                                      "x",
                                      "x:",
                                      "vk.com/",
                                      "gmail.com",
                                      "+a",
                                      "ı",
                                      "İ",
                                      "ẞ",
                                      "ß",
                                      "٧",
                                      "⑦",
                                      "。",
                                      "<",
                                      ">",
                                      "\"",
                                      "'",
                                      " ",
                                      "\xc2\xa0",
                                      "\xe2\x80\x8b",
                                      "utm_a=1",
                                      "[",
                                      "]",
                                      "::1",
                                      "127.0.0.1",
                                      "whatsapp ",
                                      "+447700900202",
                                      "０",
                                      "\xef\xbc\x85",
                                      "ς",
                                      "Σ",
                                      "ﬁ",
                                      "ｶ",
                                      "-",
                                      "‐",
                                      "_",
                                      "\x1f",
                                      "1",
                                      "bitcoin:",
                                      "FR",
                                      "SE:",
                                      "GB76"};

std::string random_text(std::mt19937& random) {
  std::string out;
  for (unsigned i = 0, count = static_cast<unsigned>(random() % 9 + 1); i < count; ++i)
    if (random() % 16 == 0)
      out += static_cast<char>(random());
    else
      out += pieces[random() % pieces.size()];
  return out;
}

TEST(Canonical, FormsOfAnythingAreTheirOwnFormsAndBounded) {
  std::mt19937 random(7);
  int accepted = 0;
  for (int i = 0; i < 40'000; ++i) {
    const std::string written = random_text(random);
    const IdentifierType type = all_identifier_types[random() % all_identifier_types.size()];
    const Canonical form = canonicalise(*tables(), type, written, random() % 2 == 0 ? "GB" : "");
    const auto* text = std::get_if<std::string>(&form);
    if (text == nullptr) continue;
    ++accepted;
    ASSERT_FALSE(text->empty());
    ASSERT_LE(text->size(), 2'048u);
    for (const std::string& again : {*text, display(*text)}) {
      const Canonical second = canonicalise(*tables(), type, again, "");
      ASSERT_EQ(form, second) << name_of(type) << " " << testing::PrintToString(written)
                              << " became " << testing::PrintToString(*text);
    }
  }
  EXPECT_GT(accepted, 300);
}

TEST(Canonical, TenMegabytesAreRefusedWithoutALook) {
  constexpr std::size_t size = 10'000'000;
  // Memory that nobody may read: a look at any of it would end the test.
  void* const unreadable =
      ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(MAP_FAILED, unreadable);
  const std::string_view huge(static_cast<const char*>(unreadable), size);
  for (const IdentifierType type : all_identifier_types)
    EXPECT_EQ(Canonical(Refusal::too_long), canonicalise(*tables(), type, huge, "GB"));
  ::munmap(unreadable, size);
}

/// Work that grows faster than the text would outlast the time that a test may take.
TEST(Canonical, TheLongestTextsOfOneSignEnd) {
  for (const std::string& piece : pieces) {
    std::string text;
    while (text.size() + piece.size() <= 4'096) text += piece;
    for (const IdentifierType type : all_identifier_types) {
      const Canonical form = canonicalise(*tables(), type, text, "GB");
      const auto* accepted = std::get_if<std::string>(&form);
      EXPECT_TRUE(accepted == nullptr || accepted->size() <= 2'048);
    }
  }
}

TEST(Canonical, ARegionThatIsNoneDoesNoHarm) {
  for (const std::string region : {"ZZ", "gb", "G", "\xff\xff", "GBGBGBGB", "\0"})
    for (const IdentifierType type : all_identifier_types)
      canonicalise(*tables(), type, "07700 900202", region);
  EXPECT_EQ(canonicalise(*tables(), IdentifierType::phone, "07700 900202", "gb"),
            canonicalise(*tables(), IdentifierType::phone, "+447700900202", ""));
}

TEST(Canonical, AWhatsappAccountIsAnAccountWithThePhoneAsItsName) {
  EXPECT_EQ(Canonical("whatsapp\x1f+447700900202"),
            canonicalise(*tables(), IdentifierType::account, "WhatsApp: 07700 900202", "GB"));
}

TEST(Canonical, EachRefusalHasASentenceOfItsOwn) {
  std::set<std::string_view> seen;
  for (int code = 0; code <= static_cast<int>(Refusal::bad_form); ++code)
    EXPECT_TRUE(seen.insert(describe(static_cast<Refusal>(code))).second) << code;
}

TEST(Display, SeparatorsBecomeColons) {
  EXPECT_EQ("a:b:c", display("a\x1f"
                             "b\x1f"
                             "c"));
}

struct Value {
  IdentifierType type;
  const char* written;
};

bool benign(const Value& value) {
  const Canonical form = canonicalise(*tables(), value.type, value.written, "GB");
  return is_benign(*tables(), value.type, std::get<std::string>(form));
}

TEST(Benign, PlatformsProvidersAndHelplinesAre) {
  for (const Value& value : {Value{IdentifierType::domain, "www.facebook.com"},
                             {IdentifierType::domain, "m.facebook.com"},
                             {IdentifierType::domain, "WA.ME"},
                             {IdentifierType::domain, "gmail.com"},
                             {IdentifierType::domain, "outlook.com"},
                             {IdentifierType::url, "https://www.instagram.com/"},
                             {IdentifierType::url, "https://t.me"},
                             {IdentifierType::phone, "0800 012 1700"}})
    EXPECT_TRUE(benign(value)) << value.written;
}

TEST(Benign, WhatStandsOnAPlatformIsNot) {
  for (const Value& value : {Value{IdentifierType::url, "https://www.instagram.com/opal_work"},
                             {IdentifierType::domain, "notfacebook.com"},
                             {IdentifierType::domain, "opal.tumblr.com"},
                             {IdentifierType::email, "facebook.com@gmail.com"},
                             {IdentifierType::account, "x:gmail.com"},
                             {IdentifierType::phone, "07700 900202"}})
    EXPECT_FALSE(benign(value)) << value.written;
}

}  // namespace
}  // namespace bakhita
