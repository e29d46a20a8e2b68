// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/key_ages.h"

#include <gmock/gmock.h>

#include "keys/rotation.h"
#include "node/desk/proposing.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using namespace testing_support;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class KeyAges : public testing::Test {
 protected:
  Federation federation{{"FR", "GB"},
                        testing::UnitTest::GetInstance()->current_test_info()->name()};
  TestNode& fr = federation[0];
};

TEST_F(KeyAges, TheIntakeKeyIsDueAfterAMonthUntilItIsReplaced) {
  note_keys(*fr.desk);
  federation.advance(31 * day);
  EXPECT_THAT(keys_due(*fr.desk), IsEmpty());
  federation.advance(day);
  EXPECT_THAT(keys_due(*fr.desk), ElementsAre(AllOf(HasSubstr("the intake key is 32 days old"),
                                                    HasSubstr("bakhita keys rotate intake"))));
  fr.restart();
  note_keys(*fr.desk);
  EXPECT_EQ(1u, keys_due(*fr.desk).size()) << "a restart makes no key younger";
  keys::rotate(*fr.keystore, keys::name::intake, fr.now);
  note_keys(*fr.desk);
  EXPECT_THAT(keys_due(*fr.desk), IsEmpty());
  federation.advance(32 * day);
  EXPECT_EQ(1u, keys_due(*fr.desk).size());
}

TEST_F(KeyAges, TheKeysOfACommunityAreDueAfterAYearUntilACharterRenewsThem) {
  const auto decide = [&](const admin::v1::CommunityPropose& wish) {
    CharterPackage package = write_next_charter(*fr.desk, fr.community(federation.first), wish);
    add_signature(package.signed_charter, federation[1].id(), [&](ByteView message) {
      return federation[1].sign(keys::name::identity, message);
    });
    ASSERT_EQ(Learned::in_force, learn_charter(*fr.desk, package.serialise(), "tester").learned);
  };
  admin::v1::CommunityPropose rename, renewal;
  rename.set_name("other");
  renewal.set_renew_keys(true);
  decide(renewal);
  federation.advance(200 * day);
  decide(rename);
  federation.advance(167 * day);
  EXPECT_THAT(keys_due(*fr.desk), ElementsAre(AllOf(HasSubstr("community other are 367 days old"),
                                                    HasSubstr("--renew-keys"))))
      << "a charter that keeps the keys makes them no younger";
  decide(renewal);
  EXPECT_THAT(keys_due(*fr.desk), IsEmpty());
}

}  // namespace
}  // namespace bakhita::desk
