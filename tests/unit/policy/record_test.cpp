// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/record.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/questions.h"

namespace bakhita::policy {
namespace {

Recorded recorded() {
  Recorded out;
  out.question = testing_support::harmless(Act::letter_onward);
  out.question.consents = {{"DE", "investigation", 5}, {"SE", "investigation", 6}};
  out.has_terms = true;
  out.terms = {{{1}}, {2}, {3}, false};
  out.rule = "h2-dissemination";
  out.count = 7;
  return out;
}

TEST(RecordOfADecision, IsReadAsItWasWritten) {
  const Bytes bytes = encode(recorded());
  const auto read = decode_recorded(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ("h2-dissemination", read->rule);
  EXPECT_EQ(7u, read->count);
  EXPECT_EQ(recorded().terms, read->terms);
  EXPECT_EQ(bytes, encode(*read));
}

TEST(RecordOfADecision, OfAnotherVersionOrInAnotherFormIsRefused) {
  const Bytes bytes = encode(recorded());
  Bytes later = bytes;
  ++later[0];
  EXPECT_EQ(Error::unknown_version, decode_recorded(later).error());
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(Error::malformed, decode_recorded(longer).error());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_recorded(ByteView(bytes).first(size))) << size;
}

/// A flag that is neither 0 nor 1 would be a second form.
TEST(RecordOfADecision, HasOneForm) {
  const Bytes bytes = encode(recorded());
  for (std::size_t i = 1; i < bytes.size(); ++i)
    for (std::uint8_t value : {std::uint8_t{2}, std::uint8_t{255}}) {
      Bytes changed = bytes;
      if (changed[i] == value) continue;
      changed[i] = value;
      const auto read = decode_recorded(changed);
      ASSERT_TRUE(!read || changed == encode(*read)) << i;
    }
}

}  // namespace
}  // namespace bakhita::policy
