// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/letter.h"

#include <gtest/gtest.h>

#include "tests/unit/community/charters.h"

namespace bakhita {
namespace {

using testing_support::bytes_of;
using testing_support::first_charter;
using testing_support::id_of;

v1::Letter letter(const std::string& from, const std::string& to) {
  v1::Letter out;
  out.set_from(bytes_of(id_of(from).bytes));
  out.set_to(bytes_of(id_of(to).bytes));
  return out;
}

v1::Letter with_content(const std::string& from, const std::string& to,
                        const std::string& purpose = "investigation", std::uint32_t tlp = 3) {
  v1::Letter out = letter(from, to);
  out.mutable_marks()->set_purpose(purpose);
  out.mutable_marks()->set_tlp(tlp);
  return out;
}

/// FR's indicators may flow to GB, for investigation; SE stands in no row.
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

TEST(LetterRules, ALetterBetweenMembersWithALegalBasisIsAllowed) {
  const v1::Charter charter = first_charter({"FR", "GB"});
  EXPECT_EQ(LetterRule::allowed, decide_letter(with_content("FR", "GB"), charter));
  EXPECT_EQ(LetterRule::allowed, decide_letter(with_content("GB", "FR"), charter));
}

TEST(LetterRules, WithoutARowFromTheSenderToTheRecipientNothingIsSaid) {
  EXPECT_EQ(LetterRule::allowed, decide_letter(with_content("FR", "GB"), one_way()));
  EXPECT_EQ(LetterRule::no_legal_basis, decide_letter(with_content("GB", "FR"), one_way()));
  EXPECT_EQ(LetterRule::no_legal_basis, decide_letter(with_content("FR", "SE"), one_way()));
  v1::Charter none = one_way();
  none.clear_bases();
  EXPECT_EQ(LetterRule::no_legal_basis, decide_letter(with_content("FR", "GB"), none));
}

TEST(LetterRules, ARowAllowsOnlyThePurposesThatItNames) {
  EXPECT_EQ(LetterRule::no_legal_basis,
            decide_letter(with_content("FR", "GB", "victim-identification"), one_way()));
  EXPECT_EQ(LetterRule::purpose_not_in_charter,
            decide_letter(with_content("FR", "GB", "border-control"), one_way()));
}

TEST(LetterRules, AnAcknowledgementGoesBackUnderTheBasisOfTheOtherDirection) {
  v1::Letter acknowledgement = letter("GB", "FR");
  acknowledgement.mutable_acknowledgement();
  EXPECT_EQ(LetterRule::allowed, decide_letter(acknowledgement, one_way()));
  v1::Letter to_nobody = letter("SE", "FR");
  to_nobody.mutable_acknowledgement();
  EXPECT_EQ(LetterRule::no_legal_basis, decide_letter(to_nobody, one_way()));
}

TEST(LetterRules, AnAttachmentNeedsABasisInItsOwnDirection) {
  v1::Letter there = letter("FR", "GB"), back = letter("GB", "FR");
  there.mutable_chunk();
  back.mutable_chunk();
  EXPECT_EQ(LetterRule::allowed, decide_letter(there, one_way()));
  EXPECT_EQ(LetterRule::no_legal_basis, decide_letter(back, one_way()));
}

TEST(LetterRules, NobodyOutsideTheCharterIsWrittenTo) {
  EXPECT_EQ(LetterRule::not_members,
            decide_letter(with_content("FR", "RO"), first_charter({"FR", "GB"})));
  EXPECT_EQ(LetterRule::not_members,
            decide_letter(with_content("RO", "FR"), first_charter({"FR", "GB"})));
}

TEST(LetterRules, TheHighestTlpOfTheCharterHolds) {
  EXPECT_EQ(LetterRule::tlp_over_charter,
            decide_letter(with_content("FR", "GB", "investigation", 5), one_way()));
}

TEST(LetterRules, EveryRuleHasANameAndASentence) {
  EXPECT_EQ("no-legal-basis", name_of(LetterRule::no_legal_basis));
  EXPECT_NE("unknown", explain(LetterRule::no_legal_basis));
}

}  // namespace
}  // namespace bakhita
