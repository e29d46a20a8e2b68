// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/onward.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace bakhita {
namespace {

constexpr std::uint32_t today = 20'000;

v1::Marks free_marks() {
  v1::Marks out;
  out.set_handling(0);
  out.set_tlp(1);
  out.set_pap(1);
  out.set_purpose("investigation");
  out.set_legal_basis("agreement");
  return out;
}

OnwardUse use_of(OnwardKind kind, std::string purpose = "investigation") {
  return {.kind = kind,
          .recipient = "DE",
          .recipient_is_member = true,
          .purpose = std::move(purpose),
          .today = today};
}

OnwardRule decide(const v1::Marks& marks, OnwardKind kind, std::vector<Consent> consents = {}) {
  return decide_onward(marks, use_of(kind), consents);
}

TEST(Onward, UnrestrictedMarksAllowTheirPurpose) {
  EXPECT_EQ(OnwardRule::allowed, decide(free_marks(), OnwardKind::disseminate));
  EXPECT_EQ(OnwardRule::allowed, decide(free_marks(), OnwardKind::judicial_use));
  EXPECT_EQ(OnwardRule::allowed, decide(free_marks(), OnwardKind::contact_subject));
  EXPECT_EQ(OnwardRule::allowed, decide(free_marks(), OnwardKind::notify_platform));
}

TEST(Onward, HandlingCodesHoldUntilTheOriginatorConsents) {
  const std::vector<Consent> consent = {{.recipient = "DE", .purpose = "investigation"}};
  v1::Marks marks = free_marks();
  marks.set_handling(1);
  EXPECT_EQ(OnwardRule::h1_judicial, decide(marks, OnwardKind::judicial_use));
  EXPECT_EQ(OnwardRule::allowed, decide(marks, OnwardKind::disseminate));
  marks.set_handling(2);
  EXPECT_EQ(OnwardRule::h2_dissemination, decide(marks, OnwardKind::disseminate));
  EXPECT_EQ(OnwardRule::h1_judicial, decide(marks, OnwardKind::judicial_use));
  EXPECT_EQ(OnwardRule::allowed, decide(marks, OnwardKind::disseminate, consent));
  marks.set_handling(3);
  EXPECT_EQ(OnwardRule::h3_restricted, decide(marks, OnwardKind::disseminate));
}

TEST(Onward, ConsentIsForOneRecipientAndOnePurpose) {
  v1::Marks marks = free_marks();
  marks.set_handling(2);
  EXPECT_EQ(
      OnwardRule::h2_dissemination,
      decide(marks, OnwardKind::disseminate, {{.recipient = "IT", .purpose = "investigation"}}));
  EXPECT_EQ(OnwardRule::h2_dissemination,
            decide(marks, OnwardKind::disseminate, {{.recipient = "DE", .purpose = "taxation"}}));
}

TEST(Onward, TlpNamesWhoMayReceive) {
  OnwardUse outside = use_of(OnwardKind::disseminate);
  outside.recipient_is_member = false;
  v1::Marks marks = free_marks();
  marks.set_tlp(2);
  EXPECT_EQ(OnwardRule::allowed, decide(marks, OnwardKind::disseminate));
  EXPECT_EQ(OnwardRule::tlp_forbids_recipient, decide_onward(marks, outside, {}));
  for (std::uint32_t tlp : {3u, 4u, 5u}) {
    marks.set_tlp(tlp);
    EXPECT_EQ(OnwardRule::tlp_forbids_recipient, decide(marks, OnwardKind::disseminate)) << tlp;
  }
}

TEST(Onward, AnotherPurposeNeedsConsent) {
  EXPECT_EQ(OnwardRule::purpose_bound,
            decide_onward(free_marks(), use_of(OnwardKind::other_purpose, "taxation"), {}));
}

TEST(Onward, NoConsentLiftsWhatProtectsPeople) {
  const std::vector<Consent> any = {{.recipient = "DE", .purpose = "investigation"}};
  EXPECT_EQ(OnwardRule::against_victim, decide(free_marks(), OnwardKind::against_victim, any));
  v1::Marks marks = free_marks();
  marks.set_do_not_contact_subject(true);
  EXPECT_EQ(OnwardRule::do_not_contact, decide(marks, OnwardKind::contact_subject, any));
  marks = free_marks();
  marks.set_pap(4);
  EXPECT_EQ(OnwardRule::pap_forbids_contact, decide(marks, OnwardKind::contact_subject, any));
  EXPECT_EQ(OnwardRule::pap_forbids_platform, decide(marks, OnwardKind::notify_platform, any));
  marks = free_marks();
  marks.set_do_not_notify_platform_until(today + 1);
  EXPECT_EQ(OnwardRule::platform_embargo, decide(marks, OnwardKind::notify_platform, any));
  marks.set_do_not_notify_platform_until(today);
  EXPECT_EQ(OnwardRule::allowed, decide(marks, OnwardKind::notify_platform, any));
}

/// Every combination of marks, and each of the restrictions put on top: what was forbidden stays
/// so.
TEST(Onward, AddingARestrictionNeverAllowsMore) {
  const std::vector<std::function<void(v1::Marks&)>> restrictions = {
      [](v1::Marks& marks) { marks.set_handling(std::min(3u, marks.handling() + 1)); },
      [](v1::Marks& marks) { marks.set_tlp(std::min(5u, marks.tlp() + 1)); },
      [](v1::Marks& marks) { marks.set_pap(std::min(4u, marks.pap() + 1)); },
      [](v1::Marks& marks) { marks.set_do_not_contact_subject(true); },
      [](v1::Marks& marks) { marks.set_do_not_notify_platform_until(today + 9); },
      [](v1::Marks& marks) { marks.set_not_against_victim(true); },
  };
  const std::vector<std::vector<Consent>> consents = {
      {}, {{.recipient = "DE", .purpose = "investigation"}}};
  for (std::uint32_t handling = 0; handling <= 3; ++handling)
    for (std::uint32_t tlp = 1; tlp <= 5; ++tlp)
      for (std::uint32_t pap = 1; pap <= 4; ++pap)
        for (const auto& consent : consents)
          for (int kind = 0; kind <= static_cast<int>(OnwardKind::against_victim); ++kind) {
            v1::Marks marks = free_marks();
            marks.set_handling(handling);
            marks.set_tlp(tlp);
            marks.set_pap(pap);
            const OnwardUse use = use_of(static_cast<OnwardKind>(kind));
            if (decide_onward(marks, use, consent) == OnwardRule::allowed) continue;
            for (const auto& restrict_further : restrictions) {
              v1::Marks stricter = marks;
              restrict_further(stricter);
              EXPECT_NE(OnwardRule::allowed, decide_onward(stricter, use, consent))
                  << "H" << handling << " TLP " << tlp << " PAP " << pap << " kind " << kind;
            }
          }
}

TEST(Onward, EveryRuleHasANameAndASentence) {
  for (int rule = 0; rule <= static_cast<int>(OnwardRule::purpose_bound); ++rule) {
    EXPECT_NE("unknown", name_of(static_cast<OnwardRule>(rule)));
    EXPECT_NE("unknown", explain(static_cast<OnwardRule>(rule)));
  }
}

}  // namespace
}  // namespace bakhita
