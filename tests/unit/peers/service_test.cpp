// SPDX-License-Identifier: EUPL-1.2
#include "node/peers/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "node/capture/reader.h"
#include "protocol/session/frame.h"
#include "tests/unit/peers/fake_host.h"

namespace bakhita::peers {
namespace {

using Kind = PeerEvent::Kind;
using session::Time;

Options quick() {
  Options options;
  options.listen = {"127.0.0.1:0"};
  options.redial_min = Time{10};
  options.redial_max = Time{100};
  options.refresh = Time{1'000};
  options.jitter = [] { return 0.0; };
  options.on_failure = [](const std::exception& failure) { ADD_FAILURE() << failure.what(); };
  return options;
}

v1::Evaluate lookup(std::size_t elements = limits::batch_interactive) {
  v1::Evaluate request;
  request.set_request_id(std::string(16, 'i'));
  request.set_community(std::string(16, '\0'));
  request.set_elements(std::string(elements * 32 - 1, 'e') + "f");
  request.set_public_key(std::string(32, 'k'));
  return request;
}

/// Two nodes that trust each other; B dials A.
struct Pair {
  FakeHost a{"AA", 1};
  FakeHost b{"BB", 2};
  Options options_a = quick();
  Options options_b = quick();
  std::unique_ptr<Service> service_a;
  std::unique_ptr<Service> service_b;

  void start_a() {
    service_a = std::make_unique<Service>(a, a.tls_seed(), options_a);
    service_a->start();
    options_a.listen = service_a->listening();
  }
  void start_b() {
    service_b = std::make_unique<Service>(b, b.tls_seed(), options_b);
    service_b->start();
  }
  void start() {
    a.trust(b.card());
    start_a();
    b.trust(a.card(service_a->listening()));
    start_b();
  }
  bool connected() {
    const auto condition = [](const FakeHost& host) { return host.count(Kind::connected) > 0; };
    return a.wait_for(condition) && b.wait_for(condition);
  }
};

TEST(Service, BringsAFeedToAPeer) {
  Pair pair;
  pair.a.publish(100'000);
  pair.b.publish(10);
  pair.start();
  const FeedId a = pair.a.own_feed(), b = pair.b.own_feed();
  EXPECT_TRUE(pair.b.wait_for([&](const FakeHost& h) { return h.size_of(a) == 100'000; }));
  EXPECT_TRUE(pair.a.wait_for([&](const FakeHost& h) { return h.size_of(b) == 10; }));
  EXPECT_EQ(pair.b.frames_accepted_, 112U);
  EXPECT_LE(pair.b.accept_calls_, pair.b.frames_accepted_);
}

TEST(Service, CapturesWhatOneSendsAsTheOtherReceivesIt) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "peers.capture";
  std::filesystem::remove_all(folder);
  capture::Writer writer(folder, 1 << 30, [](const std::string& why) { ADD_FAILURE() << why; });
  {
    Pair pair;
    pair.a.publish(10'000);
    pair.options_b.capture = &writer;
    pair.options_a.capture = &writer;
    pair.start();
    const FeedId feed = pair.a.own_feed();
    ASSERT_TRUE(pair.b.wait_for([&](const FakeHost& h) { return h.size_of(feed) == 10'000; }));
  }
  // What A sent to B and what B received from A, each in its order; the last may be lost on the
  // way.
  std::vector<Bytes> sent, received;
  capture::Entry entry;
  for (capture::Reader reader(writer.state().file); reader.next(entry);) {
    if (entry.form != capture::Form::frame || !session::decode_frame(entry.content)->has_data())
      continue;
    (entry.direction == capture::Direction::sent ? sent : received).push_back(entry.content);
  }
  std::filesystem::remove_all(folder);
  EXPECT_EQ(sent.size(), 12U);
  EXPECT_EQ(sent, received);
}

TEST(Service, BringsLaterRecordsWhenTheyAreAnnounced) {
  Pair pair;
  pair.start();
  ASSERT_TRUE(pair.connected());
  const FeedId feed = pair.a.own_feed();
  for (std::uint64_t size = 1; size <= 20; ++size) {
    pair.a.publish(1);
    pair.service_a->announce();
    ASSERT_TRUE(pair.b.wait_for([&](const FakeHost& h) { return h.size_of(feed) == size; }));
  }
}

TEST(Service, CarriesAcceptancesInHello) {
  Pair pair;
  pair.start();
  EXPECT_TRUE(pair.a.wait_for([](const FakeHost& h) { return h.acceptances_learnt_ == 1; }));
  EXPECT_TRUE(pair.b.wait_for([](const FakeHost& h) { return h.acceptances_learnt_ == 1; }));
}

TEST(Service, GreetsAgainWhenThereIsMoreToSay) {
  Pair pair;
  pair.start();
  ASSERT_TRUE(pair.connected());
  const auto greeted = [&](std::size_t times) {
    const auto learnt = [=](const FakeHost& host) { return host.acceptances_learnt_ == times; };
    return pair.a.wait_for(learnt) && pair.b.wait_for(learnt);
  };
  ASSERT_TRUE(greeted(1));
  pair.service_a->greet_again({NodeId{}});  // concerns nobody here
  EXPECT_EQ(1U, pair.service_a->connections().size());
  pair.service_a->greet_again({pair.b.self()});
  EXPECT_TRUE(greeted(2));
}

TEST(Service, AnswersALookup) {
  Pair pair;
  pair.start();
  ASSERT_TRUE(pair.connected());
  pair.b.ask(lookup());
  pair.b.ask(lookup(limits::batch_backfill));
  pair.service_b->wake_lookups();
  ASSERT_TRUE(pair.b.wait_for([](const FakeHost& h) { return h.answers_.size() == 2; }));
  EXPECT_EQ(pair.b.answers_[0].elements().front(), 'f');
  EXPECT_EQ(pair.b.answers_[0].request_id(), std::string(16, 'i'));
}

TEST(Service, TellsTheAskerWhenAPeerIsBusy) {
  Pair pair;
  pair.a.busy = true;
  pair.b.ask(lookup());
  pair.start();
  ASSERT_TRUE(pair.b.wait_for([](const FakeHost& h) { return h.failures_.size() == 1; }));
  EXPECT_EQ(pair.b.failures_[0], Error::quota_exhausted);
  EXPECT_EQ(pair.service_b->connections().size(), 1U);
}

TEST(Service, KeepsOneConnectionWhenBothDial) {
  for (int round = 0; round < 5; ++round) {
    Pair pair;
    pair.start_a();
    pair.start_b();
    pair.a.trust(pair.b.card(pair.service_b->listening()));
    pair.b.trust(pair.a.card(pair.service_a->listening()));
    pair.service_a->peers_changed();
    pair.service_b->peers_changed();
    ASSERT_TRUE(pair.connected());
    pair.a.publish(1);
    pair.service_a->announce();
    const FeedId feed = pair.a.own_feed();
    ASSERT_TRUE(pair.b.wait_for([&](const FakeHost& h) { return h.size_of(feed) == 1; }));
    EXPECT_LE(pair.service_a->connections().size(), 2U);
    pair.service_a->stop();
    pair.service_b->stop();
    EXPECT_EQ(pair.a.count(Kind::misbehaved) + pair.b.count(Kind::misbehaved), 0U);
  }
}

TEST(Service, RefusesAKeyThatIsNotPinned) {
  Pair pair;
  FakeHost stranger("SS", 9);
  pair.start_a();
  stranger.trust(pair.a.card(pair.service_a->listening()));
  pair.service_b = std::make_unique<Service>(stranger, stranger.tls_seed(), pair.options_b);
  pair.service_b->start();
  EXPECT_TRUE(pair.a.wait_for([](const FakeHost& h) { return h.count(Kind::refused) > 0; }));
  EXPECT_THAT(pair.a.last_text(), testing::HasSubstr("pin is not known"));
  EXPECT_TRUE(stranger.wait_for([](const FakeHost& h) { return h.count(Kind::dial_failed) > 0; }));
  EXPECT_TRUE(pair.service_a->connections().empty());
}

TEST(Service, DoesNotTalkToAnotherTrustedNodeAtAPeersAddress) {
  Pair pair;
  FakeHost third("CC", 3);
  pair.a.trust(pair.b.card());
  pair.start_a();
  pair.b.trust(pair.a.card());
  pair.b.trust(third.card(pair.service_a->listening()));  // but A answers there
  pair.start_b();
  EXPECT_TRUE(pair.b.wait_for([](const FakeHost& h) { return h.count(Kind::dial_failed) > 0; }));
  EXPECT_EQ(pair.b.last_text(), "another node answers at this address");
}

TEST(Service, ComesBackAfterThePeerRestarted) {
  Pair pair;
  pair.start();
  ASSERT_TRUE(pair.connected());
  pair.service_a->stop();
  ASSERT_TRUE(pair.b.wait_for([](const FakeHost& h) { return h.count(Kind::closed) > 0; }));
  pair.a.publish(5);
  pair.start_a();  // at the same port
  const FeedId feed = pair.a.own_feed();
  EXPECT_TRUE(pair.b.wait_for([&](const FakeHost& h) { return h.size_of(feed) == 5; }));
}

TEST(Service, ClosesTheSessionOfAPeerThatIsNoLongerTrusted) {
  Pair pair;
  pair.start();
  ASSERT_TRUE(pair.connected());
  pair.a.distrust(pair.b.self());
  pair.service_a->peers_changed();
  EXPECT_TRUE(pair.b.wait_for([](const FakeHost& h) { return h.count(Kind::closed) > 0; }));
  EXPECT_TRUE(pair.a.wait_for([](const FakeHost& h) { return h.count(Kind::refused) > 0; }));
  EXPECT_TRUE(pair.service_a->connections().empty());
}

TEST(Service, StopsInTheMiddleOfASync) {
  Pair pair;
  pair.a.publish(1'000'000);
  pair.start();
  const FeedId feed = pair.a.own_feed();
  ASSERT_TRUE(pair.b.wait_for([&](const FakeHost& h) { return h.size_of(feed) > 0; }));
  pair.service_b->stop();
  pair.service_a->stop();
  const std::uint64_t reached = pair.b.held(feed);
  EXPECT_GT(reached, 0U);
  EXPECT_TRUE(pair.service_a->connections().empty());
  pair.start();  // and resumes from there
  EXPECT_TRUE(pair.b.wait_for([&](const FakeHost& h) { return h.size_of(feed) == 1'000'000; }));
}

TEST(Service, TestsAPeerStepByStep) {
  Pair pair;
  pair.start();
  ASSERT_TRUE(pair.connected());
  std::vector<std::string> names;
  for (const TestStep& step : pair.service_b->test_peer(pair.a.self())) {
    EXPECT_TRUE(step.passed) << step.name << ": " << step.detail;
    names.push_back(step.name);
  }
  EXPECT_THAT(names, testing::ElementsAre("resolve", "tcp", "tls", "pin", "hello", "round trip"));
}

TEST(Service, SaysAtWhichStepATestFails) {
  Pair pair;
  pair.options_b.redial_min = pair.options_b.redial_max = std::chrono::minutes{5};
  pair.start_a();  // does not trust B
  pair.b.trust(pair.a.card(pair.service_a->listening()));
  pair.start_b();
  ASSERT_TRUE(pair.b.wait_for([](const FakeHost& h) { return h.count(Kind::dial_failed) > 0; }));
  const auto steps = pair.service_b->test_peer(pair.a.self());
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.back().name, "hello");
  EXPECT_FALSE(steps.back().passed);
  EXPECT_THAT(steps.back().detail, testing::HasSubstr("has it this node's newest card"));
  EXPECT_EQ(pair.service_b->test_peer(NodeId{}).at(0).detail,
            "no session with this node is wanted");
}

TEST(Service, NamesTheAddressThatItCannotListenOn) {
  FakeHost host("AA", 1);
  for (const char* address : {"127.0.0.1", "127.0.0.1:99999", "192.0.2.1:1"}) {
    Options options = quick();
    options.listen = {address};
    Service service(host, host.tls_seed(), options);
    try {
      service.start();
      ADD_FAILURE() << address;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(address));
    }
  }
}

TEST(Service, FindsWhomItDialsThoughAnotherNodeCopiedItsPin) {
  Pair pair;
  pair.a.trust(pair.b.card());
  pair.start_a();
  const KnownPeer victim = pair.a.card(pair.service_a->listening());
  KnownPeer thief = FakeHost("XX", 0).card();  // the smallest id: found first
  thief.tls_pin = victim.tls_pin;
  pair.b.trust(thief);
  pair.b.trust(victim);
  pair.start_b();
  EXPECT_TRUE(pair.connected());
  EXPECT_EQ(pair.a.self(), pair.service_b->connections().at(0).node);
}

/// Asks itself who it is on the network thread, and does not know.
class ForgetfulHost : public FakeHost {
 public:
  using FakeHost::FakeHost;
  NodeId self() const override { throw std::runtime_error("who am I?"); }
};

TEST(Service, StopsAfterAMistakeOnItsOwnThread) {
  ForgetfulHost host("AA", 1);
  host.trust(FakeHost("BB", 2).card({"127.0.0.1:1"}));
  std::promise<std::string> failed;
  Options options = quick();
  std::atomic<bool> told{false};
  options.on_failure = [&](const std::exception& failure) {
    if (!told.exchange(true)) failed.set_value(failure.what());
  };
  Service service(host, host.tls_seed(), options);
  service.start();
  EXPECT_EQ("who am I?", failed.get_future().get());
  service.stop();
}

}  // namespace
}  // namespace bakhita::peers
