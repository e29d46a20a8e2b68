// SPDX-License-Identifier: EUPL-1.2
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "node/desk/answering.h"
#include "node/desk/ceilings.h"
#include "node/desk/facts.h"
#include "node/desk/reading.h"
#include "node/desk/review.h"
#include "protocol/limits.h"
#include "protocol/lookup/pause.h"
#include "protocol/session/error_code.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using testing_support::bytes_of;
using testing_support::Federation;
using testing_support::TestNode;

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
constexpr auto email = v1::IDENTIFIER_TYPE_EMAIL;

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

TEST(Exchange, BothSidesFindWhatTheyShareAndNothingElse) {
  Federation federation({"FR", "GB"}, test_name());
  federation[0].report("F1", phone, "+33 6 12 34 56 78");
  federation[0].report("F2", email, "only.fr@example.com");
  federation[1].report("G1", phone, "0033612345678");
  federation[1].report("G2", email, "only.gb@example.com");
  for (auto& node : federation.nodes) node->publish();
  federation.exchange();
  for (auto& node : federation.nodes) {
    const auto found = node->matches();
    ASSERT_EQ(1u, found.size()) << node->country;
    EXPECT_THAT(found[0].report_ids(), testing::ElementsAre(node->country == "FR" ? "F1" : "G1"));
    EXPECT_EQ(node->country == "FR" ? "GB" : "FR", found[0].country());
  }
}

TEST(Exchange, AMatchThatWasReplacedInTheSameMonthIsFoundByALaterLookup) {
  Federation federation({"FR", "GB"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1];
  fr.report("F1", phone, "+33612345678");
  fr.publish();
  federation.exchange();
  fr.report("F2", phone, "+33612345678", v1::SUBJECT_ROLE_RECRUITER);  // replaces the lock
  EXPECT_EQ(1u, fr.publish().feeds(0).replaced());
  federation.exchange();
  gb.report("G1", phone, "+33612345678");
  federation.exchange();
  ASSERT_EQ(1u, gb.matches().size());
  EXPECT_EQ(2u, gb.matches()[0].summary().sightings());
}

TEST(Exchange, AMatchThatIsReplacedIsShownOnceWithTheNewestSummary) {
  Federation federation({"FR", "GB"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1];
  gb.report("G1", phone, "+33612345678");
  fr.report("F1", phone, "+33612345678");
  fr.publish();
  federation.exchange();
  federation.exchange();
  ASSERT_EQ(1u, gb.matches().size());
  fr.report("F2", phone, "+33612345678");
  fr.publish();
  federation.exchange();
  ASSERT_EQ(1u, gb.matches().size());
  EXPECT_EQ(2u, gb.matches()[0].summary().sightings());
}

/// Records that a node's program would not write, in its own feed.
void append_to(TestNode& node, std::span<const Record> records) {
  const keys::SecretBytes seed = node.keystore->get(keys::name::log);
  node.desk->feeds.append(node.feed(), records, keys::ed25519_public(seed),
                          [&](ByteView message) { return keys::sign(seed, message); }, {});
}

TEST(Exchange, KeysMayComeBeforeTheirChartersButNotEndlesslyMany) {
  Federation federation({"FR", "GB"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1];
  fr.report("F1", phone, "+33612345678");
  fr.publish();
  const auto kept = [&] {
    std::size_t out = 0;
    gb.desk->database.scan(store::Table::meta, as_bytes("origin-key/"), {},
                           [&](ByteView, ByteView) { return ++out > 0; });
    return out;
  };
  federation.exchange();
  const std::size_t before = kept();
  ASSERT_EQ(2u, before) << "one of each group";
  std::vector<Record> records;
  for (const std::uint32_t epoch : {2u, 3u, 65u, 66u, 1'000u, 0xffffffffu}) {
    v1::OprfKey key;
    key.set_epoch(epoch);
    key.set_group(1);
    key.set_public_key(
        bytes_of(own_oprf_key(*fr.desk, fr.community(federation.first), 1).public_key));
    const std::string bytes = key.SerializeAsString();
    records.push_back(make_record(RecordKind::oprf_key, 0, 0xffffffff, to_bytes(as_bytes(bytes))));
  }
  append_to(fr, records);
  federation.exchange();
  EXPECT_EQ(before + 3, kept()) << "64 epochs ahead of the charter's, which is 1";
}

TEST(Exchange, NothingMoreIsTakenOfAFeedThatIsFullAndItsOriginIsNamed) {
  Federation federation({"FR", "GB"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1];
  store::Community small = gb.community(federation.first);
  small.charter.set_live_locks_per_origin(1);
  gb.desk->members.put(small, gb.desk->entry("tester", "community.in-force"));
  const std::uint64_t ceiling = feed_ceiling(small.charter);
  const Record page =
      make_record(RecordKind::advisory, 0, 0xffffffff, Bytes(limits::record_body_size_max, 'x'));
  const std::vector<Record> pages(ceiling / 2 / limits::record_body_size_max, page);
  append_to(fr, pages);
  federation.exchange();
  EXPECT_FALSE(is_full(*gb.desk, fr.feed()));
  EXPECT_EQ(pages.size(), gb.desk->feeds.find(fr.feed())->size);
  for (int i = 0; i < 2; ++i) append_to(fr, pages);
  for (int i = 0; i < 2; ++i) federation.exchange();
  EXPECT_TRUE(is_full(*gb.desk, fr.feed()));
  const store::FeedState held = gb.desk->feeds.find(fr.feed()).value();
  EXPECT_GE(held.bytes + (1u << 20), ceiling);
  EXPECT_LE(held.bytes, ceiling + limits::frame_size_max);
  EXPECT_FALSE(is_full(*fr.desk, fr.feed())) << "an own feed is never fetched";
  // Of further generations it takes nothing either: each counts.
  FeedId later = gb.feed();
  later.origin = fr.id();
  later.generation = 1'000;
  EXPECT_TRUE(is_full(*gb.desk, later));
  small.charter.set_live_locks_per_origin(1'000'000);
  gb.desk->members.put(small, gb.desk->entry("tester", "community.in-force"));
  federation.exchange();
  EXPECT_EQ(fr.desk->feeds.find(fr.feed())->size, gb.desk->feeds.find(fr.feed())->size)
      << "the members raised it";
}

/// FR has published a number that GB holds and has not asked about yet.
struct BeforeTheAnswer {
  Federation federation{{"FR", "GB"}, test_name()};
  TestNode &fr = federation[0], &gb = federation[1];
  BeforeTheAnswer() {
    fr.report("F1", phone, "+33612345678");
    fr.publish();
    federation.exchange();
    gb.report("G1", phone, "+33612345678");
    gb.lookups->plan();
  }
};

TEST(Exchange, AMatchIsFoundAlsoWhenTheNodeDiesBetweenTheAnswerAndTheMatch) {
  BeforeTheAnswer before;
  auto& [federation, fr, gb] = before;
  const auto request = gb.lookups->next(fr.id()).value();
  const auto answer = std::get<v1::Evaluated>(fr.host->answer(gb.id(), request));
  const auto hash = gb.desk->identifiers.hash(IdentifierType::phone, "+33612345678");
  struct Death {};
  gb.desk->now = [&, alive = gb.desk->now] {
    if (gb.lookups->is_evaluated(hash, fr.feed())) throw Death();
    return alive();
  };
  EXPECT_THROW((void)gb.lookups->finish(fr.id(), answer), Death);
  gb.restart();
  EXPECT_TRUE(gb.matches().empty());
  federation.exchange();
  EXPECT_EQ(1u, gb.matches().size());
}

TEST(Exchange, OfTwoSessionsWithAPeerOneAsks) {
  BeforeTheAnswer before;
  auto& [federation, fr, gb] = before;
  std::optional<v1::Evaluate> other;
  int calls = 0;
  gb.desk->now = [&, clock = gb.desk->now] {
    if (++calls == 2) other = gb.lookups->next(fr.id());
    return clock();
  };
  const auto one = gb.lookups->next(fr.id());
  ASSERT_LE(2, calls);
  ASSERT_NE(one.has_value(), other.has_value());
  const auto answer = fr.host->answer(gb.id(), one ? *one : *other);
  EXPECT_TRUE(gb.lookups->finish(fr.id(), std::get<v1::Evaluated>(answer)));
  EXPECT_EQ(1u, gb.matches().size());
}

TEST(Exchange, AnErasedReportsMatchIsWithdrawnEverywhere) {
  Federation federation({"FR", "GB"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1];
  gb.report("G1", phone, "+33612345678");
  fr.report("F1", phone, "+33612345678");
  fr.publish();
  federation.exchange();
  federation.exchange();
  ASSERT_EQ(1u, gb.matches().size());
  admin::v1::ReportErase erase;
  erase.set_id("F1");
  erase.set_operator_("tester");
  EXPECT_EQ(1u, erase_report(*fr.desk, *fr.lookups, erase)->withdrawn());
  EXPECT_EQ(0u, fr.publish().feeds(0).withdrawn());
  federation.exchange();
  EXPECT_EQ(0u, gb.matches().size());
}

TEST(Exchange, ARangeWithErasedBodiesHasABitForEachOfItsRecords) {
  Federation federation({"FR", "GB"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1];
  fr.report("F1", phone, "+33612345678");
  fr.publish();
  admin::v1::ReportErase erase;
  erase.set_id("F1");
  erase.set_operator_("tester");
  ASSERT_TRUE(erase_report(*fr.desk, *fr.lookups, erase).has_value());
  fr.publish();
  v1::Want want;
  want.set_community(bytes_of(fr.feed().community.bytes));
  want.set_origin(bytes_of(fr.id().bytes));
  want.set_generation(1);
  want.set_to(fr.desk->feeds.find(fr.feed())->size);
  const auto data = fr.host->read(gb.id(), want);
  ASSERT_TRUE(data.has_value());
  const std::size_t records = data->headers().size() / header_size;
  EXPECT_EQ((records + 7) / 8, data->erased().size());
}

TEST(Exchange, WhatAVictimUsesIsNeverPublishedNorAsked) {
  Federation federation({"FR", "GB"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1];
  fr.report("F1", phone, "+33612345678");
  fr.report("F2", phone, "+33612345678", v1::SUBJECT_ROLE_VICTIM);
  gb.report("G1", phone, "+33612345678");
  const auto published = fr.publish();
  EXPECT_EQ(0u, published.feeds(0).locks());
  gb.publish();
  federation.exchange();
  federation.exchange();
  EXPECT_TRUE(fr.matches().empty());
  EXPECT_TRUE(gb.matches().empty());
}

TEST(Exchange, AcceptancesThatArriveAtTheSameTimeAreAllKept) {
  Federation federation({"BR", "FR", "GB", "NG", "RO", "SE"}, test_name());
  TestNode& learner = federation[0];
  store::Community community = learner.desk->members.communities().at(0);
  for (int round = 0; round < 20; ++round) {
    std::erase_if(community.acceptances, [&](const v1::Acceptance& acceptance) {
      return acceptance.node() != testing_support::bytes_of(learner.id().bytes);
    });
    learner.desk->members.put(community, learner.desk->entry("test", "community.join", ""));
    std::vector<std::thread> sessions;
    for (std::size_t i = 1; i < federation.nodes.size(); ++i)
      sessions.emplace_back([&learner, &peer = federation[i]] {
        learner.host->learn_acceptances(peer.id(), peer.host->acceptances(learner.id()));
      });
    for (std::thread& session : sessions) session.join();
    for (const auto& peer : federation.nodes)
      EXPECT_TRUE(learner.desk->members.communities().at(0).accepted_by(peer->id())) << round;
  }
}

TEST(Exchange, ANodeWhoseCardEndedGetsNoSession) {
  Federation federation({"FR", "GB"}, test_name());
  const TestNode& fr = *federation.nodes[0];
  const v1::NodeCard card = fr.desk->members.peer(federation.nodes[1]->id())->card;
  const Hash pin = to_array<32>(as_bytes(card.tls_pin())).value();
  EXPECT_TRUE(fr.host->peer_by_pin(pin));
  EXPECT_EQ(1u, fr.host->peers_to_dial().size());
  federation.advance(card.valid_until() - testing_support::start_time + 1);
  EXPECT_FALSE(fr.host->peer_by_pin(pin));
  EXPECT_TRUE(fr.host->peers_to_dial().empty());
}

TEST(Exchange, LocksOfInventedMonthsCostNothing) {
  Federation federation({"FR", "GB"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1];
  fr.report("F1", phone, "+33612345678");
  fr.publish();
  const auto community = fr.desk->members.communities().at(0);
  const std::uint32_t month = period_of(fr.now);
  std::vector<Record> invented;
  for (std::uint32_t period : {0u, 1u, month - 200, month + 2, 4'000'000'000u})
    invented.push_back(make_dummy(scope_of(community, fr.id(), 1), period,
                                  fr.desk->random.bytes<208>(),
                                  static_cast<std::uint32_t>(fr.now / 3'600),
                                  static_cast<std::uint32_t>(fr.now / 86'400 + 30)));
  fr.desk->feeds.append(fr.feed(), invented,
                        keys::ed25519_public(fr.keystore->get(keys::name::log)),
                        [&](ByteView text) { return fr.sign(keys::name::log, text); }, {});
  federation.exchange();
  std::size_t months = 0;
  gb.desk->database.scan(store::Table::meta, as_bytes("period/"), {}, [&](ByteView, ByteView) {
    ++months;
    return true;
  });
  EXPECT_EQ(1u, months);
}

/// GB's questions to FR, one batch of 64 each.
class Questions : public testing::Test {
 protected:
  Questions() : federation_({"FR", "GB", "SE"}, test_name()) {
    fr_.report("F1", phone, "+33612345678");
    fr_.publish();
    federation_.exchange();
  }
  v1::Evaluate question(TestNode& asker, int number) {
    asker.report("Q" + std::to_string(number), phone, "+3361200" + std::to_string(1'000 + number));
    asker.lookups->plan();
    auto request = asker.host->next_lookup(fr_.id());
    if (!request) throw std::runtime_error("no question was planned");
    asker.host->fail_lookup(fr_.id(), {}, 0, std::nullopt);
    asker.now += 5;
    return *request;
  }
  std::uint64_t used(const TestNode& asker) {
    return quota_of(*fr_.desk, asker.id(), fr_.desk->members.communities().at(0).id, 1).used_epoch;
  }
  Federation federation_;
  TestNode& fr_ = federation_[0];
  TestNode& gb_ = federation_[1];
  TestNode& se_ = federation_[2];
};

TEST_F(Questions, ARepeatedRequestIsAnsweredAgainWithoutCharge) {
  const auto request = question(gb_, 1);
  const auto first = fr_.host->answer(gb_.id(), request);
  ASSERT_TRUE(std::holds_alternative<v1::Evaluated>(first));
  const std::uint64_t charged = used(gb_);
  EXPECT_EQ(64u, charged);
  fr_.restart();
  const auto again = fr_.host->answer(gb_.id(), request);
  ASSERT_TRUE(std::holds_alternative<v1::Evaluated>(again));
  EXPECT_EQ(std::get<v1::Evaluated>(first).elements(), std::get<v1::Evaluated>(again).elements());
  EXPECT_EQ(charged, used(gb_));
}

TEST_F(Questions, ARequestIdWithOtherElementsIsRefused) {
  const auto request = question(gb_, 1);
  auto other = question(gb_, 2);
  fr_.host->answer(gb_.id(), request);
  other.set_request_id(request.request_id());
  const auto answer = fr_.host->answer(gb_.id(), other);
  ASSERT_TRUE(std::holds_alternative<v1::ProtocolError>(answer));
  EXPECT_EQ(session::code_of(Error::replayed), std::get<v1::ProtocolError>(answer).code());
}

TEST_F(Questions, RequestIdsAreForgottenAfterTwoDaysAndPaidForAgain) {
  const auto request = question(gb_, 1);
  fr_.host->answer(gb_.id(), request);
  fr_.now += 3 * 86'400;
  fr_.host->answer(gb_.id(), question(gb_, 2));
  std::size_t remembered = 0;
  fr_.desk->database.scan(store::Table::quotas, as_bytes("r"), {}, [&](ByteView, ByteView) {
    ++remembered;
    return true;
  });
  EXPECT_EQ(1u, remembered);
  fr_.host->answer(gb_.id(), request);
  EXPECT_EQ(3 * 64u, used(gb_));
}

TEST_F(Questions, AnExhaustedQuotaIsSaidAndAudited) {
  fr_.desk->g1 = {100, 64, 1'000};
  EXPECT_TRUE(std::holds_alternative<v1::Evaluated>(fr_.host->answer(gb_.id(), question(gb_, 1))));
  const auto refused = fr_.host->answer(gb_.id(), question(gb_, 2));
  ASSERT_TRUE(std::holds_alternative<v1::Busy>(refused));
  EXPECT_GT(std::get<v1::Busy>(refused).retry_after(), 0u);
  EXPECT_EQ(session::code_of(Error::quota_exhausted), std::get<v1::Busy>(refused).code());
  const auto trail = fr_.desk->audit.read(fr_.desk->audit.size() - 1, fr_.desk->audit.size());
  EXPECT_EQ("quota exhausted", trail.at(0).outcome);
}

TEST_F(Questions, AllPeersTogetherAreAnsweredSoOftenAsTheOriginSays) {
  fr_.desk->g1 = {128, 128, 1'000};
  for (const std::uint64_t times : {1u, 2u}) {
    fr_.desk->all_peers = times;
    fr_.now += 2 * testing_support::day;
    std::size_t answered = 0;
    for (int id = 1; id <= 2; ++id)
      for (TestNode* peer : {&gb_, &se_})
        answered += std::holds_alternative<v1::Evaluated>(
            fr_.host->answer(peer->id(), question(*peer, static_cast<int>(10 * times) + id)));
    EXPECT_EQ(2 * times, answered);
  }
}

TEST_F(Questions, AnOriginWhoseClockRanBackSaysWhenItRefillsAgain) {
  fr_.desk->g1 = {86'400, 64, 100'000};  // one a second
  EXPECT_TRUE(std::holds_alternative<v1::Evaluated>(fr_.host->answer(gb_.id(), question(gb_, 1))));
  const v1::Evaluate waiting = question(gb_, 2);
  fr_.now -= 1'000;
  const auto refused = fr_.host->answer(gb_.id(), waiting);
  ASSERT_TRUE(std::holds_alternative<v1::Busy>(refused));
  EXPECT_EQ(1'064u, std::get<v1::Busy>(refused).retry_after());
  fr_.now += 1'064;
  EXPECT_TRUE(std::holds_alternative<v1::Evaluated>(fr_.host->answer(gb_.id(), waiting)));
}

TEST_F(Questions, AnOriginWhoseClockWasWeeksAheadRefillsFromNowOnAlsoForAPeerThatItRefuses) {
  fr_.desk->g1 = {86'400, 64, 100'000};
  fr_.now += 14 * testing_support::day;
  EXPECT_TRUE(std::holds_alternative<v1::Evaluated>(fr_.host->answer(gb_.id(), question(gb_, 1))));
  const v1::Evaluate waiting = question(gb_, 2);
  fr_.now -= 14 * testing_support::day;
  EXPECT_TRUE(std::holds_alternative<v1::Busy>(fr_.host->answer(gb_.id(), waiting)));
  fr_.restart();
  fr_.desk->g1 = {86'400, 64, 100'000};
  fr_.now += 64;
  EXPECT_TRUE(std::holds_alternative<v1::Evaluated>(fr_.host->answer(gb_.id(), waiting)));
}

TEST_F(Questions, AChangedQuotaIsToldAndPeersPaceThemselvesByIt) {
  fr_.desk->g1 = {64, 64, 100'000};
  EXPECT_EQ(1u, renew_published(*fr_.desk)) << "the quotas alone, and no record besides";
  EXPECT_EQ(0u, renew_published(*fr_.desk));
  federation_.exchange();
  const auto asks = [&](int number) {
    gb_.report("Q" + std::to_string(number), phone, "+3361200" + std::to_string(1'000 + number));
    federation_.exchange();
    const auto hash = gb_.desk->identifiers.hash(IdentifierType::phone,
                                                 "+3361200" + std::to_string(1'000 + number));
    return gb_.lookups->is_evaluated(hash, fr_.feed());
  };
  EXPECT_TRUE(asks(1));
  EXPECT_FALSE(asks(2)) << "the origin need not refuse what its quota does not grant";
  fr_.desk->g1 = {1'000'000, 1'000'000, 100'000};
  EXPECT_EQ(1u, renew_published(*fr_.desk));
  federation_.exchange();
  federation_.advance(60);
  EXPECT_TRUE(asks(3));
}

TEST_F(Questions, AllPeersTogetherMayAskTenTimesWhatOneMay) {
  std::vector<std::string> countries{"FR"};
  for (char c = 'A'; c < 'L'; ++c) countries.push_back(std::string("X") + c);
  Federation many(countries, test_name() + "Many");
  TestNode& origin = many[0];
  origin.desk->g1 = {0, 64, 1'000'000};
  origin.report("F1", phone, "+33612345678");
  origin.publish();
  many.exchange();
  int answered = 0;
  for (std::size_t i = 1; i < many.nodes.size(); ++i) {
    many[i].report("Q", phone, "+3361200" + std::to_string(1'000 + i));
    many[i].lookups->plan();
    answered += Federation::look_up(many[i], origin);
  }
  EXPECT_EQ(10, answered);
}

TEST_F(Questions, WrongElementsAreNotAnswered) {
  const auto sound = question(gb_, 1);
  const auto refuses = [&](const std::string& elements, Error error) {
    auto request = sound;
    request.set_elements(elements);
    request.set_request_id(bytes_of(fr_.desk->random.bytes<16>()));
    const auto answer = fr_.host->answer(gb_.id(), request);
    ASSERT_TRUE(std::holds_alternative<v1::ProtocolError>(answer));
    EXPECT_EQ(session::code_of(error), std::get<v1::ProtocolError>(answer).code())
        << describe(error);
  };
  std::string elements = sound.elements();
  elements.replace(0, 32, std::string(32, '\0'));
  refuses(elements, Error::bad_point);
  elements.replace(0, 32, std::string(32, '\xff'));
  refuses(elements, Error::bad_point);
  refuses(sound.elements().substr(0, 32) + sound.elements().substr(0, 63 * 32),
          Error::duplicate_element);
  refuses(sound.elements().substr(0, 63 * 32), Error::malformed);
  refuses(sound.elements().substr(1), Error::malformed);
  EXPECT_EQ(2 * 64u, used(gb_)) << "the two whose points had to be multiplied";
}

TEST_F(Questions, AWrongProofIsNotBelieved) {
  gb_.report("G9", phone, "+33612345678");
  gb_.lookups->plan();
  const auto request = gb_.host->next_lookup(fr_.id());
  ASSERT_TRUE(request.has_value());
  auto answer = std::get<v1::Evaluated>(fr_.host->answer(gb_.id(), *request));
  answer.mutable_proof()->front() = static_cast<char>(answer.proof().front() ^ 1);
  gb_.host->finish_lookup(fr_.id(), answer);
  EXPECT_THAT(gb_.lookup_failures, testing::ElementsAre(Error::bad_proof));
  EXPECT_TRUE(gb_.matches().empty());
}

TEST(Pauses, OneThatEndsLaterThanAnyCanWasBegunByAClockThatRanBack) {
  constexpr std::uint64_t now = 1'800'000'000;
  EXPECT_TRUE(is_paused(now + 1, now));
  EXPECT_TRUE(is_paused(now + pause_max, now));
  EXPECT_FALSE(is_paused(now, now));
  EXPECT_FALSE(is_paused(now + pause_max + 1, now));
}

TEST(Exchange, AMemberThatNamesOneGenerationAfterAnotherIsNotFollowedFar) {
  Federation federation({"FR", "GB"}, test_name());
  TestNode &fr = federation[0], &gb = federation[1];
  FeedId feed = gb.feed();
  const PublicKey key = keys::ed25519_public(gb.keystore->get(keys::name::log));
  for (feed.generation = 2; feed.generation < 200; ++feed.generation) {
    const Checkpoint checkpoint{feed, 5, Hash{1}};
    const std::string text = checkpoint_text(checkpoint);
    v1::Clock clock;
    v1::FeedHead& head = *clock.add_heads();
    head.set_community(testing_support::bytes_of(feed.community.bytes));
    head.set_origin(testing_support::bytes_of(feed.origin.bytes));
    head.set_generation(feed.generation);
    head.set_size(5);
    head.set_root(testing_support::bytes_of(checkpoint.root));
    head.set_note(
        make_note(text, origin_line(feed), key, gb.sign(keys::name::log, as_bytes(text))));
    ASSERT_TRUE(fr.host->wanted(gb.id(), clock).has_value());
  }
  const std::uint32_t known = fr.desk->feeds.newest(feed.community, feed.origin).generation;
  EXPECT_GT(known, 2u);
  EXPECT_LT(known, 20u);
  EXPECT_LT(fr.desk->feeds.all().size(), 20u);
}

TEST(Exchange, ADryRunOfAPublicationMakesNoKeys) {
  Federation federation({"FR", "GB"}, test_name());
  TestNode& fr = federation[0];
  fr.report("F1", phone, "+33612345678");
  const std::uint64_t before = fr.keystore->generation();
  admin::v1::Publish request;
  request.set_operator_("tester");
  request.set_dry_run(true);
  EXPECT_EQ(1u, desk::publish(*fr.desk, request).feeds(0).locks());
  EXPECT_EQ(before, fr.keystore->generation());
  EXPECT_EQ(1u, fr.publish().feeds(0).locks());
  EXPECT_GT(fr.keystore->generation(), before);
}

}  // namespace
}  // namespace bakhita::desk
