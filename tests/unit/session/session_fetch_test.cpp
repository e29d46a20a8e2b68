// SPDX-License-Identifier: EUPL-1.2
// How a session fetches and serves feeds, and what it tells of them.
#include "tests/unit/session/session_fixture.h"

namespace bakhita::session {
namespace {

TEST_F(SessionTest, FetchesARangeInSeveralFrames) {
  open();
  receive(clock_frame({head(10)}));
  EXPECT_EQ(take<CompareClock>().clock.heads(0).size(), 10U);
  session_->clock_compared(std::vector<v1::Want>{want(0, 10)}, now_);
  auto frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].want().to(), 10U);
  receive(frame(data(0, 4)));
  EXPECT_EQ(take<AcceptData>().data.size(), 1U);
  receive(frame(data(4, 4)));
  receive(frame(data(8, 2)));
  EXPECT_EQ(count<AcceptData>(), 0U) << "one acceptance at a time";
  session_->data_accepted(std::optional<v1::Want>(), now_);
  collect();
  EXPECT_EQ(take<AcceptData>().data.size(), 2U) << "what came meanwhile goes together";
  EXPECT_TRUE(sent().empty());
}

TEST_F(SessionTest, RefusesDataNobodyAskedFor) {
  open();
  receive(frame(data(0, 1)));
  expect_closed(Ending::misbehaved, Error::unexpected);
}

TEST_F(SessionTest, RefusesDataThatDoNotFollow) {
  for (const auto& wrong :
       {data(1, 1), data(0, 11), data(0, 1, feed(3)), data(~std::uint64_t{0} - 5, 2)}) {
    effects_.clear();
    open();
    receive(clock_frame({head(10)}));
    session_->clock_compared(std::vector<v1::Want>{want(0, 10)}, now_);
    sent();
    effects_.clear();
    receive(frame(wrong));
    EXPECT_EQ(count<AcceptData>(), 0U);
    expect_closed(Ending::misbehaved, Error::unexpected);
  }
}

v1::Want want_that_may_start(std::uint64_t to) {
  v1::Want out = want(0, to);
  out.set_may_start(true);
  return out;
}

v1::Data data_with_start(std::uint64_t first, std::uint64_t records) {
  v1::Data out = data(first, records);
  out.mutable_start()->set_first(first);
  out.mutable_start()->set_floor_header(std::string(48, 'f'));
  return out;
}

TEST_F(SessionTest, FetchesFromAFloorOnWhereItMayStart) {
  open();
  receive(clock_frame({head(1'000)}));
  session_->clock_compared(std::vector<v1::Want>{want_that_may_start(1'000)}, now_);
  EXPECT_TRUE(sent().at(0).want().may_start());
  receive(frame(data_with_start(768, 200)));
  EXPECT_EQ(take<AcceptData>().data.at(0).start().first(), 768U);
  session_->data_accepted(std::optional<v1::Want>(), now_);
  receive(frame(data(968, 32)));
  EXPECT_EQ(take<AcceptData>().data.size(), 1U);
  EXPECT_FALSE(session_->closed());
}

TEST_F(SessionTest, RefusesAStartThatWasNotAskedForOrComesTwiceOrTooLate) {
  const auto receives = [&](const v1::Want& asked, const std::vector<v1::Data>& answers) {
    effects_.clear();
    open();
    receive(clock_frame({head(1'000)}));
    session_->clock_compared(std::vector<v1::Want>{asked}, now_);
    sent();
    for (const v1::Data& answer : answers) receive(frame(answer));
    collect();
    return session_->closed();
  };
  EXPECT_TRUE(receives(want(0, 1'000), {data_with_start(768, 10)}));
  EXPECT_TRUE(receives(want_that_may_start(1'000), {data_with_start(1'024, 10)}));
  EXPECT_TRUE(receives(want_that_may_start(1'000), {data_with_start(768, 300)}));
  EXPECT_TRUE(receives(want_that_may_start(1'000), {data(0, 5), data_with_start(768, 10)}));
  EXPECT_TRUE(
      receives(want_that_may_start(1'000), {data_with_start(256, 1), data_with_start(512, 1)}));
  EXPECT_FALSE(receives(want_that_may_start(1'000), {data(0, 5), data(5, 5)}));
}

TEST_F(SessionTest, ServesAFloorToWhoMayStartAndGoesOnBehindIt) {
  open();
  receive(frame(want_that_may_start(1'000)));
  EXPECT_TRUE(take<ReadRange>().want.may_start());
  session_->range_read(data_with_start(512, 400), now_);
  collect();
  EXPECT_EQ(sent().at(0).data().start().first(), 512U);
  const v1::Want rest = take<ReadRange>().want;
  EXPECT_EQ(rest.from(), 912U);
  EXPECT_FALSE(rest.may_start());
  session_->range_read(data(912, 88), now_);
  collect();
  EXPECT_EQ(count<ReadRange>(), 0U);
  EXPECT_FALSE(session_->closed());
}

TEST_F(SessionTest, EndsOnDataThatTheHostRefuses) {
  open();
  receive(clock_frame({head(1)}));
  session_->clock_compared(std::vector<v1::Want>{want(0, 1)}, now_);
  receive(frame(data(0, 1)));
  session_->data_accepted(Error::wrong_root, now_);
  collect();
  expect_closed(Ending::misbehaved, Error::wrong_root);
  EXPECT_EQ(error_of(sent().back().error().code()), Error::wrong_root);
}

TEST_F(SessionTest, BlamesNobodyForDataThatAnotherConnectionBrought) {
  open();
  receive(clock_frame({head(1)}));
  session_->clock_compared(std::vector<v1::Want>{want(0, 1)}, now_);
  receive(frame(data(0, 1)));
  sent();
  session_->data_accepted(Error::unexpected, now_);
  collect();
  expect_closed(Ending::replaced);
  EXPECT_TRUE(sent().empty());
}

TEST_F(SessionTest, GoesOnAfterASplitView) {
  open();
  receive(clock_frame({head(1)}));
  session_->clock_compared(Error::split_view, now_);
  collect();
  EXPECT_EQ(count<SplitViewSeen>(), 1U);
  EXPECT_TRUE(session_->open());
}

TEST_F(SessionTest, EndsOnHeadsThatTheHostRefuses) {
  open();
  receive(clock_frame({head(1)}));
  session_->clock_compared(Error::bad_signature, now_);
  collect();
  expect_closed(Ending::misbehaved, Error::bad_signature);
}

TEST_F(SessionTest, ComparesAFeedAgainOnlyWhenItsFetchIsDone) {
  open();
  receive(clock_frame({head(10)}));
  session_->clock_compared(std::vector<v1::Want>{want(0, 10)}, now_);
  collect();
  effects_.clear();
  receive(clock_frame({head(20), head(5, feed(3))}));
  const auto other = take<CompareClock>();
  ASSERT_EQ(other.clock.heads_size(), 1);
  EXPECT_EQ(other.clock.heads(0).size(), 5U);
  session_->clock_compared(std::vector<v1::Want>{}, now_);
  receive(frame(data(0, 10)));
  session_->data_accepted(std::optional<v1::Want>(), now_);
  collect();
  EXPECT_EQ(take<CompareClock>().clock.heads(0).size(), 20U);
}

TEST_F(SessionTest, StopsReadingWhileDataWaitForTheHost) {
  settings_.data_waiting_max = 2;
  open();
  receive(clock_frame({head(10)}));
  session_->clock_compared(std::vector<v1::Want>{want(0, 10)}, now_);
  sent();
  for (std::uint64_t i = 0; i < 5; ++i) receive(frame(data(i, 1)));
  EXPECT_FALSE(session_->wants_input(now_));
  EXPECT_EQ(take<AcceptData>().data.size(), 1U);
  pass(settings_.silence_max * 2);
  EXPECT_FALSE(session_->closed()) << "the silence is ours";
  session_->data_accepted(std::optional<v1::Want>(), now_);
  collect();
  EXPECT_EQ(take<AcceptData>().data.size(), 2U);
  EXPECT_FALSE(session_->wants_input(now_)) << "the rest was read already";
  session_->data_accepted(std::optional<v1::Want>(), now_);
  EXPECT_TRUE(session_->wants_input(now_));
}

TEST_F(SessionTest, TakesUpAFetchAgainAfterBusy) {
  open();
  receive(clock_frame({head(10)}));
  session_->clock_compared(std::vector<v1::Want>{want(0, 10)}, now_);
  sent();
  receive(frame(data(0, 4)));
  receive(frame(busy(Error::not_found, 30)));
  EXPECT_TRUE(sent().empty());
  EXPECT_LE(session_->wake_at(now_), now_ + seconds{30});
  pass(seconds{30});
  const auto frames = sent();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0].want().from(), 4U);
}

TEST_F(SessionTest, EndsWhenWantedDataDoNotCome) {
  settings_.answer_time_max = seconds{20};
  open();
  receive(clock_frame({head(10)}));
  session_->clock_compared(std::vector<v1::Want>{want(0, 10)}, now_);
  sent();
  pass(seconds{20});
  expect_closed(Ending::silent);
}

TEST_F(SessionTest, ServesAWantUntilItsEnd) {
  open();
  receive(frame(want(0, 10, feed(1))));
  EXPECT_EQ(take<ReadRange>().want.from(), 0U);
  session_->range_read(data(0, 6, feed(1)), now_);
  collect();
  EXPECT_EQ(take<ReadRange>().want.from(), 6U);
  session_->range_read(data(6, 4, feed(1)), now_);
  collect();
  EXPECT_EQ(count<ReadRange>(), 0U);
  EXPECT_EQ(sent().size(), 2U);
  receive(frame(want(10, 11, feed(1))));
  EXPECT_EQ(count<ReadRange>(), 1U) << "the next Want may come";
}

TEST_F(SessionTest, ReadsAheadOnlyUpToItsLimit) {
  settings_.unsent_size_max = 10'000;
  open();
  receive(frame(want(0, 1'000, feed(1))));
  std::uint64_t from = 0;
  while (count<ReadRange>() > 0) {
    take<ReadRange>();
    session_->range_read(data(from, 50, feed(1)), now_);
    from += 50;
    collect();
    ASSERT_LT(from, 500U);
  }
  EXPECT_GE(from * 48, 10'000U);
  EXPECT_LE(from * 48, 10'000U + 3 * 50 * 48);
  sent();
  EXPECT_EQ(count<ReadRange>(), 1U);
}

TEST_F(SessionTest, AnswersBusyWhenTheHostCannotRead) {
  open();
  receive(frame(want(0, 10, feed(1))));
  session_->range_read(Error::not_found, now_);
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(error_of(frames[0].busy().code()), Error::not_found);
}

TEST_F(SessionTest, RefusesASecondWant) {
  open();
  receive(frame(want(0, 10, feed(1))));
  receive(frame(want(0, 10, feed(1))));
  expect_closed(Ending::misbehaved, Error::unexpected);
}

TEST_F(SessionTest, SendsOnlyHeadsThatChanged) {
  open();
  session_->announce(now_);
  session_->heads_listed({head(1, feed(1)), head(2, feed(3))}, now_);
  EXPECT_EQ(sent().at(0).clock().heads_size(), 2);
  session_->announce(now_);
  session_->heads_listed({head(1, feed(1)), head(4, feed(3))}, now_);
  const auto frames = sent();
  ASSERT_EQ(frames.at(0).clock().heads_size(), 1);
  EXPECT_EQ(frames[0].clock().heads(0).size(), 4U);
  session_->announce(now_);
  session_->heads_listed({head(1, feed(1)), head(4, feed(3))}, now_);
  EXPECT_TRUE(sent().empty()) << "nothing new costs nothing";
}

TEST_F(SessionTest, TellsStatementsBeforeHeadsAndOnce) {
  open();
  v1::Clock statements;
  statements.add_cards("card");
  for (int i = 0; i < 60; ++i) statements.add_cards(std::string(4'000, static_cast<char>('a' + i)));
  session_->announce(now_);
  session_->heads_listed({head(1, feed(1))}, now_, statements);
  const auto frames = sent();
  ASSERT_GT(frames.size(), 2U) << "cut into frames";
  EXPECT_EQ("card", frames.front().clock().cards(0));
  EXPECT_EQ(0, frames.front().clock().heads_size());
  EXPECT_EQ(1, frames.back().clock().heads_size());
  session_->announce(now_);
  session_->heads_listed({head(1, feed(1))}, now_, statements);
  EXPECT_TRUE(sent().empty());
}

TEST_F(SessionTest, HandsStatementsToTheHostTogetherWithTheHeadsBehindThem) {
  open();
  v1::Clock statements;
  statements.add_cards("card");
  receive(frame(statements));
  EXPECT_EQ(1U, count<CompareClock>());
  receive(clock_frame({head(3)}));
  EXPECT_EQ(1U, count<CompareClock>()) << "one at a time";
  session_->clock_compared(std::vector<v1::Want>{}, now_);
  collect();
  EXPECT_EQ(2U, count<CompareClock>());
}

TEST_F(SessionTest, RefusesStatementsWithoutEnd) {
  settings_.checks = {1e9, 1e9};
  settings_.bytes = {1e9, 1e9};
  settings_.frames = {1e9, 1e9};
  open();
  v1::Clock statements;
  for (int i = 0; i < 1'000; ++i) statements.add_cards("card");
  for (int i = 0; i < 4 && !session_->closed(); ++i) receive(frame(statements));
  expect_closed(Ending::misbehaved, Error::too_large);
}

TEST_F(SessionTest, AsksTheHostAgainWhatToFetchWithoutNews) {
  open();
  session_->wake_fetching(now_);
  session_->wake_fetching(now_);
  collect();
  ASSERT_EQ(1U, count<CompareClock>());
  session_->clock_compared(std::vector<v1::Want>{want(0, 10)}, now_);
  collect();
  EXPECT_EQ(2U, count<CompareClock>()) << "it was woken again meanwhile";
  EXPECT_EQ(10U, sent().at(0).want().to());
}

TEST_F(SessionTest, ListsHeadsAgainWhenTheyChangedMeanwhile) {
  open();
  session_->announce(now_);
  session_->announce(now_);
  session_->announce(now_);
  collect();
  EXPECT_EQ(count<ListHeads>(), 1U);
  session_->heads_listed({}, now_);
  collect();
  EXPECT_EQ(count<ListHeads>(), 2U);
}

TEST_F(SessionTest, SplitsManyHeadsIntoSeveralFrames) {
  open();
  std::vector<v1::FeedHead> heads;
  for (std::size_t i = 0; i < limits::clock_heads_max; ++i) {
    heads.push_back(head(1, {CommunityId{}, node(1), static_cast<std::uint32_t>(i + 1)}));
    heads.back().set_note(std::string(400, 'n'));
  }
  session_->announce(now_);
  session_->heads_listed(heads, now_);
  const auto frames = sent();
  EXPECT_GT(frames.size(), 1U);
  int total = 0;
  for (const auto& each : frames) total += each.clock().heads_size();
  EXPECT_EQ(total, static_cast<int>(limits::clock_heads_max));
}

TEST_F(SessionTest, RefusesInventedFeedsWithoutEnd) {
  settings_.checks = {1e9, 1e9};
  open();
  for (std::uint32_t batch = 0; batch < 3 && !session_->closed(); ++batch) {
    v1::Clock clock;
    for (std::uint32_t i = 1; i <= 1'000; ++i)
      *clock.add_heads() = head(1, {CommunityId{}, node(2), batch * 1'000 + i});
    receive(frame(clock));
  }
  expect_closed(Ending::misbehaved, Error::too_large);
}

}  // namespace
}  // namespace bakhita::session
