// SPDX-License-Identifier: EUPL-1.2
// How a session asks and answers blind lookups.
#include "tests/unit/session/session_fixture.h"

namespace bakhita::session {
namespace {

TEST_F(SessionTest, AsksOneLookupAtATime) {
  open();
  session_->wake_lookups(now_);
  session_->wake_lookups(now_);
  collect();
  EXPECT_EQ(count<ChooseLookup>(), 1U);
  session_->lookup_chosen(lookup(), now_);
  EXPECT_TRUE(sent().at(0).has_evaluate());
  session_->wake_lookups(now_);
  collect();
  EXPECT_EQ(count<ChooseLookup>(), 1U);
  effects_.clear();
  receive(frame(evaluated()));
  EXPECT_TRUE(take<CloseLookup>().answer.has_value());
  EXPECT_EQ(count<ChooseLookup>(), 0U) << "not before the host has taken the answer";
  session_->lookup_closed(now_);
  collect();
  EXPECT_EQ(count<ChooseLookup>(), 1U);
}

TEST_F(SessionTest, RefusesAnAnswerToAnotherLookup) {
  for (const bool asked : {false, true}) {
    effects_.clear();
    open();
    if (asked) {
      session_->wake_lookups(now_);
      session_->lookup_chosen(lookup('x'), now_);
      collect();
      effects_.clear();
    }
    receive(frame(evaluated('y')));
    if (asked) {
      EXPECT_EQ(take<CloseLookup>().answer, std::nullopt);
    }
    expect_closed(Ending::misbehaved, Error::unexpected);
  }
}

TEST_F(SessionTest, TellsTheHostWhenALookupCannotBeAnswered) {
  open();
  session_->wake_lookups(now_);
  session_->lookup_chosen(lookup(), now_);
  collect();
  effects_.clear();
  receive(frame(busy(Error::quota_exhausted, 600, as_bytes(std::string(16, 'i')))));
  auto closed = take<CloseLookup>();
  EXPECT_EQ(closed.retry_after, 600U);
  EXPECT_EQ(closed.error, Error::quota_exhausted);
  session_->lookup_closed(now_);
  collect();
  EXPECT_EQ(count<ChooseLookup>(), 0U) << "a pause first";
  pass(seconds{1});
  EXPECT_EQ(count<ChooseLookup>(), 1U) << "another may be possible";
  session_->lookup_chosen(lookup('2'), now_);
  effects_.clear();
  receive(frame(protocol_error(Error::refused, as_bytes(std::string(16, '2')))));
  closed = take<CloseLookup>();
  EXPECT_EQ(closed.retry_after, 0U);
  EXPECT_EQ(closed.error, Error::refused);
  EXPECT_TRUE(session_->open());
}

TEST_F(SessionTest, FailsAnOutstandingLookupWhenItEnds) {
  open();
  session_->wake_lookups(now_);
  session_->lookup_chosen(lookup(), now_);
  session_->close(Ending::lost, now_);
  collect();
  const auto closed = take<CloseLookup>();
  EXPECT_EQ(closed.request_id, to_bytes(as_bytes(std::string(16, 'i'))));
  EXPECT_FALSE(closed.answer || closed.error);
}

TEST_F(SessionTest, FailsALookupThatTheHostChoseWhileItEnded) {
  open();
  session_->wake_lookups(now_);
  session_->close(Ending::replaced, now_);
  collect();
  EXPECT_EQ(count<CloseLookup>(), 0U);
  session_->lookup_chosen(lookup(), now_);
  collect();
  const auto closed = take<CloseLookup>();
  EXPECT_EQ(closed.request_id, to_bytes(as_bytes(std::string(16, 'i'))));
  EXPECT_FALSE(closed.answer || closed.error);
  session_->lookup_closed(now_);
  collect();
  EXPECT_EQ(count<ChooseLookup>(), 1U) << "the one from before it ended";
}

TEST_F(SessionTest, AnswersAPeersLookupUnderItsRequestId) {
  open();
  receive(frame(lookup('a')));
  EXPECT_EQ(take<AnswerLookup>().request.request_id(), std::string(16, 'a'));
  session_->lookup_answered(frame(evaluated('z')), now_);
  EXPECT_EQ(sent().at(0).evaluated().request_id(), std::string(16, 'a'));
  receive(frame(lookup('b')));
  receive(frame(lookup('c')));
  effects_.erase(effects_.begin());
  expect_closed(Ending::misbehaved, Error::unexpected);
}

TEST_F(SessionTest, SaysBusyToAPeerThatAsksTooOften) {
  settings_.lookups = {0.1, 1};
  open();
  int answered = 0;
  for (int i = 0; i < 5; ++i) {
    receive(frame(lookup()));
    if (count<AnswerLookup>() == 0) continue;
    take<AnswerLookup>();
    session_->lookup_answered(frame(evaluated()), now_);
    ++answered;
  }
  EXPECT_EQ(answered, 2);
  const auto frames = sent();
  EXPECT_EQ(error_of(frames.back().busy().code()), Error::quota_exhausted);
  EXPECT_GT(frames.back().busy().retry_after(), 0U);
}

}  // namespace
}  // namespace bakhita::session
