// SPDX-License-Identifier: EUPL-1.2
// How a session begins, stays alive, and ends.
#include "tests/unit/session/session_fixture.h"

namespace bakhita::session {
namespace {

TEST_F(SessionTest, BeginsWithItsHello) {
  start();
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_TRUE(frames[0].has_hello());
  EXPECT_EQ(count<Opened>(), 0U);
}

TEST_F(SessionTest, AfterBothHellosTellsItsHeadsAndLooksForLookups) {
  start();
  v1::Frame greeting;
  *greeting.mutable_hello() = hello(2, 1);
  receive(greeting);
  EXPECT_EQ(count<Opened>(), 1U);
  EXPECT_EQ(count<ListHeads>(), 1U);
  EXPECT_EQ(count<ChooseLookup>(), 1U);
  session_->heads_listed({head(3, feed(1))}, now_);
  const auto frames = sent();
  EXPECT_EQ(frames.back().clock().heads(0).size(), 3U);
}

v1::Frame charter_notice(const std::string& package) {
  v1::Frame frame;
  frame.mutable_charter_notice()->set_package(package);
  return frame;
}

TEST_F(SessionTest, TellsEachCharterOnceAndAgainWhenItsKeyChanges) {
  open();
  session_->charters_listed({{Bytes{1}, Bytes{'a'}}, {Bytes{2}, Bytes{'b'}}}, true, now_);
  EXPECT_EQ(sent().size(), 2U);
  session_->announce(now_);
  collect();
  take<ListCharters>();
  session_->charters_listed({{Bytes{1}, Bytes{'a'}}, {Bytes{3}, Bytes{'b'}}}, true, now_);
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].charter_notice().package(), "b");
}

TEST_F(SessionTest, LearnsOneCharterAfterTheOtherAndNotMoreThanWait) {
  open();
  receive(charter_notice("one"));
  receive(charter_notice("two"));
  EXPECT_EQ(take<LearnCharter>().package, to_bytes(as_bytes("one")));
  session_->charter_learned(now_);
  collect();
  EXPECT_EQ(take<LearnCharter>().package, to_bytes(as_bytes("two")));
  for (int i = 0; i < 70 && !session_->closed(); ++i) receive(charter_notice("more"));
  expect_closed(Ending::misbehaved, Error::too_large);
}

TEST_F(SessionTest, WithNoCommunityInCommonItTellsWhyAndEnds) {
  open();
  session_->charters_listed({{Bytes{1}, Bytes{'a'}}}, false, now_);
  collect();
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].charter_notice().package(), "a");
  EXPECT_TRUE(frames[1].has_error());
  expect_closed(Ending::parted, Error::not_a_member);
}

TEST_F(SessionTest, LooksAtNothingBeforeHello) {
  start();
  receive(clock_frame({head(1)}));
  EXPECT_EQ(count<CompareClock>(), 0U);
  expect_closed(Ending::misbehaved, Error::unexpected);
}

TEST_F(SessionTest, RefusesAHelloForAnother) {
  start();
  v1::Frame greeting;
  *greeting.mutable_hello() = hello(2, 3);
  receive(greeting);
  expect_closed(Ending::misbehaved, Error::wrong_peer);
  EXPECT_TRUE(sent().back().has_error());
}

TEST_F(SessionTest, RefusesASecondHello) {
  open();
  v1::Frame greeting;
  *greeting.mutable_hello() = hello(2, 1);
  receive(greeting);
  expect_closed(Ending::misbehaved, Error::unexpected);
}

TEST_F(SessionTest, EndsWhenHelloDoesNotCome) {
  start();
  sent();
  pass(settings_.hello_time_max - Time{1});
  EXPECT_FALSE(session_->closed());
  pass(Time{1});
  expect_closed(Ending::silent);
}

TEST_F(SessionTest, MakesAFlooderWait) {
  settings_.frames = {10, 20};
  open();
  for (std::uint64_t i = 1; i <= 200; ++i) receive(ping_frame(i));
  EXPECT_FALSE(session_->wants_input(now_));
  const std::size_t at_once = sent().size();
  EXPECT_LE(at_once, 21U);
  const Time wake = session_->wake_at(now_);
  EXPECT_GT(wake, now_);
  EXPECT_LE(wake, now_ + Time{100});
  pass(seconds{1});
  EXPECT_LE(sent().size(), 11U) << "what was read already goes on at the allowed rate";
}

TEST_F(SessionTest, PingsASilentPeerAndEndsWhenItStaysSilent) {
  open();
  EXPECT_EQ(session_->wake_at(now_), now_ + settings_.silence_max / 3);
  pass(settings_.silence_max / 3);
  ASSERT_EQ(sent().size(), 1U);
  receive(pong_frame(1));
  EXPECT_EQ(session_->round_trips(), 1U);
  pass(settings_.silence_max / 3);
  sent();
  pass(settings_.silence_max);
  expect_closed(Ending::silent);
}

TEST_F(SessionTest, RefusesAPongWithoutPing) {
  open();
  receive(pong_frame(1));
  expect_closed(Ending::misbehaved, Error::unexpected);
}

TEST_F(SessionTest, EndsWhenAFrameTricklesIn) {
  open();
  const auto bytes = encode_frame(frame(data(0, 1'000)));
  ASSERT_TRUE(bytes);
  std::size_t at = 0;
  for (; at < bytes->size() && !session_->closed(); ++at) {
    session_->receive(ByteView(*bytes).subspan(at, 1), now_);
    pass(seconds{1});
  }
  expect_closed(Ending::silent);
  EXPECT_LT(at, 60U);
}

TEST_F(SessionTest, EndsWhenThePeerDoesNotRead) {
  open();
  session_->announce(now_);
  session_->heads_listed({head(1, feed(1))}, now_);
  for (int i = 0; i < 11 && !session_->closed(); ++i) {
    receive(ping_frame(1));  // it talks, but takes nothing
    pass(settings_.silence_max / 10);
  }
  expect_closed(Ending::silent);
}

TEST_F(SessionTest, IgnoresFramesOfALaterVersion) {
  open();
  v1::Frame letter;
  letter.mutable_letter()->set_sealed("sealed");
  receive(letter);
  session_->receive(Bytes{0, 0, 0, 3, 0xaa, 0x06, 0x00}, now_);  // field 101, no bytes
  EXPECT_TRUE(session_->open());
  EXPECT_TRUE(sent().empty());
}

TEST_F(SessionTest, EndsOnGarbage) {
  for (const Bytes& garbage :
       {Bytes(16, 0xff), Bytes(16, 0x00), Bytes{'G', 'E', 'T', ' '}, Bytes{0, 0, 0, 1, 0x0b}}) {
    effects_.clear();
    open();
    session_->receive(garbage, now_);
    collect();
    EXPECT_TRUE(session_->closed());
    EXPECT_EQ(take<Closed>().ending, Ending::misbehaved);
  }
}

TEST_F(SessionTest, EndsWhenThePeerSaysSo) {
  open();
  receive(frame(protocol_error(Error::not_a_member)));
  expect_closed(Ending::refused_by_peer, Error::not_a_member);
  EXPECT_TRUE(sent().empty()) << "an accusation is not answered";
}

TEST_F(SessionTest, IsDeafAfterItsEnd) {
  open();
  session_->close(Ending::stopped, now_);
  collect();
  effects_.clear();
  receive(clock_frame({head(1)}));
  session_->announce(now_);
  session_->heads_listed({head(1)}, now_);
  session_->clock_compared(std::vector<v1::Want>{want(0, 1)}, now_);
  session_->range_read(data(0, 1), now_);
  session_->data_accepted(Error::malformed, now_);
  session_->lookup_answered(frame(evaluated()), now_);
  session_->lookup_chosen(std::nullopt, now_);
  session_->lookup_closed(now_);
  pass(seconds{1'000});
  EXPECT_TRUE(effects_.empty());
  EXPECT_FALSE(session_->has_output());
  EXPECT_EQ(session_->wake_at(now_), Time::max());
}

TEST_F(SessionTest, EndsWhenItsOwnHostAnswersAnotherQuestion) {
  open();
  receive(frame(want(0, 10, feed(1))));
  session_->range_read(data(5, 1, feed(1)), now_);
  collect();
  effects_.erase(effects_.begin());
  expect_closed(Ending::failed);
}

}  // namespace
}  // namespace bakhita::session
