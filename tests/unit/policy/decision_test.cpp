// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/decision.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/questions.h"

namespace bakhita::policy {
namespace {

using testing_support::all_acts;
using testing_support::first_charter;
using testing_support::harmless;
using testing_support::id_of;
using testing_support::policy_now;
using testing_support::rule_under;

const v1::Charter& everybody() {
  static const v1::Charter charter = first_charter({"FR", "GB", "SE"});
  return charter;
}

/// FR's may flow to GB, for investigation; SE stands in no row.
v1::Charter one_way() {
  v1::Charter out = first_charter({"FR", "GB", "SE"});
  out.clear_bases();
  v1::LegalBasis& basis = *out.add_bases();
  basis.set_basis("invented treaty");
  basis.add_from(0);
  basis.add_to(1);
  basis.add_purposes("investigation");
  return out;
}

Question between(Act act, const std::string& from, const std::string& to) {
  Question out = harmless(act);
  out.from = out.via = id_of(from);
  out.to = id_of(to);
  return out;
}

TEST(Decision, WhatNoRuleForbidsIsAllowed) {
  for (Act act : all_acts) EXPECT_EQ("allowed", rule_under(harmless(act), everybody()));
}

TEST(Decision, AnEmptyQuestionIsRefusedWhateverTheAct) {
  for (Act act : all_acts) {
    Question question;
    question.act = act;
    EXPECT_NE("allowed", rule_under(question, everybody())) << name_of(act);
    EXPECT_NE(RuleId::allowed, decide(question, {})) << name_of(act);
  }
}

TEST(Decision, AnUnknownActIsRefusedByARuleOfThatName) {
  for (unsigned act : {0u, 10u, 31u, 32u, 255u})
    EXPECT_EQ("unknown-act", rule_under(harmless(static_cast<Act>(act)), everybody()));
}

TEST(Decision, UnknownCodesAndMarksAreRefusedByRulesOfThatName) {
  const auto with = [](Act act, auto change) {
    Question out = harmless(act);
    change(out);
    return rule_under(out, everybody());
  };
  EXPECT_EQ("unknown-code", with(Act::release, [](Question& q) { q.facts.type = 13; }));
  EXPECT_EQ("unknown-code", with(Act::release, [](Question& q) { q.facts.roles |= 1u << 20; }));
  EXPECT_EQ("unknown-code", with(Act::lookup_ask, [](Question& q) { q.facts.type = 0; }));
  EXPECT_EQ("unknown-code",
            with(Act::letter_send, [](Question& q) { q.part = static_cast<LetterPart>(4); }));
  EXPECT_EQ("unknown-code",
            with(Act::letter_onward, [](Question& q) { q.use = static_cast<OnwardUse>(7); }));
  EXPECT_EQ("unknown-code",
            with(Act::file_export, [](Question& q) { q.file = static_cast<FileKind>(9); }));
  for (Act act : {Act::release, Act::letter_send, Act::letter_onward}) {
    EXPECT_EQ("unknown-mark", with(act, [](Question& q) { q.marks.handling = 4; }));
    EXPECT_EQ("unknown-mark", with(act, [](Question& q) { q.marks.tlp = 0; }));
    EXPECT_EQ("unknown-mark", with(act, [](Question& q) { q.marks.tlp = 6; }));
    EXPECT_EQ("unknown-mark", with(act, [](Question& q) { q.marks.pap = 0; }));
    EXPECT_EQ("unknown-mark", with(act, [](Question& q) { q.marks.pap = 5; }));
  }
}

TEST(Decision, WithoutARowInTheDirectionNothingFlows) {
  for (Act act :
       {Act::lookup_ask, Act::lookup_answer, Act::relay, Act::letter_send, Act::file_export}) {
    EXPECT_EQ("allowed", rule_under(between(act, "FR", "GB"), one_way())) << name_of(act);
    EXPECT_EQ("no-legal-basis", rule_under(between(act, "GB", "FR"), one_way())) << name_of(act);
    EXPECT_EQ("no-legal-basis", rule_under(between(act, "FR", "SE"), one_way())) << name_of(act);
  }
}

TEST(Decision, ARowAllowsOnlyThePurposesThatItNames) {
  for (Act act : {Act::lookup_ask, Act::lookup_answer, Act::letter_send}) {
    Question question = between(act, "FR", "GB");
    question.purpose = "victim-identification";
    EXPECT_EQ("no-legal-basis", rule_under(question, one_way()));
    question.purpose = "border-control";
    EXPECT_EQ("purpose-not-in-charter", rule_under(question, one_way()));
  }
}

TEST(Decision, AnAcknowledgementGoesBackUnderTheBasisOfTheOtherDirectionAChunkDoesNot) {
  Question back = between(Act::letter_send, "GB", "FR");
  back.part = LetterPart::notice;
  back.purpose.clear();
  EXPECT_EQ("allowed", rule_under(back, one_way()));
  back.part = LetterPart::chunk;
  EXPECT_EQ("no-legal-basis", rule_under(back, one_way()));
  Question to_nobody = between(Act::letter_send, "SE", "FR");
  to_nobody.part = LetterPart::notice;
  EXPECT_EQ("no-legal-basis", rule_under(to_nobody, one_way()));
}

TEST(Decision, NobodyOutsideTheCharterIsServedAskedOrWrittenTo) {
  for (Act act : {Act::lookup_ask, Act::lookup_answer, Act::relay, Act::letter_send}) {
    EXPECT_EQ("not-members", rule_under(between(act, "FR", "RO"), everybody()));
    EXPECT_EQ("not-members", rule_under(between(act, "RO", "FR"), everybody()));
  }
}

TEST(Decision, AFeedGoesHomeToItsOriginButToNobodyElseWithoutABasis) {
  Question home = harmless(Act::relay);
  home.from = home.to = id_of("FR");
  home.via = id_of("GB");
  EXPECT_EQ("allowed", rule_under(home, one_way()));
  Question round = home;
  round.to = id_of("SE");
  EXPECT_EQ("no-legal-basis", rule_under(round, one_way()));
}

TEST(Decision, WhileTheCommunityIsFrozenNothingIsExchanged) {
  const v1::Charter charter = everybody();
  for (Act act : {Act::publication, Act::lookup_ask, Act::lookup_answer, Act::relay,
                  Act::letter_send, Act::file_export})
    EXPECT_EQ(RuleId::community_frozen, decide(harmless(act), {&charter, true})) << name_of(act);
}

TEST(Decision, FormerKeysAreAnsweredUntilTheirDay) {
  v1::Charter charter = everybody();
  charter.set_key_epoch(2);
  charter.set_former_keys_until_day(policy_now / 86'400);
  Question question = harmless(Act::lookup_answer);
  question.key_epoch = 1;
  EXPECT_EQ("allowed", rule_under(question, charter));
  question.now += 86'400;
  EXPECT_EQ("former-keys-over", rule_under(question, charter));
  question.key_epoch = 2;
  EXPECT_EQ("allowed", rule_under(question, charter));
  question.key_epoch = 3;
  EXPECT_EQ("former-keys-over", rule_under(question, charter));
}

TEST(Decision, AnOfficersCaseAsksAboutWhatNoReportNamesButNeverAboutTheShielded) {
  Question question = harmless(Act::lookup_ask);
  question.facts = {.type = 1};
  EXPECT_EQ("no-sighting", rule_under(question, everybody()));
  question.has_case = true;
  EXPECT_EQ("allowed", rule_under(question, everybody()));
  question.facts.shielded_role = true;
  EXPECT_EQ("shielded-role", rule_under(question, everybody()));
}

TEST(Decision, HandlingCodesHoldUntilTheOriginatorConsents) {
  const auto rule = [](OnwardUse use, std::uint32_t handling, std::vector<Consent> consents = {}) {
    Question q = harmless(Act::letter_onward);
    q.use = use;
    q.marks.handling = handling;
    q.consents = std::move(consents);
    return rule_under(q, everybody());
  };
  const Consent consent{"GB", "investigation", policy_now + 1};
  EXPECT_EQ("h1-judicial", rule(OnwardUse::judicial_use, 1));
  EXPECT_EQ("allowed", rule(OnwardUse::disseminate, 1));
  EXPECT_EQ("h2-dissemination", rule(OnwardUse::disseminate, 2));
  EXPECT_EQ("h1-judicial", rule(OnwardUse::judicial_use, 2));
  EXPECT_EQ("h3-restricted", rule(OnwardUse::disseminate, 3));
  EXPECT_EQ("allowed", rule(OnwardUse::disseminate, 2, {consent}));
  EXPECT_EQ("h2-dissemination",
            rule(OnwardUse::disseminate, 2, {{"SE", "investigation", policy_now + 1}}));
  EXPECT_EQ("h2-dissemination", rule(OnwardUse::disseminate, 2, {{"GB", "tax", policy_now + 1}}));
  EXPECT_EQ("h2-dissemination",
            rule(OnwardUse::disseminate, 2, {{"GB", "investigation", policy_now}}))
      << "it has run out";
}

TEST(Decision, TlpNamesWhoMayReceive) {
  Question q = harmless(Act::letter_onward);
  q.marks.tlp = 2;
  EXPECT_EQ("allowed", rule_under(q, everybody()));
  q.recipient = "RO";
  EXPECT_EQ("tlp-recipient", rule_under(q, everybody()));
  q.recipient = "GB";
  for (std::uint32_t tlp : {3u, 4u, 5u}) {
    q.marks.tlp = tlp;
    EXPECT_EQ("tlp-recipient", rule_under(q, everybody())) << tlp;
  }
}

TEST(Decision, NoConsentLiftsWhatProtectsPeople) {
  Question q = harmless(Act::letter_onward);
  q.consents = {{"GB", "investigation", policy_now + 1}};
  q.use = OnwardUse::against_victim;
  EXPECT_EQ("not-against-victim", rule_under(q, everybody()));
  EXPECT_FALSE(consent_can_lift(RuleId::not_against_victim));
  q.use = OnwardUse::contact_subject;
  EXPECT_EQ("allowed", rule_under(q, everybody()));
  q.marks.pap = 3;
  EXPECT_EQ("pap-contact", rule_under(q, everybody()));
  EXPECT_FALSE(consent_can_lift(RuleId::pap_contact));
  q.marks.do_not_contact_subject = true;
  EXPECT_EQ("do-not-contact-subject", rule_under(q, everybody()));
  q.use = OnwardUse::notify_platform;
  EXPECT_EQ("pap-platform", rule_under(q, everybody()));
  q.marks.do_not_notify_platform_until = policy_now / 86'400 + 1;
  EXPECT_EQ("do-not-notify-platform", rule_under(q, everybody()));
  EXPECT_TRUE(consent_can_lift(RuleId::h2_dissemination));
}

TEST(Decision, SaysWhichRuleOfWhichCharterOnWhichBasisAndWhoMayChangeIt) {
  const v1::Charter charter = one_way();
  const Question allowed = between(Act::lookup_answer, "FR", "GB");
  EXPECT_EQ("allowed by charter epoch 1 (test), legal basis invented treaty: no rule forbids it",
            explain(allowed, {&charter}, decide(allowed, {&charter})).text);
  Question refused = allowed;
  refused.quota_wait = 60;
  EXPECT_EQ(
      "refused by rule quota-exhausted of charter epoch 1 (test), legal basis invented treaty: the "
      "quota of the peer or of all is used up; may be changed by time; the members or this node",
      explain(refused, {&charter}, decide(refused, {&charter})).text);
  const Question none = between(Act::lookup_answer, "GB", "FR");
  EXPECT_EQ("", explain(none, {&charter}, decide(none, {&charter})).legal_basis);
}

}  // namespace
}  // namespace bakhita::policy
