// SPDX-License-Identifier: EUPL-1.2
// What was shared is taken back, and everybody who had it says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keys/rotation.h"
#include "node/desk/duties.h"
#include "node/desk/letters.h"
#include "node/desk/recall_export.h"
#include "node/desk/recalls.h"
#include "node/desk/review.h"
#include "node/desk/upkeep.h"
#include "protocol/feed/recall_evidence.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::bytes_of;
using testing_support::day;
using testing_support::Federation;
using testing_support::TestNode;

constexpr auto phone = v1::IDENTIFIER_TYPE_PHONE;
const std::string number = "+33612345678";

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

/// FR published a number that GB and SE hold too.
class Recalls : public testing::Test {
 protected:
  Recalls() {
    for (auto& node : federation.nodes) node->report(node->country + "1", phone, number);
    fr.publish();
    federation.exchange();
    EXPECT_THAT(gb.matches(), SizeIs(1));
    EXPECT_THAT(se.matches(), SizeIs(1));
  }

  admin::v1::RecallOrdered recall(const std::string& kind, const std::string& by = {},
                                  const std::string& report = "FR1") {
    admin::v1::RecallNew order;
    order.set_report_id(report);
    order.set_kind(kind);
    order.set_reason("court order");
    order.set_operator_("officer");
    order.set_done_by(by);
    return order_recall(*fr.desk, *fr.lookups, order).value();
  }
  admin::v1::RecallView shown() {
    const auto all = [&] {
      admin::v1::RecallList request;
      request.set_all(true);
      return list_recalls(*fr.desk, request);
    }();
    EXPECT_EQ(1, all.recalls_size());
    return show_recall(*fr.desk, all.recalls(0).id()).value();
  }
  std::vector<admin::v1::RecallMember> holders() {
    const auto view = shown();
    return {view.holders().begin(), view.holders().end()};
  }
  std::string state_at(const std::string& country) {
    for (const auto& member : holders())
      if (member.country() == country) return member.state();
    return "none";
  }
  /// Hands over what waits between two nodes; returns how many letters were refused.
  static int carry(TestNode& from, TestNode& to) {
    int refused = 0;
    while (const auto sealed = from.host->next_letter(to.id())) {
      const auto taken = to.host->take_letter(from.id(), *sealed);
      if (taken)
        from.host->letter_delivered(to.id(), receipt_of(*sealed));
      else
        from.host->letter_refused(to.id(), receipt_of(*sealed), 0, taken.error());
      refused += taken ? 0 : 1;
    }
    return refused;
  }
  static void upkeep(TestNode& node) { keep_up(*node.desk, *node.lookups); }
  void exchange_and_receipt() {
    federation.exchange();
    for (TestNode* node : {&gb, &se}) {
      upkeep(*node);
      EXPECT_EQ(0, carry(*node, fr));
    }
  }
  std::vector<v1::Withdraw> withdrawals() {
    std::vector<v1::Withdraw> out;
    for (const Record& record : fr.desk->feeds.read_held(fr.feed(), 0, 10'000))
      if (record.header.kind == RecordKind::withdraw) {
        EXPECT_TRUE(out.emplace_back().ParseFromArray(record.body.data(),
                                                      static_cast<int>(record.body.size())));
      }
    return out;
  }
  static std::size_t audited(TestNode& node, const std::string& action) {
    std::size_t out = 0;
    for (const store::AuditEntry& entry : node.desk->audit.read(0, node.desk->audit.size()))
      out += entry.action == action ? 1 : 0;
    return out;
  }
  /// As an origin would that does not know what it took back.
  void forget_own_tombstones() {
    store::Batch batch;
    fr.desk->database.scan(store::Table::recalls, as_bytes("t"), {}, [&](ByteView key, ByteView) {
      batch.erase(store::Table::recalls, key);
      return true;
    });
    fr.desk->database.commit(std::move(batch));
  }
  void erase_report(const std::string& id) {
    admin::v1::ReportErase request;
    request.set_id(id);
    EXPECT_TRUE(desk::erase_report(*fr.desk, *fr.lookups, request).has_value());
  }
  v1::RecallEvidence evidence() { return export_recalls(*fr.desk, {}, fr.card()).value(); }
  /// GB signs what it never had, or had otherwise.
  Result<void> take_forged(const std::function<void(v1::RecallReceipt&)>& change) {
    v1::Letter content;
    v1::RecallReceipt& receipt = *content.mutable_recall_receipt();
    receipt.set_community(bytes_of(federation.first.bytes));
    receipt.set_generation(1);
    receipt.set_size(fr.desk->feeds.find(fr.feed())->size);
    receipt.set_root(bytes_of(fr.desk->feeds.find(fr.feed())->root));
    receipt.set_done_at(gb.now);
    change(receipt);
    v1::Letter letter = addressed(*gb.desk, std::move(content), {fr.id(), federation.first});
    letter.set_thread(letter.id());
    const Bytes plain = sign_letter(letter, [&](ByteView message) {
                          return gb.sign(keys::name::log, message);
                        }).value();
    const PublicKey to = keys::x25519_public(fr.keystore->get(keys::name::encryption));
    return fr.host->take_letter(gb.id(), keys::seal_to(to, plain));
  }

  Federation federation{{"FR", "GB", "SE"}, test_name()};
  TestNode& fr = federation[0];
  TestNode& gb = federation[1];
  TestNode& se = federation[2];
};

TEST_F(Recalls, ReachEveryMemberAndAreReceiptedUntilNothingIsLeft) {
  EXPECT_EQ(1, recall("erase").recalls_size());
  EXPECT_EQ("waiting", shown().state());
  exchange_and_receipt();
  EXPECT_THAT(gb.matches(), IsEmpty());
  EXPECT_EQ(std::nullopt, gb.desk->feeds.record(fr.feed(), shown().record()));
  EXPECT_EQ("complete", state_at("GB"));
  EXPECT_EQ("complete", state_at("SE"));
  EXPECT_EQ("complete", shown().state());
  const auto at_gb = recalls_at(*fr.desk, gb.id());
  EXPECT_EQ(0u, at_gb.waiting());
}

TEST_F(Recalls, DeleteTheMatchAndAllThatItSaid) {
  const std::string match = gb.matches()[0].id();
  recall("erase");
  exchange_and_receipt();
  EXPECT_EQ(std::nullopt, find_match(*gb.desk, match));
  for (store::Table table :
       {store::Table::matches, store::Table::match_index, store::Table::tokens}) {
    std::size_t rows = 0;
    gb.desk->database.scan(table, {}, {}, [&](ByteView, ByteView) { return ++rows > 0; });
    EXPECT_EQ(table == store::Table::tokens ? 31u - 7u : 0u, rows) << static_cast<int>(table);
  }
}

TEST_F(Recalls, HoldBackWhatWasTakenBackFromPublicationsToCome) {
  recall("erase");
  const auto published = fr.publish();
  EXPECT_EQ(0u, published.feeds(0).locks());
  EXPECT_EQ("recalled", published.feeds(0).held_back(0).rule());
  federation.exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
}

TEST_F(Recalls, ARectifiedIndicatorComesAgainWhenTheReportsSaySomethingElse) {
  recall("rectify");
  EXPECT_EQ(0u, fr.publish().feeds(0).locks());
  fr.report("FR2", phone, number);
  EXPECT_EQ(1u, fr.publish().feeds(0).locks());
  federation.exchange();
  ASSERT_THAT(gb.matches(), SizeIs(1));
  EXPECT_EQ(2u, gb.matches()[0].summary().sightings());
}

TEST_F(Recalls, TheSameTokenIsRefusedUntilAnotherMonthBringsAnother) {
  recall("erase");
  federation.exchange();
  erase_report("FR1");
  fr.report("FR2", phone, number);
  EXPECT_EQ(0u, fr.publish().feeds(0).locks()) << "the origin knows that members would refuse it";
  forget_own_tombstones();
  EXPECT_EQ(1u, fr.publish().feeds(0).locks());
  federation.exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
  EXPECT_EQ(1u, audited(gb, "recall.refused"));
  gb.restart();
  federation.exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
  federation.advance(31 * day);
  fr.report("FR3", phone, number);
  fr.publish();
  federation.exchange();
  EXPECT_THAT(gb.matches(), SizeIs(1)) << "another sighting, another month, another token";
}

TEST_F(Recalls, OfAnEarlierGenerationRefuseTheTokenBeforeTheirBodyGoes) {
  for (auto& node : federation.nodes) node->report(node->country + "2", phone, "+33612345679");
  fr.publish();
  federation.exchange();
  ASSERT_THAT(gb.matches(), SizeIs(2));
  const FeedId first = fr.feed();
  std::map<std::uint64_t, Token> locks;
  for (const auto& match : gb.matches()) {
    const std::uint64_t index = ByteReader(ByteView(*from_hex(match.id())).subspan(4)).u64();
    locks[index] = token_of(gb.desk->feeds.record(first, index)->body).value();
  }
  fr.desk->feeds.close(first, fr.desk->feeds.find(first)->size);
  fr.desk->feeds.open({first.community, first.origin, 2});
  recall("erase");
  recall("erase", {}, "FR2");
  ASSERT_EQ(2u, fr.feed().generation);
  const auto refuses = [&](const Token& token) {
    return gb.desk->recalls.tombstone(first.community, first.origin, token).has_value();
  };
  bool forgot = false;  // what a node would, if it were killed now
  gb.desk->now = [&] {
    for (const auto& [index, token] : locks)
      forgot = forgot || (!gb.desk->feeds.record(first, index) && !refuses(token));
    return gb.now;
  };
  federation.exchange();
  EXPECT_FALSE(forgot);
  EXPECT_THAT(gb.matches(), IsEmpty());
  for (const auto& [index, token] : locks) {
    EXPECT_TRUE(refuses(token));
    EXPECT_EQ(std::nullopt, gb.desk->feeds.record(first, index));
  }
}

TEST_F(Recalls, NoCodeTellsAVictimsWishFromAnErasure) {
  recall("victim");
  const auto told = withdrawals();
  ASSERT_THAT(told, SizeIs(8));
  for (const v1::Withdraw& withdraw : told) {
    EXPECT_EQ(v1::WITHDRAW_REASON_ERASED, withdraw.reason());
    EXPECT_TRUE(withdraw.final());
    EXPECT_EQ(told[0].done_by_day(), withdraw.done_by_day());
  }
  EXPECT_EQ("victim", shown().cause()) << "it is known at home";
  fr.report("FR2", phone, number);
  EXPECT_EQ("shielded-role", fr.publish().feeds(0).held_back(0).rule());
}

TEST_F(Recalls, AWeakerOrderDoesNotUndoAVictimsWish) {
  recall("victim");
  recall("rectify");
  fr.report("FR2", phone, number);
  EXPECT_EQ(0u, fr.publish().feeds(0).locks());
}

TEST_F(Recalls, AWeakerOrderDoesNotUndoAnErasure) {
  recall("erase");
  for (const std::string weaker : {"rectify", "narrow", "dispute"}) recall(weaker);
  fr.report("FR2", phone, number);  // the reports say something else now
  const auto published = fr.publish();
  EXPECT_EQ(0u, published.feeds(0).locks());
  EXPECT_EQ("recalled", published.feeds(0).held_back(0).rule());
}

TEST_F(Recalls, AnOrderAsStrongKeepsTheLaterEndOfTheHold) {
  recall("erase");
  const auto hash = fr.desk->identifiers.hash(IdentifierType::phone, number);
  const std::uint32_t until = fr.desk->identifiers.load(hash)->hold().until_day();
  fr.desk->retention_days = 100;
  recall("expire");
  EXPECT_EQ(until, fr.desk->identifiers.load(hash)->hold().until_day());
  fr.desk->retention_days = 500;
  recall("erase");
  EXPECT_EQ(until + 135, fr.desk->identifiers.load(hash)->hold().until_day());
}

TEST_F(Recalls, AMemberThatIsAwayForAMonthIsOverdueAndReceiptsThen) {
  recall("erase", "2026-03-08");
  Federation::fetch(fr, se);
  Federation::fetch(se, gb);  // by way of SE: FR is out of GB's reach
  gb.lookups->match(fr.feed());
  EXPECT_THAT(gb.matches(), IsEmpty());
  upkeep(gb);
  gb.restart();
  federation.advance(31 * day);
  EXPECT_EQ("overdue", state_at("GB"));
  EXPECT_EQ(1u, recalls_at(*fr.desk, gb.id()).overdue());
  EXPECT_EQ("2026-03-08", recalls_at(*fr.desk, gb.id()).oldest_due());
  upkeep(gb);
  EXPECT_EQ(0, carry(gb, fr));
  EXPECT_EQ("complete", state_at("GB"));
  EXPECT_EQ("overdue", state_at("SE"));
  for (const auto& member : holders())
    if (member.country() == "GB") {
      EXPECT_THAT(member.deleted_at(), testing::StartsWith("2026-03-01"))
          << "it says when it was deleted, not when the receipt came";
    }
}

TEST_F(Recalls, WhatIsOwedSurvivesARestartBetweenAnyTwoSteps) {
  recall("erase");
  Federation::fetch(fr, gb);
  gb.restart();
  gb.lookups->match(fr.feed());
  gb.restart();
  upkeep(gb);
  gb.restart();
  fr.restart();
  EXPECT_EQ(0, carry(gb, fr));
  EXPECT_EQ("complete", state_at("GB"));
}

TEST_F(Recalls, AreReceiptedThoughTheClockWasAheadWhenTheyWereCarriedOut) {
  recall("erase");
  gb.now += 3 * day;
  federation.exchange();  // GB deletes, and dates it so
  gb.now -= 3 * day;
  upkeep(gb);
  EXPECT_EQ(0, carry(gb, fr));
  EXPECT_NE("waiting", state_at("GB"));
}

TEST_F(Recalls, AReceiptIsDeliveredManyTimesAndCountsOnce) {
  recall("erase");
  federation.exchange();
  upkeep(gb);
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(fr.host->take_letter(gb.id(), gb.host->next_letter(fr.id()).value()));
  EXPECT_EQ(1u, audited(fr, "recall.receipted"));
  EXPECT_EQ(0, carry(gb, fr));
  upkeep(gb);
  EXPECT_EQ(std::nullopt, gb.host->next_letter(fr.id())) << "nothing more is owed";
}

TEST_F(Recalls, OneReceiptAtATimeWaitsForAnOriginHoweverMuchItTakesBack) {
  for (int i = 0; i < 5; ++i) {
    fr.report("FR1" + std::to_string(i), phone, number);
    fr.publish();  // replaces the lock
    federation.exchange();
    upkeep(gb);
  }
  EXPECT_EQ(1u, gb.desk->letters.outgoing_count(fr.id()));
}

TEST_F(Recalls, AReceiptForRecordsThatWereNeverSignedIsRefused) {
  recall("erase");
  EXPECT_EQ(Error::unexpected, take_forged([](v1::RecallReceipt& receipt) {
                                 receipt.set_size(receipt.size() + 1);
                               }).error());
  EXPECT_EQ(Error::wrong_root, take_forged([](v1::RecallReceipt& receipt) {
                                 receipt.set_root(std::string(32, 'x'));
                               }).error());
  EXPECT_EQ(Error::not_found,
            take_forged([](v1::RecallReceipt& receipt) { receipt.set_generation(7); }).error());
  EXPECT_EQ("waiting", state_at("GB"));
}

TEST_F(Recalls, AReceiptFromTheFutureIsRefused) {
  recall("erase");
  gb.now += 3'601;
  EXPECT_EQ(Error::unexpected, take_forged([](v1::RecallReceipt&) {}).error());
  gb.now -= 3'601;
  EXPECT_TRUE(take_forged([](v1::RecallReceipt&) {}));
}

TEST_F(Recalls, AReceiptThatWasRefusedIsWrittenAgainADayLater) {
  recall("erase");
  federation.exchange();
  upkeep(gb);
  // The log key is rotated while the receipt waits, and FR has the new card already.
  store::Peer peer = fr.desk->members.peer(gb.id()).value();
  peer.former_log_keys = {{to_array<32>(as_bytes(peer.card.log_key())).value(), gb.now + 1}};
  keys::rotate(*gb.keystore, keys::name::log, gb.now + 1);
  peer.signed_card = gb.card();
  peer.card = open_card(peer.signed_card, fr.now).value();
  fr.desk->members.put(peer, fr.desk->entry("tester", "member.card"));
  EXPECT_EQ(1, carry(gb, fr));
  EXPECT_EQ("waiting", state_at("GB"));
  upkeep(gb);
  EXPECT_EQ(std::nullopt, gb.host->next_letter(fr.id())) << "not at once";
  federation.advance(day);
  upkeep(gb);
  EXPECT_EQ(0, carry(gb, fr));
  EXPECT_EQ("complete", state_at("GB"));
  upkeep(gb);
  EXPECT_EQ(std::nullopt, gb.host->next_letter(fr.id())) << "nothing more is owed";
}

TEST_F(Recalls, ReceiptsThatCoverNothingNewLeaveNothingBehind) {
  recall("erase");
  const std::uint64_t size = fr.desk->feeds.find(fr.feed())->size;
  EXPECT_TRUE(take_forged([](v1::RecallReceipt&) {}));
  for (std::uint64_t less = 1; less < size; ++less)
    EXPECT_TRUE(take_forged([&](v1::RecallReceipt& receipt) {
      receipt.set_size(less);
      receipt.set_root(bytes_of(fr.desk->feeds.root_at(fr.feed(), less).value()));
    }));
  const std::uint32_t feed = fr.desk->feeds.find(fr.feed())->number;
  EXPECT_THAT(fr.desk->recalls.receipts(feed, gb.id()), SizeIs(1));
}

TEST_F(Recalls, WhoMayHoldARecordIsKnownBeforeItIsTakenBack) {
  recall("erase");
  for (const auto& member : holders()) EXPECT_EQ("served", member.holds());
  fr.restart();
  for (const auto& member : holders()) EXPECT_EQ("served", member.holds());
}

TEST_F(Recalls, AMemberThatComesLaterReceiptsWithoutHavingHadTheRecord) {
  recall("erase");
  Federation::fetch(fr, gb);
  gb.lookups->match(fr.feed());
  se.desk->database.verify();
  Federation::fetch(gb, se);
  se.lookups->match(fr.feed());
  upkeep(se);
  EXPECT_EQ(0, carry(se, fr));
  EXPECT_EQ("complete", state_at("SE"));
}

TEST_F(Recalls, EachOfTwoCommunitiesHasItsOwnRecallOfTheSameReport) {
  federation.found_community({0, 1}, "second");
  fr.publish();
  federation.exchange();
  ASSERT_THAT(gb.matches(), SizeIs(2));
  const auto ordered = recall("erase");
  ASSERT_EQ(2, ordered.recalls_size());
  EXPECT_NE(ordered.recalls(0).community(), ordered.recalls(1).community());
  federation.exchange();
  EXPECT_THAT(gb.matches(), IsEmpty());
  upkeep(gb);
  EXPECT_EQ(0, carry(gb, fr));
  for (const auto& view : ordered.recalls())
    EXPECT_EQ(1u, show_recall(*fr.desk, view.id())->receipts());
}

TEST_F(Recalls, OfTwoCommunitiesAreAllListedPageByPage) {
  // Its id sorts before that of the first community, and its feed is numbered later.
  ASSERT_LT(federation.found_community({0, 1}, "second"), federation.first);
  fr.publish();
  federation.exchange();
  ASSERT_EQ(2, recall("erase").recalls_size());
  std::set<std::string> listed;
  admin::v1::RecallList page;
  page.set_all(true);
  page.set_limit(1);
  for (int i = 0; i < 2; ++i) {
    const auto rows = list_recalls(*fr.desk, page);
    ASSERT_EQ(1, rows.recalls_size());
    listed.insert(rows.recalls(0).id());
    page.set_after(rows.next());
  }
  EXPECT_THAT(listed, SizeIs(2));
}

TEST_F(Recalls, AfterALossAreListedFromTheFeedAndReceiptedAsBefore) {
  recall("erase");
  store::Batch lost;
  fr.desk->database.scan(store::Table::recalls, {}, {}, [&](ByteView key, ByteView) {
    lost.erase(store::Table::recalls, key);
    return true;
  });
  fr.desk->database.commit(std::move(lost));
  relist_recalls(*fr.desk);
  exchange_and_receipt();
  admin::v1::RecallList all;
  all.set_all(true);
  const auto listed = list_recalls(*fr.desk, all);
  EXPECT_EQ(8, listed.recalls_size()) << "with the dummies, which nobody tells apart any more";
  for (const auto& view : listed.recalls()) EXPECT_EQ("complete", view.state());
}

TEST_F(Recalls, TheEvidenceIsCheckedByWhoHasOnlyTheOriginsCard) {
  recall("erase", "2026-03-08");
  federation.exchange();
  upkeep(gb);
  carry(gb, fr);
  federation.advance(8 * day);
  std::string what;
  const auto proven = verify_recalls(evidence(), fr.card(), what);
  ASSERT_TRUE(proven) << what;
  ASSERT_THAT(proven->recalls, SizeIs(1));
  std::map<std::string, bool> deleted;
  for (const ProvenDeletion& member : proven->recalls[0].members) {
    EXPECT_TRUE(member.named_by_charter);
    deleted[member.country] = member.purged_at > 0;
  }
  EXPECT_THAT(deleted, ElementsAre(std::pair("GB", true), std::pair("SE", false)));
  EXPECT_EQ(Error::wrong_peer, verify_recalls(evidence(), gb.card(), what).error());
}

TEST_F(Recalls, EvidenceThatWasChangedProvesNothing) {
  recall("erase");
  exchange_and_receipt();
  const auto changed = [&](const std::function<void(v1::RecallEvidence&)>& change) {
    v1::RecallEvidence out = evidence();
    change(out);
    std::string what;
    return verify_recalls(out, fr.card(), what).has_value();
  };
  EXPECT_TRUE(changed([](v1::RecallEvidence&) {}));
  EXPECT_FALSE(changed([](auto& out) { out.mutable_recalls(0)->set_withdrawal(1); }));
  EXPECT_FALSE(changed([](auto& out) { out.mutable_recalls(0)->mutable_body()->back() ^= 1; }));
  EXPECT_FALSE(changed([](auto& out) { out.set_generation(2); }));
  EXPECT_FALSE(changed([](auto& out) {  // one member's receipt as another's
    *out.mutable_members(1)->mutable_receipts(0) = out.members(0).receipts(0);
  }));
  EXPECT_FALSE(changed([](auto& out) {
    auto& letter = *out.mutable_members(0)->mutable_receipts(0)->mutable_signed_letter();
    letter[letter.size() / 2] ^= 1;
  }));
  EXPECT_FALSE(changed([](auto& out) {
    out.mutable_members(0)->mutable_receipts(0)->add_proof(std::string(32, 'x'));
  }));
}

}  // namespace
}  // namespace bakhita::desk
