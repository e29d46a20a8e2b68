// SPDX-License-Identifier: EUPL-1.2
// Content is used otherwise only as its author allowed, and while he does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/correspondents.h"

namespace bakhita::desk {
namespace {

/// FR holds content of SE's that it may not pass on, and asked for that once or more.
struct Consents : Pair {
  std::string thread = ask();
  v1::Letter content;
  Consents() {
    carry_all(fr, se);
    v1::Letter answer = reply();
    answer.mutable_marks()->set_handling(2);
    write(*se.desk, in_thread(thread, answer));
    carry_all(fr, se);
    content = shown(fr, thread).letters(2).letter();
  }
  /// The id of FR's consent request.
  std::string ask_for(const std::string& recipient) {
    v1::Letter question;
    question.mutable_consent_request()->set_letter(content.id());
    question.mutable_consent_request()->set_recipient(recipient);
    question.mutable_consent_request()->set_purpose("investigation");
    question.mutable_consent_request()->set_reasons("the suspect moved there");
    const std::string id = write(*fr.desk, in_thread(thread, question)).id();
    carry_all(fr, se);
    return id;
  }
  void decide(bool granted, const std::string& request = {}) {
    v1::Letter decision;
    decision.mutable_consent_decision()->set_granted(granted);
    if (granted)
      decision.mutable_consent_decision()->set_valid_until(fr.now + 86'400);
    else
      decision.mutable_consent_decision()->set_ground(v1::CONSENT_GROUND_OUT_OF_SCOPE);
    admin::v1::LetterWrite write_it = in_thread(thread, decision);
    write_it.set_consent_request(request);
    write(*se.desk, write_it);
    carry_all(fr, se);
  }
  admin::v1::OnwardAnswer pass_on_to(const std::string& recipient,
                                     const std::string& use_name = "pass-on") {
    admin::v1::OnwardUse use;
    use.set_letter(to_hex(as_bytes(content.id())));
    use.set_use(use_name);
    use.set_recipient(recipient);
    return use_onward(*fr.desk, use);
  }
  bool may_pass_on_to(const std::string& recipient) { return pass_on_to(recipient).allowed(); }
};

TEST(Consents, OnwardUseNeedsTheSendersConsentAndEndsWithIt) {
  Consents pair;
  EXPECT_FALSE(pair.may_pass_on_to("DE"));
  pair.ask_for("DE");
  EXPECT_EQ("h2-dissemination", pair.pass_on_to("DE").rule()) << "silence is no";
  pair.decide(true);
  EXPECT_TRUE(pair.may_pass_on_to("DE"));
  EXPECT_EQ("not-against-victim", pair.pass_on_to("DE", "against-victim").rule());
  pair.federation.advance(86'401);
  EXPECT_EQ("h2-dissemination", pair.pass_on_to("DE").rule()) << "it has run out";
}

TEST(Consents, TakenBackTheyAllowNothing) {
  Consents pair;
  pair.ask_for("DE");
  pair.decide(true);
  ASSERT_TRUE(pair.may_pass_on_to("DE"));
  v1::Letter withdrawal;
  withdrawal.mutable_consent_withdrawal()->set_reason("proceedings there");
  withdrawal.set_in_reply_to(shown(pair.se, pair.thread).letters(4).letter().id());
  write(*pair.se.desk, in_thread(pair.thread, withdrawal));
  carry_all(pair.fr, pair.se);
  EXPECT_EQ("h2-dissemination", pair.pass_on_to("DE").rule());
}

TEST(Consents, AreGivenToTheRequestThatIsNamedAndToNoOther) {
  Consents pair;
  const std::string first = pair.ask_for("DE"), second = pair.ask_for("RU");
  try {
    pair.decide(true);
    FAIL() << "nobody said which";
  } catch (const LetterRefused& refused) {
    EXPECT_EQ("not-unique", refused.rule());
    EXPECT_THAT(refused.what(), testing::HasSubstr(first + ": to DE for investigation"));
    EXPECT_THAT(refused.what(), testing::HasSubstr(second + ": to RU for investigation"));
  }
  pair.decide(true, first);
  EXPECT_TRUE(pair.may_pass_on_to("DE"));
  EXPECT_FALSE(pair.may_pass_on_to("RU"));
  pair.decide(false);  // only one is open now
  EXPECT_TRUE(pair.may_pass_on_to("DE"));
  EXPECT_EQ("no-consent-request", rule_of([&] { pair.decide(true); })) << "none is open";
  EXPECT_EQ("no-consent-request",
            rule_of([&] { pair.decide(true, to_hex(as_bytes(pair.content.id()))); }));
  EXPECT_FALSE(pair.may_pass_on_to("RU"));
}

TEST(Consents, EndWithADenialOfTheSameRequest) {
  Consents pair;
  const std::string request = pair.ask_for("DE");
  pair.decide(true);
  EXPECT_TRUE(pair.may_pass_on_to("DE"));
  pair.decide(false, request.substr(0, 8));
  EXPECT_FALSE(pair.may_pass_on_to("DE"));
}

TEST(Consents, ToWhatIsNoConsentRequestAreNeitherSentNorTaken) {
  Consents pair;
  pair.ask_for("DE");
  v1::Letter decision;
  decision.mutable_consent_decision()->set_granted(true);
  decision.mutable_consent_decision()->set_valid_until(pair.fr.now + 86'400);
  *decision.mutable_marks() = pair.content.marks();
  decision.set_in_reply_to(pair.content.in_reply_to());
  EXPECT_EQ("wrong-answer",
            rule_of([&] { write(*pair.se.desk, in_thread(pair.thread, decision)); }));
  decision.set_thread(pair.content.thread());
  decision = addressed(*pair.se.desk, decision, {pair.fr.id(), pair.fr.feed().community});
  const auto signed_letter = sign_letter(
      decision, [&](ByteView message) { return pair.se.sign(keys::name::log, message); });
  ASSERT_TRUE(signed_letter);
  const Bytes sealed = keys::seal_to(
      keys::x25519_public(pair.fr.keystore->get(keys::name::encryption)), *signed_letter);
  EXPECT_EQ(Error::unexpected, pair.fr.host->take_letter(pair.se.id(), sealed).error());
}

}  // namespace
}  // namespace bakhita::desk
