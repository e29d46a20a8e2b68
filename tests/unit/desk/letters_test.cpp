// SPDX-License-Identifier: EUPL-1.2
// Two nodes write to each other; the carrying is lost, repeated and interrupted at will.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/desk/ceilings.h"
#include "node/desk/request_stats.h"
#include "tests/support/correspondents.h"

namespace bakhita::desk {
namespace {

using testing_support::bytes_of;

std::string test_name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

TEST(Letters, AMatchBecomesARequestThatIsAnsweredAndFedBack) {
  Pair pair;
  const std::string thread = pair.ask();
  carry_all(pair.fr, pair.se);
  EXPECT_EQ("acknowledged", state(pair.fr, thread));
  EXPECT_EQ("acknowledged", state(pair.se, thread));
  EXPECT_THAT(shown(pair.fr, thread).thread().report_ids(), testing::ElementsAre("F1"));
  EXPECT_EQ("us", shown(pair.se, thread).thread().due_by());

  write(*pair.se.desk, in_thread(thread, reply()));
  carry_all(pair.fr, pair.se);
  EXPECT_EQ("feedback-due", state(pair.fr, thread));
  EXPECT_EQ("us", shown(pair.fr, thread).thread().due_by());
  EXPECT_EQ("known here as a recruiter",
            shown(pair.fr, thread).letters(2).letter().reply().statements(0).text());

  write(*pair.fr.desk, in_thread(thread, feedback()));
  carry_all(pair.fr, pair.se);
  EXPECT_EQ("closed", state(pair.fr, thread));
  EXPECT_EQ("closed", state(pair.se, thread));
}

TEST(Letters, TheAskedSideSeesItsOwnReportsAlsoAfterItPublishedAnew) {
  Pair pair;
  const std::string thread = pair.ask();
  pair.se.report("S2", v1::IDENTIFIER_TYPE_PHONE, "+33612345678");
  pair.se.report("S3", v1::IDENTIFIER_TYPE_PHONE, "+33612345679");
  ASSERT_EQ(1u, pair.se.publish().feeds(0).replaced());
  carry_all(pair.fr, pair.se);
  EXPECT_THAT(shown(pair.se, thread).thread().report_ids(),
              testing::UnorderedElementsAre("S1", "S2"));
  const auto listed = [](TestNode& node, const std::string& report, const std::string& side = {}) {
    admin::v1::ThreadList request;
    request.set_report_id(report);
    request.set_side(side);
    return list_threads(*node.desk, request).threads_size();
  };
  EXPECT_EQ(1, listed(pair.se, "S1"));
  EXPECT_EQ(1, listed(pair.se, "S2", "asked"));
  EXPECT_EQ(0, listed(pair.se, "S2", "asking"));
  EXPECT_EQ(0, listed(pair.se, "S3"));
  EXPECT_EQ(0, listed(pair.se, "none"));
  EXPECT_EQ(1, listed(pair.fr, "F1"));
  EXPECT_EQ(0, listed(pair.fr, "S1"));
}

TEST(Letters, AreCountedByWhatBecameOfThem) {
  Pair pair;
  const std::string match = pair.match();
  const auto ask = [&] {
    admin::v1::LetterWrite request;
    request.set_match(match);
    request.set_operator_("analyst");
    request.mutable_content()->mutable_marks()->set_purpose("investigation");
    const std::string thread = write(*pair.fr.desk, request).thread();
    carry_all(pair.fr, pair.se);
    return thread;
  };
  const std::string useful = ask(), late = ask(), refused = ask(), open = ask();
  write(*pair.se.desk, in_thread(useful, reply()));
  v1::Letter no;
  no.mutable_refusal()->set_ground(v1::REFUSAL_GROUND_IMPAIRS_INVESTIGATION);
  write(*pair.se.desk, in_thread(refused, no));
  carry_all(pair.fr, pair.se);
  write(*pair.fr.desk, in_thread(useful, feedback()));
  carry_all(pair.fr, pair.se);
  pair.federation.advance(8 * 86'400);
  write(*pair.se.desk, in_thread(late, reply()));
  carry_all(pair.fr, pair.se);
  for (const auto& [node, side] :
       {std::pair(&pair.fr, std::string("asking")), std::pair(&pair.se, std::string("asked"))}) {
    const auto tallies = tally_requests(*node->desk, {});
    ASSERT_EQ(1, tallies.tallies_size());
    const admin::v1::RequestTally& of = tallies.tallies(0);
    EXPECT_EQ(side, of.side());
    EXPECT_EQ(4u, of.requests());
    EXPECT_EQ(2u, of.answered());
    EXPECT_EQ(1u, of.in_time());
    EXPECT_EQ(1u, of.refused());
    EXPECT_EQ(1u, of.open());
    EXPECT_EQ(1u, of.overdue());
    EXPECT_EQ(1u, of.feedback_given());
    EXPECT_EQ(1u, of.feedback_owed());
    EXPECT_EQ(1u, of.useful());
    admin::v1::RequestStats elsewhere;
    elsewhere.set_peer("GB");
    EXPECT_EQ(0, tally_requests(*node->desk, elsewhere).tallies_size());
  }
  v1::Letter useless;
  useless.mutable_feedback()->set_outcome(v1::FEEDBACK_OUTCOME_FALSE_LEAD);
  write(*pair.fr.desk, in_thread(late, useless));
  const auto tallies = tally_requests(*pair.fr.desk, {});
  EXPECT_EQ(2u, tallies.tallies(0).feedback_given());
  EXPECT_EQ(1u, tallies.tallies(0).useful());
}

TEST(Letters, HaveOneEffectHoweverOftenTheyAreDelivered) {
  Pair pair;
  const std::string thread = pair.ask();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(carry_one(pair.fr, pair.se, false));
  carry_all(pair.fr, pair.se);
  EXPECT_EQ(2, shown(pair.se, thread).letters_size()) << "request and acknowledgement";
  EXPECT_EQ(2, shown(pair.fr, thread).letters_size());
  EXPECT_EQ(std::nullopt, pair.fr.host->next_letter(pair.se.id()));
}

TEST(Letters, SurviveARestartBetweenAnyTwoSteps) {
  Pair pair;
  const std::string thread = pair.ask();
  pair.fr.restart();
  ASSERT_TRUE(carry_one(pair.fr, pair.se, false));
  pair.fr.restart();
  pair.se.restart();
  carry_all(pair.fr, pair.se);
  EXPECT_EQ("acknowledged", state(pair.fr, thread));
  EXPECT_EQ(2, shown(pair.se, thread).letters_size());
}

TEST(Letters, WhatALetterLacksIsNamedByItsOptionsAndNoOthers) {
  Pair pair;
  const auto refusal = [&](v1::Letter content) -> std::string {
    admin::v1::LetterWrite request;
    request.set_peer("SE");
    request.set_operator_("analyst");
    *request.mutable_content() = std::move(content);
    try {
      write(*pair.fr.desk, request);
    } catch (const LetterRefused& refused) {
      EXPECT_EQ("incomplete", refused.rule());
      return refused.what();
    }
    return "allowed";
  };
  v1::Letter told;
  *told.mutable_spontaneous()->mutable_statements() = reply().reply().statements();
  EXPECT_EQ("missing: --tlp, --pap, --purpose, --legal-basis (rule incomplete)", refusal(told));
  told.mutable_marks()->set_tlp(3);
  told.mutable_marks()->set_pap(4);
  told.mutable_marks()->set_purpose("investigation");
  EXPECT_EQ("missing: --legal-basis (rule incomplete)", refusal(told));
  told.mutable_marks()->set_legal_basis(std::string(letter_word_max + 1, 'a'));
  EXPECT_EQ("too long: --legal-basis (at most 256 bytes) (rule incomplete)", refusal(told));
  told.mutable_marks()->set_legal_basis("invented treaty");
  told.mutable_marks()->set_handling(3);
  EXPECT_EQ("missing: --handling-text (what H3 restricts) (rule incomplete)", refusal(told));
  told.mutable_marks()->set_handling(1);
  EXPECT_EQ("allowed", refusal(told));
  v1::Letter asked;
  *asked.mutable_marks() = told.marks();
  asked.mutable_request()->set_facts("seen twice");
  EXPECT_EQ("missing: --class, --context, --reasons, --use (rule incomplete)", refusal(asked));
}

TEST(Letters, WhoCannotBeWrittenToIsNamedWithTheRuleThatStandsInTheWay) {
  Pair pair;
  admin::v1::LetterWrite request;
  request.set_peer("SE");
  const auto rule = [&] { return rule_of([&] { write(*pair.fr.desk, request); }); };
  EXPECT_EQ("incomplete", rule());
  request.set_community("another");
  EXPECT_EQ("not-members", rule());
  request.clear_community();
  store::Peer suspended = *pair.fr.desk->members.known(pair.se.id());
  suspended.state = store::PeerState::suspended;
  pair.fr.desk->members.put(suspended, pair.fr.desk->entry("tester", "peer.suspend"));
  EXPECT_EQ("not-trusted", rule());
}

TEST(Letters, AStepOutOfTurnIsRefusedBeforeItIsWritten) {
  Pair pair;
  const std::string thread = pair.ask();
  carry_all(pair.fr, pair.se);
  EXPECT_EQ("not-your-turn", rule_of([&] { write(*pair.fr.desk, in_thread(thread, reply())); }));
  EXPECT_EQ("wrong-state", rule_of([&] { write(*pair.fr.desk, in_thread(thread, feedback())); }));
}

TEST(Letters, APeerCannotMoveACorrespondenceOutOfTurn) {
  Pair pair;
  const std::string thread = pair.ask();
  carry_all(pair.fr, pair.se);
  // SE's node writes the asking side's feedback with its own keys, past its own rules.
  v1::Letter forged = feedback();
  forged.set_thread(std::string(as_text(*from_hex(thread))));
  forged.set_in_reply_to(forged.thread());
  *forged.mutable_marks() = shown(pair.se, thread).letters(0).letter().marks();
  forged = addressed(*pair.se.desk, forged, {pair.fr.id(), pair.fr.feed().community});
  const auto signed_letter =
      sign_letter(forged, [&](ByteView message) { return pair.se.sign(keys::name::log, message); });
  ASSERT_TRUE(signed_letter);
  const auto taken = pair.fr.host->take_letter(
      pair.se.id(),
      keys::seal_to(keys::x25519_public(pair.fr.keystore->get(keys::name::encryption)),
                    *signed_letter));
  EXPECT_EQ(Error::unexpected, taken.error());
  EXPECT_EQ("acknowledged", state(pair.fr, thread));
}

TEST(Letters, TwoPersonsSendWhatNeedsTwo) {
  Pair pair;
  pair.fr.desk->approvals = 2;
  pair.ask("analyst");
  EXPECT_EQ(std::nullopt, pair.fr.host->next_letter(pair.se.id()));
  const LetterId draft = draft_named(*pair.fr.desk, list_drafts(*pair.fr.desk).drafts(0).id());
  EXPECT_EQ("second-person", rule_of([&] { send_letter(*pair.fr.desk, draft, "analyst"); }));
  EXPECT_EQ("second-person", rule_of([&] { send_letter(*pair.fr.desk, draft, ""); }));
  send_letter(*pair.fr.desk, draft, "supervisor");
  EXPECT_NE(std::nullopt, pair.fr.host->next_letter(pair.se.id()));
  EXPECT_EQ(0, list_drafts(*pair.fr.desk).drafts_size());
}

TEST(Letters, WhatTheCharterForbidsNeitherLeavesNorArrives) {
  Pair pair;
  admin::v1::LetterWrite request;
  request.set_match(pair.match());
  request.mutable_content()->mutable_marks()->set_purpose("investigation");
  request.mutable_content()->mutable_marks()->set_tlp(5);  // the charter ends at AMBER+STRICT
  EXPECT_EQ("tlp-over-charter", rule_of([&] { write(*pair.fr.desk, request); }));
}

TEST(Letters, WhatWaitsIsNotSentWhenTheCharterNamesNoLegalBasisForItAnyMore) {
  Pair pair;
  const std::string thread = pair.ask();
  store::Community community = pair.fr.desk->members.communities().at(0);
  community.charter.clear_bases();
  v1::LegalBasis& back = *community.charter.add_bases();  // from SE to FR alone
  back.add_from(1);
  back.add_to(0);
  pair.fr.desk->members.put(community, pair.fr.desk->entry("tester", "community.in-force"));
  EXPECT_FALSE(pair.fr.host->next_letter(pair.se.id()).has_value());
  admin::v1::ThreadShow request;
  request.set_id(thread);
  EXPECT_EQ(std::string(describe(Error::refused)),
            show_thread(*pair.fr.desk, request)->letters(0).delivery());
  EXPECT_EQ("no-legal-basis",
            rule_of([&] { write(*pair.fr.desk, in_thread(thread, feedback())); }));
}

TEST(Letters, NothingIsTakenFromANodeOutsideTheCommunity) {
  Pair pair;
  pair.ask();
  const auto sealed = pair.fr.host->next_letter(pair.se.id());
  ASSERT_TRUE(sealed);
  store::Peer peer = pair.se.desk->members.peer(pair.fr.id()).value();
  peer.state = store::PeerState::suspended;
  pair.se.desk->members.put(peer, pair.se.desk->entry("tester", "peer.suspend"));
  EXPECT_EQ(Error::refused, pair.se.host->take_letter(pair.fr.id(), *sealed).error());
}

TEST(Letters, ALetterForAnotherIsNotTaken) {
  Federation federation({"FR", "SE", "GB"}, test_name());
  TestNode &fr = federation[0], &se = federation[1], &gb = federation[2];
  admin::v1::LetterWrite request;
  request.set_peer("SE");
  v1::Letter& letter = *request.mutable_content();
  *letter.mutable_spontaneous()->add_statements() = reply().reply().statements(0);
  letter.mutable_marks()->set_tlp(3);
  letter.mutable_marks()->set_pap(4);
  letter.mutable_marks()->set_purpose("investigation");
  letter.mutable_marks()->set_legal_basis("agreement");
  write(*fr.desk, request);
  const auto sealed = fr.host->next_letter(se.id());
  ASSERT_TRUE(sealed);
  EXPECT_EQ(Error::not_opened, gb.host->take_letter(fr.id(), *sealed).error());
  EXPECT_EQ(Error::bad_signature, se.host->take_letter(gb.id(), *sealed).error())
      << "another carries it as its own";
  EXPECT_TRUE(se.host->take_letter(fr.id(), *sealed));
}

TEST(Letters, AnAnswerThatCrossesACancellationIsKeptAndBothSidesEndCancelled) {
  Pair pair;
  const std::string thread = pair.ask();
  carry_all(pair.fr, pair.se);
  write(*pair.se.desk, in_thread(thread, reply()));
  v1::Letter cancellation;
  cancellation.mutable_cancellation()->set_reason("solved");
  write(*pair.fr.desk, in_thread(thread, cancellation));
  carry_all(pair.fr, pair.se);
  for (TestNode* node : {&pair.fr, &pair.se}) {
    EXPECT_EQ("cancelled", state(*node, thread));
    const auto letters = shown(*node, thread).letters();
    EXPECT_EQ(4, letters.size());
    for (const auto& letter : letters)
      EXPECT_EQ(letter.ours() ? "delivered" : "received", letter.delivery());
  }
}

TEST(Letters, OfAFrozenCommunityHoldUpNoneOfAnother) {
  Pair pair;
  pair.ask();
  const CommunityId second = pair.federation.found_community({0, 1}, "second");
  admin::v1::LetterWrite request;
  request.set_peer("SE");
  request.set_community("second");
  v1::Letter& letter = *request.mutable_content();
  *letter.mutable_spontaneous()->add_statements() = reply().reply().statements(0);
  letter.mutable_marks()->set_tlp(3);
  letter.mutable_marks()->set_pap(4);
  letter.mutable_marks()->set_purpose("investigation");
  letter.mutable_marks()->set_legal_basis("agreement");
  const std::string behind = write(*pair.fr.desk, request).thread();
  store::Community frozen = pair.fr.community(pair.federation.first);
  frozen.frozen = true;
  pair.fr.desk->members.put(frozen, pair.fr.desk->entry("tester", "community.frozen"));
  ASSERT_TRUE(carry_one(pair.fr, pair.se));
  EXPECT_FALSE(carry_one(pair.fr, pair.se)) << "the other waits";
  EXPECT_EQ("delivered", shown(pair.fr, behind).letters(0).delivery());
  EXPECT_EQ(to_hex(second.bytes), shown(pair.se, behind).thread().community());
  frozen.frozen = false;
  pair.fr.desk->members.put(frozen, pair.fr.desk->entry("tester", "community.settled"));
  EXPECT_TRUE(carry_one(pair.fr, pair.se));
}

TEST(Letters, BeyondWhatAPeerMaySendInADayAreTakenOnTheNext) {
  Pair pair;
  pair.ask();
  const auto sealed = pair.fr.host->next_letter(pair.se.id());
  ASSERT_TRUE(sealed);
  store::Batch batch;
  ASSERT_TRUE(charge_letter(*pair.se.desk, pair.fr.id(), letter_bytes_per_day - 1, batch));
  pair.se.desk->database.commit(std::move(batch));
  EXPECT_EQ(Error::quota_exhausted, pair.se.host->take_letter(pair.fr.id(), *sealed).error());
  pair.se.restart();
  EXPECT_EQ(Error::quota_exhausted, pair.se.host->take_letter(pair.fr.id(), *sealed).error());
  pair.federation.advance(86'400);
  EXPECT_TRUE(pair.se.host->take_letter(pair.fr.id(), *sealed));
}

TEST(Letters, FilesArriveInPiecesThatMayComeTwice) {
  Pair pair;
  const std::string thread = pair.ask();
  carry_all(pair.fr, pair.se);
  const Bytes content(2 * attachment_chunk_size + 5, 7);
  const Hash digest = sha256(content);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::size_t at = i * attachment_chunk_size;
    keep_chunk(*pair.se.desk, digest, i,
               ByteView(content).subspan(at, std::min(attachment_chunk_size, content.size() - at)));
  }
  v1::Letter answer = reply();
  v1::Attachment* file = answer.add_attachments();
  file->set_digest(bytes_of(digest));
  file->set_size(content.size());
  file->set_name("photo.jpg");
  write(*pair.se.desk, in_thread(thread, answer));
  ASSERT_TRUE(carry_one(pair.se, pair.fr));         // the letter
  ASSERT_TRUE(carry_one(pair.se, pair.fr, false));  // a piece whose receipt is lost
  admin::v1::ChunkGet get;
  get.set_letter(shown(pair.fr, thread).letters(2).id());
  get.set_attachment("photo.jpg");
  get.set_number(2);
  EXPECT_EQ("attachment-incomplete", rule_of([&] { read_chunk(*pair.fr.desk, get); }));
  pair.se.restart();
  carry_all(pair.fr, pair.se);
  EXPECT_EQ(5u, read_chunk(*pair.fr.desk, get).content().size());
  const auto view = shown(pair.fr, thread).letters(2).attachments(0);
  EXPECT_EQ(3u, view.chunks_here());
}

TEST(Letters, APieceOfAFileThatNobodyAnnouncedIsRefused) {
  Pair pair;
  const std::string thread = pair.ask();
  carry_all(pair.fr, pair.se);
  v1::Letter chunk;
  chunk.mutable_chunk()->set_digest(std::string(32, 'd'));
  chunk.mutable_chunk()->set_content("x");
  chunk.set_thread(std::string(as_text(*from_hex(thread))));
  chunk.set_in_reply_to(chunk.thread());
  chunk = addressed(*pair.se.desk, chunk, {pair.fr.id(), pair.fr.feed().community});
  const auto signed_letter =
      sign_letter(chunk, [&](ByteView message) { return pair.se.sign(keys::name::log, message); });
  ASSERT_TRUE(signed_letter);
  const Bytes sealed = keys::seal_to(
      keys::x25519_public(pair.fr.keystore->get(keys::name::encryption)), *signed_letter);
  EXPECT_EQ(Error::unexpected, pair.fr.host->take_letter(pair.se.id(), sealed).error());
}

TEST(Letters, WhatIsLateIsCountedForWhoeverOwesIt) {
  Pair pair;
  pair.ask();
  carry_all(pair.fr, pair.se);
  pair.federation.advance(8 * 86'400);
  EXPECT_EQ(1u, count_overdue(*pair.se.desk).ours);
  EXPECT_EQ(1u, count_overdue(*pair.fr.desk).theirs);
}

TEST(Letters, NothingOfTheirWordsStandsOnDiskInPlain) {
  Pair pair;
  const std::string thread = pair.ask();
  carry_all(pair.fr, pair.se);
  write(*pair.se.desk, in_thread(thread, reply("a sentence that nobody else may read")));
  carry_all(pair.fr, pair.se);
  for (TestNode* node : {&pair.fr, &pair.se}) {
    node->close();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(node->folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      EXPECT_EQ(std::string::npos, bytes.find("nobody else may read")) << entry.path();
    }
    node->open();
  }
}

}  // namespace
}  // namespace bakhita::desk
