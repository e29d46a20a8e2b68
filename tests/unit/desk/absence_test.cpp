// SPDX-License-Identifier: EUPL-1.2
// A node that was away for long: it catches up with what lives, and with what was taken back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/desk/review.h"
#include "node/desk/upkeep.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAreArray;
using testing_support::day;
using testing_support::Federation;
using testing_support::TestNode;

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
constexpr int months = 14;

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }
std::string number_of(int month) { return "+336123456" + std::to_string(10 + month); }

/// GB holds what FR publishes month by month, but is away from the beginning.
class Absence : public testing::Test {
 protected:
  Absence() {
    federation.exchange();
    for (int month = 0; month < months; ++month) {
      gb.report("GB" + std::to_string(month), phone, number_of(month));
      fr.now += 30 * day;
      fr.report("FR" + std::to_string(month), phone, number_of(month));
      fr.publish();
      keep_up(*fr.desk, *fr.lookups);
    }
  }
  void come_back() {
    gb.now = fr.now;
    keep_up(*gb.desk, *gb.lookups);
    federation.exchange();
    keep_up(*gb.desk, *gb.lookups);
  }
  /// Reports of GB whose number FR publishes today.
  std::vector<std::string> published_today() {
    std::vector<std::string> out;
    for (int month = 0; month < months; ++month) {
      const auto state = fr.desk->identifiers.load(
          fr.desk->identifiers.hash(IdentifierType::phone, number_of(month)));
      if (state && state->locks_size() > 0) out.push_back("GB" + std::to_string(month));
    }
    return out;
  }
  std::vector<std::string> matched() {
    std::vector<std::string> out;
    for (const auto& match : gb.matches())
      if (match.state() == "live")
        out.insert(out.end(), match.report_ids().begin(), match.report_ids().end());
    return out;
  }

  Federation federation{{"FR", "GB"}, test_name()};
  TestNode& fr = federation[0];
  TestNode& gb = federation[1];
};

TEST_F(Absence, OfMoreThanAYearEndsWithTheMatchesOfAllThatLives) {
  EXPECT_THAT(matched(), IsEmpty());
  come_back();
  EXPECT_EQ(months, static_cast<int>(published_today().size())) << "publishing renews";
  EXPECT_THAT(matched(), UnorderedElementsAreArray(published_today()));
  EXPECT_EQ(fr.desk->feeds.find(fr.feed())->size, gb.desk->feeds.find(fr.feed())->size);
}

TEST_F(Absence, LearnsWhatWasTakenBackMeanwhile) {
  admin::v1::ReportErase erase;
  erase.set_id("FR3");
  erase.set_reason("test");
  erase.set_operator_("officer");
  ASSERT_TRUE(erase_report(*fr.desk, *fr.lookups, erase));
  come_back();
  EXPECT_THAT(matched(), UnorderedElementsAreArray(published_today()));
  EXPECT_THAT(matched(), testing::Not(testing::Contains("GB3")));
}

TEST_F(Absence, OfTheOriginEndsWhatItDidNotRenew) {
  come_back();
  gb.now += 400 * day;
  keep_up(*gb.desk, *gb.lookups);
  EXPECT_THAT(gb.matches(), IsEmpty());
}

}  // namespace
}  // namespace bakhita::desk
