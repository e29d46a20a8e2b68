// SPDX-License-Identifier: EUPL-1.2
#include "protocol/letter/correspondence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace bakhita {
namespace {

constexpr std::uint64_t start = 1'790'000'000;
constexpr std::uint64_t hour = 3'600, day = 24 * hour;
constexpr Step all_steps[] = {
    Step::approved,       Step::sent,          Step::acknowledged, Step::clarification_requested,
    Step::clarified,      Step::partial_reply, Step::replied,      Step::refused,
    Step::feedback_given, Step::cancelled};

Correspondence after(std::initializer_list<Step> steps, v1::AnswerClass answer_class,
                     std::uint64_t now = start) {
  Correspondence out;
  out.answer_class = answer_class;
  for (Step step : steps) {
    const auto next = advance(out, step, now);
    EXPECT_TRUE(next) << "step " << static_cast<int>(step) << " in " << name_of(out.state);
    if (next) out = *next;
  }
  return out;
}

TEST(Correspondence, GoesFromDraftToFeedback) {
  const Correspondence done =
      after({Step::approved, Step::sent, Step::acknowledged, Step::clarification_requested,
             Step::clarified, Step::partial_reply, Step::partial_reply, Step::replied,
             Step::feedback_given},
            v1::ANSWER_CLASS_ORDINARY);
  EXPECT_EQ(CorrespondenceState::closed, done.state);
  EXPECT_EQ(0u, deadline_of(done, start + 1000 * day).due);
}

TEST(Correspondence, IsNeverSentWithoutApproval) {
  EXPECT_FALSE(advance(Correspondence{}, Step::sent, start));
}

TEST(Correspondence, HasTheClockOfItsClass) {
  const std::pair<v1::AnswerClass, std::uint64_t> classes[] = {
      {v1::ANSWER_CLASS_URGENT_ACCESSIBLE, 8 * hour},
      {v1::ANSWER_CLASS_URGENT_OBTAINABLE, 3 * day},
      {v1::ANSWER_CLASS_ORDINARY, 7 * day},
      {v1::ANSWER_CLASS_FINANCIAL, 30 * day}};
  for (const auto& [answer_class, limit] : classes) {
    const Correspondence waiting =
        after({Step::approved, Step::sent, Step::acknowledged}, answer_class);
    EXPECT_EQ(start + limit, deadline_of(waiting, start).due);
    EXPECT_EQ(Side::asked, deadline_of(waiting, start).by);
    EXPECT_FALSE(deadline_of(waiting, start + limit).overdue);
    EXPECT_TRUE(deadline_of(waiting, start + limit + 1).overdue);
  }
}

TEST(Correspondence, ClockStandsStillWhileAQuestionIsOpen) {
  Correspondence waiting =
      after({Step::approved, Step::sent, Step::acknowledged, Step::clarification_requested},
            v1::ANSWER_CLASS_URGENT_ACCESSIBLE);
  EXPECT_EQ(Side::asking, deadline_of(waiting, start).by);
  waiting = advance(waiting, Step::clarified, start + 5 * hour).value();
  EXPECT_EQ(start + 13 * hour, deadline_of(waiting, start + 5 * hour).due);
}

TEST(Correspondence, ClockThatRanBackwardsShortensNoPause) {
  Correspondence waiting =
      after({Step::approved, Step::sent, Step::acknowledged, Step::clarification_requested},
            v1::ANSWER_CLASS_URGENT_ACCESSIBLE);
  waiting = advance(waiting, Step::clarified, start - day).value();
  EXPECT_EQ(start + 8 * hour, deadline_of(waiting, start).due);
}

TEST(Correspondence, ExpiresUnansweredAndStillTakesALateAnswer) {
  const Correspondence waiting =
      after({Step::approved, Step::sent, Step::acknowledged}, v1::ANSWER_CLASS_ORDINARY);
  const std::uint64_t late = start + 7 * day + expiry_time;
  EXPECT_EQ(CorrespondenceState::acknowledged, at_time(waiting, late - 1).state);
  EXPECT_EQ(CorrespondenceState::expired, at_time(waiting, late).state);
  EXPECT_EQ(CorrespondenceState::feedback_due, advance(waiting, Step::replied, late)->state);
  const auto partly = advance(waiting, Step::partial_reply, late);
  ASSERT_TRUE(partly);
  EXPECT_EQ(CorrespondenceState::expired, at_time(*partly, late).state) << "it is kept, no more";
  EXPECT_EQ(CorrespondenceState::clarifying,
            advance(waiting, Step::clarification_requested, late)->state);
}

TEST(Correspondence, BeginsItsClockWithALateAcknowledgementAndWithNoSecondOne) {
  const std::uint64_t late = start + hour + expiry_time;
  const Correspondence sent = after({Step::approved, Step::sent}, v1::ANSWER_CLASS_ORDINARY);
  ASSERT_EQ(CorrespondenceState::expired, at_time(sent, late).state);
  const auto taken = advance(sent, Step::acknowledged, late);
  ASSERT_TRUE(taken);
  EXPECT_EQ(late + 7 * day, deadline_of(*taken, late).due);
  EXPECT_FALSE(advance(*taken, Step::acknowledged, late + 7 * day + expiry_time));
}

TEST(Correspondence, OwesFeedbackAfterAnAnswerAndNoneAfterARefusal) {
  const Correspondence answered = after(
      {Step::approved, Step::sent, Step::acknowledged, Step::replied}, v1::ANSWER_CLASS_ORDINARY);
  EXPECT_EQ(Side::asking, deadline_of(answered, start).by);
  EXPECT_EQ(start + feedback_time, deadline_of(answered, start).due);
  const Correspondence refused = after(
      {Step::approved, Step::sent, Step::acknowledged, Step::refused}, v1::ANSWER_CLASS_ORDINARY);
  EXPECT_TRUE(is_final(refused.state));
}

/// Walks every reachable state with every step: whatever is refused changes nothing, and whatever
/// ends stays ended.
TEST(Correspondence, NeverLeavesAFinalState) {
  std::vector<Correspondence> reached = {Correspondence{}};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (Step step : all_steps) {
      const auto next = advance(reached[i], step, start);
      if (is_final(reached[i].state)) {
        EXPECT_FALSE(next) << name_of(reached[i].state);
      }
      if (next && std::ranges::find(reached, *next) == reached.end()) reached.push_back(*next);
    }
  }
  const auto reaches = [&](CorrespondenceState state) {
    return std::ranges::any_of(reached, [&](const auto& one) { return one.state == state; });
  };
  for (int state = 1; state <= static_cast<int>(CorrespondenceState::cancelled); ++state)
    if (static_cast<CorrespondenceState>(state) != CorrespondenceState::expired) {
      EXPECT_TRUE(reaches(static_cast<CorrespondenceState>(state))) << state;
    }
}

/// A request as both sides see it, and the letters between them.
struct Both {
  Correspondence asking, asked;
  std::vector<Step> to_asking, to_asked;
  int written = 0;
  bool operator==(const Both&) const = default;
};

/// An answer that came in parts is not told from one that has not begun.
CorrespondenceState in_short(const Correspondence& of) {
  return of.state == CorrespondenceState::partial ? CorrespondenceState::acknowledged : of.state;
}

/// Every order in which letters can be written and delivered: each is taken in, and when nothing is
/// on its way both sides say the same.
TEST(Correspondence, EndsAlikeOnBothSidesHoweverLettersCross) {
  constexpr int letters_max = 6;
  Both first;
  first.asking = after({Step::approved, Step::sent}, v1::ANSWER_CLASS_ORDINARY);
  first.asked = after({Step::approved, Step::sent, Step::acknowledged}, v1::ANSWER_CLASS_ORDINARY);
  first.to_asking = {Step::acknowledged};
  std::vector<Both> reached = {first};
  const auto add = [&reached](const Both& next) {
    if (std::ranges::find(reached, next) == reached.end()) reached.push_back(next);
  };
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const Both now = reached[i];
    for (const Step step : all_steps) {
      const bool by_asking = maker_of(step) == Side::asking;
      const auto next = advance(by_asking ? now.asking : now.asked, step, start);
      if (!next || now.written == letters_max) continue;
      Both written = now;
      ++written.written;
      (by_asking ? written.asking : written.asked) = *next;
      (by_asking ? written.to_asked : written.to_asking).push_back(step);
      add(written);
    }
    const auto deliver = [&](std::vector<Step> Both::*letters, Correspondence Both::*side) {
      if ((now.*letters).empty()) return;
      Both delivered = now;
      const Step step = (now.*letters).front();
      (delivered.*letters).erase((delivered.*letters).begin());
      const auto taken = take_in(now.*side, step, start);
      ASSERT_TRUE(taken) << "step " << static_cast<int>(step) << " in "
                         << name_of((now.*side).state);
      delivered.*side = *taken;
      add(delivered);
    };
    deliver(&Both::to_asking, &Both::asking);
    deliver(&Both::to_asked, &Both::asked);
    if (now.to_asking.empty() && now.to_asked.empty()) {
      EXPECT_EQ(name_of(in_short(now.asking)), name_of(in_short(now.asked)));
    }
  }
  EXPECT_GT(reached.size(), 200u);
}

}  // namespace
}  // namespace bakhita
