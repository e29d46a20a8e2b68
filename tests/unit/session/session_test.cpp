// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/session/error_code.h"
#include "protocol/session/shape.h"

namespace bakhita::session {
namespace {

using std::chrono::seconds;

NodeId node(std::uint8_t fill) {
  NodeId id;
  id.bytes.fill(fill);
  return id;
}

FeedId feed(std::uint8_t origin = 2) { return {CommunityId{}, node(origin), 1}; }

v1::FeedHead head(std::uint64_t size, const FeedId& of = feed()) {
  v1::FeedHead out;
  set_feed(out, of);
  out.set_size(size);
  out.set_root(std::string(32, 'r'));
  if (size > 0) out.set_note("note " + std::to_string(size));
  return out;
}

v1::Want want(std::uint64_t from, std::uint64_t to, const FeedId& of = feed()) {
  v1::Want out;
  set_feed(out, of);
  out.set_from(from);
  out.set_to(to);
  return out;
}

v1::Data data(std::uint64_t from, std::uint64_t records, const FeedId& of = feed()) {
  v1::Data out;
  set_feed(out, of);
  out.set_from(from);
  out.set_headers(std::string(records * 48, 'h'));
  return out;
}

v1::Evaluate lookup(char id = 'i') {
  v1::Evaluate out;
  out.set_request_id(std::string(16, id));
  out.set_community(std::string(16, 'c'));
  out.set_public_key(std::string(32, 'k'));
  out.set_elements(std::string(16 * 32, 'e'));
  return out;
}

v1::Evaluated evaluated(char id = 'i') {
  v1::Evaluated out;
  out.set_request_id(std::string(16, id));
  out.set_elements(std::string(16 * 32, 'e'));
  out.set_proof(std::string(64, 'p'));
  return out;
}

v1::Frame frame(v1::Clock message) {
  v1::Frame out;
  *out.mutable_clock() = std::move(message);
  return out;
}
v1::Frame clock_frame(std::vector<v1::FeedHead> heads) {
  v1::Clock clock;
  for (auto& each : heads) *clock.add_heads() = each;
  return frame(clock);
}
v1::Frame frame(const v1::Want& message) {
  v1::Frame out;
  *out.mutable_want() = message;
  return out;
}
v1::Frame frame(const v1::Data& message) {
  v1::Frame out;
  *out.mutable_data() = message;
  return out;
}
v1::Frame frame(const v1::Evaluate& message) {
  v1::Frame out;
  *out.mutable_evaluate() = message;
  return out;
}
v1::Frame frame(const v1::Evaluated& message) {
  v1::Frame out;
  *out.mutable_evaluated() = message;
  return out;
}
v1::Frame frame(const v1::Busy& message) {
  v1::Frame out;
  *out.mutable_busy() = message;
  return out;
}
v1::Frame frame(const v1::ProtocolError& message) {
  v1::Frame out;
  *out.mutable_error() = message;
  return out;
}
v1::Frame ping_frame(std::uint64_t nonce) {
  v1::Frame out;
  out.mutable_ping()->set_nonce(nonce);
  return out;
}
v1::Frame pong_frame(std::uint64_t nonce) {
  v1::Frame out;
  out.mutable_pong()->set_nonce(nonce);
  return out;
}

/// Node 1's session, with the test as node 2, the host, and the clock. Signatures are not looked
/// at.
class SessionTest : public testing::Test {
 protected:
  Settings settings_;
  Time now_{1'000'000};
  std::unique_ptr<Session> session_;
  std::vector<Effect> effects_;
  FrameInput sent_bytes_;

  v1::Hello hello(std::uint8_t from, std::uint8_t to) {
    return make_hello({node(from), node(to), {}, {}}, 1, 1, "test",
                      [](ByteView) { return Signature{}; });
  }
  void make() {
    session_ = std::make_unique<Session>(
        Ends{node(1), node(2), {}, {}}, settings_,
        [](ByteView, const Signature&, const PublicKey&) { return true; });
  }
  void start() {
    make();
    session_->start(hello(1, 2), now_);
    collect();
  }
  /// After Hello, with no heads and no lookups of ours.
  void open() {
    start();
    v1::Frame greeting;
    *greeting.mutable_hello() = hello(2, 1);
    receive(greeting);
    ASSERT_TRUE(session_->open());
    session_->heads_listed({}, now_);
    session_->lookup_chosen(std::nullopt, now_);
    collect();
    effects_.clear();
    sent();
  }
  void receive(const v1::Frame& message) {
    const auto bytes = encode_frame(message);
    ASSERT_TRUE(bytes);
    session_->receive(*bytes, now_);
    collect();
  }
  void collect() {
    for (Effect& effect : session_->take_effects()) effects_.push_back(std::move(effect));
  }
  /// All frames written since the last call.
  std::vector<v1::Frame> sent() {
    std::vector<v1::Frame> frames;
    while (session_->has_output()) {
      sent_bytes_.append(session_->take_output());
      session_->output_written(now_);
      while (true) {
        const auto payload = sent_bytes_.next();
        if (!payload || !*payload) break;
        auto decoded = decode_frame(**payload);
        EXPECT_TRUE(decoded);
        frames.push_back(std::move(*decoded));
      }
    }
    collect();
    return frames;
  }
  void pass(Time time) {
    now_ += time;
    session_->tick(now_);
    collect();
  }
  template <class Kind>
  std::size_t count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        effects_, [](const Effect& effect) { return std::holds_alternative<Kind>(effect); }));
  }
  /// The only effect of its kind, taken out.
  template <class Kind>
  Kind take() {
    EXPECT_EQ(count<Kind>(), 1U);
    const auto found = std::ranges::find_if(
        effects_, [](const Effect& effect) { return std::holds_alternative<Kind>(effect); });
    if (found == effects_.end()) return {};
    Kind out = std::get<Kind>(std::move(*found));
    effects_.erase(found);
    return out;
  }
  void expect_closed(Ending ending, std::optional<Error> error = std::nullopt) {
    EXPECT_TRUE(session_->closed());
    const auto closed = take<Closed>();
    EXPECT_EQ(closed.ending, ending) << describe(closed.ending);
    EXPECT_EQ(closed.error, error);
  }
};

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
