// SPDX-License-Identifier: EUPL-1.2
#include "protocol/community/succession.h"

#include <gtest/gtest.h>

#include <functional>

#include "bakhita/v1/report.pb.h"
#include "protocol/community/terms.h"
#include "protocol/identifier/identifier.h"
#include "tests/unit/community/charters.h"

namespace bakhita {
namespace {

using namespace testing_support;
using Fault = CharterFault;

const std::vector<std::string> five{"FR", "GB", "SE", "RO", "NG"};

std::string verdict(const v1::Charter& previous, const v1::Charter& next,
                    const std::vector<std::string>& signers) {
  const auto package = signed_by(next, signers);
  if (!package) return std::string(name_of(package.error()));
  const auto fault = check_succession(previous, charter_hash(make_package(previous)), *package);
  return fault ? std::string(name_of(*fault)) : "in force";
}

TEST(Succession, AMajorityWithTheStewardPutsTheNextInForce) {
  const v1::Charter previous = first_charter(five);
  const v1::Charter next = next_of(previous);
  EXPECT_EQ("in force", verdict(previous, next, {"FR", "GB", "SE"}));
  EXPECT_EQ("too-few-signatures", verdict(previous, next, {"FR", "GB"}));
  EXPECT_EQ("proposer-missing", verdict(previous, next, {"GB", "SE", "RO", "NG"}));
  v1::Charter by_another = next;
  by_another.set_proposer(bytes_of(id_of("GB").bytes));
  EXPECT_EQ("steward-missing", verdict(previous, by_another, {"GB", "SE", "RO", "NG"}));
  EXPECT_EQ("in force", verdict(previous, by_another, {"FR", "GB", "RO"}));
}

TEST(Succession, AnySingleInvalidChangeIsRefusedWithItsOwnReason) {
  const v1::Charter previous = first_charter(five);
  const std::vector<std::pair<Fault, std::function<void(v1::Charter&)>>> changes{
      {Fault::other_community, [](auto& c) { c.set_community(std::string(16, 'd')); }},
      {Fault::wrong_epoch, [](auto& c) { c.set_epoch(3); }},
      {Fault::wrong_previous, [](auto& c) { c.set_previous(std::string(32, 'p')); }},
      {Fault::key_epoch_not_risen, [](auto& c) { remove_member(c, "NG"); }},
      {Fault::secret_kept, [](auto& c) { c.set_key_epoch(2); }},
      {Fault::secret_changed,
       [](auto& c) { c.set_key_commitment(bytes_of(commit_to_secret(as_bytes("other")))); }},
      {Fault::former_keys_kept,
       [](auto& c) {
         remove_member(c, "NG");
         renew_keys(c);
         c.set_former_keys_until_day(30'000);
       }},
  };
  for (const auto& [fault, change] : changes) {
    v1::Charter next = next_of(previous);
    change(next);
    EXPECT_EQ(name_of(fault), verdict(previous, next, {"FR", "GB", "SE"}));
  }
}

TEST(Succession, KeysThatRiseByTwoAreRefused) {
  v1::Charter previous = first_charter(five);
  previous.set_epoch(7);
  previous.set_previous(std::string(32, 'p'));
  v1::Charter next = next_of(previous);
  next.set_key_epoch(3);
  EXPECT_EQ("key-epoch-wrong", verdict(previous, next, {"FR", "GB", "SE"}));
  next.set_key_epoch(0);
  EXPECT_EQ("bad-epoch", verdict(previous, next, {"FR", "GB", "SE"}));
}

TEST(Succession, AMemberGoesWithoutItsOwnSignature) {
  const v1::Charter previous = first_charter({"FR", "GB", "SE"});
  v1::Charter next = next_of(previous);
  remove_member(next, "SE");
  renew_keys(next);
  EXPECT_EQ("in force", verdict(previous, next, {"FR", "GB"}));
  EXPECT_EQ("too-few-signatures", verdict(previous, next, {"FR", "SE"}));
}

TEST(Succession, AMinorityCannotRemoveTheMajority) {
  const v1::Charter previous = first_charter(five);
  v1::Charter next = next_of(previous);
  for (const char* country : {"SE", "RO", "NG"}) remove_member(next, country);
  renew_keys(next);
  EXPECT_EQ("too-few-signatures", verdict(previous, next, {"FR", "GB"}));
  EXPECT_EQ("too-few-signatures", verdict(previous, next, {"FR", "GB", "SE", "RO", "NG"}));
}

TEST(Succession, UnanimityDoesNotGiveAVetoToTheMemberThatGoes) {
  v1::Charter previous = first_charter(five);
  previous.set_threshold(5);
  v1::Charter next = next_of(previous);
  EXPECT_EQ("too-few-signatures", verdict(previous, next, {"FR", "GB", "SE", "RO"}));
  remove_member(next, "NG");
  renew_keys(next);
  next.set_threshold(4);
  EXPECT_EQ("in force", verdict(previous, next, {"FR", "GB", "SE", "RO"}));
}

TEST(Succession, TheThresholdInForceCountsNotTheProposedOne) {
  const v1::Charter previous = first_charter(five);
  v1::Charter next = next_of(previous);
  next.set_threshold(1);
  EXPECT_EQ("too-few-signatures", verdict(previous, next, {"FR", "GB"}));
  ASSERT_EQ("in force", verdict(previous, next, {"FR", "GB", "SE"}));
  EXPECT_EQ("in force", verdict(next, next_of(next), {"FR"}));
}

TEST(Succession, NewMembersAndStrangersDoNotCount) {
  const v1::Charter previous = first_charter({"FR", "GB", "SE"});
  v1::Charter next = next_of(previous);
  add_member(next, "BR");
  EXPECT_EQ("too-few-signatures", verdict(previous, next, {"FR", "BR", "NG"}));
}

TEST(Succession, ALostStewardIsReplacedByTwoThirdsAndNothingElseChanges) {
  const v1::Charter previous = first_charter(five);
  v1::Charter next = next_of(previous);
  next.set_steward(bytes_of(id_of("GB").bytes));
  next.set_proposer(next.steward());
  EXPECT_EQ("in force", verdict(previous, next, {"GB", "SE", "RO", "NG"}));
  EXPECT_EQ("too-few-signatures", verdict(previous, next, {"GB", "SE", "RO"}));
  remove_member(next, "FR");
  renew_keys(next);
  EXPECT_EQ("in force", verdict(previous, next, {"GB", "SE", "RO", "NG"}));
  next.set_highest_tlp(3);
  EXPECT_EQ("steward-loss-widens", verdict(previous, next, {"GB", "SE", "RO", "NG"}));
}

TEST(Succession, AnotherStewardMustHaveAgreed) {
  const v1::Charter previous = first_charter(five);
  v1::Charter next = next_of(previous);
  next.set_steward(bytes_of(id_of("GB").bytes));
  EXPECT_EQ("new-steward-missing", verdict(previous, next, {"FR", "SE", "RO"}));
  EXPECT_EQ("in force", verdict(previous, next, {"FR", "GB", "SE"}));
}

TEST(Succession, AFirstCharterNeedsItsSteward) {
  const v1::Charter charter = first_charter({"FR", "GB"});
  EXPECT_FALSE(check_founding(signed_by(charter, {"FR"}).value()));
  EXPECT_EQ(Fault::steward_missing, check_founding(signed_by(charter, {"GB"}).value()));
}

// ---- terms

const NodeId fr = id_of("FR"), gb = id_of("GB"), se = id_of("SE");

TEST(Terms, WithoutARowNothingFlows) {
  v1::Charter charter = first_charter({"FR", "GB", "SE"});
  charter.clear_bases();
  for (const NodeId& from : {fr, gb, se})
    for (const NodeId& to : {fr, gb, se}) EXPECT_FALSE(may_flow(charter, from, to));
}

TEST(Terms, ARowCountsForItsPairItsDirectionAndItsPurposes) {
  v1::Charter charter = first_charter({"FR", "GB", "SE"});
  charter.clear_bases();
  auto* basis = charter.add_bases();
  basis->add_from(0);
  basis->add_to(1);
  basis->set_basis("invented treaty");
  basis->add_purposes("investigation");
  EXPECT_TRUE(may_flow(charter, fr, gb));
  EXPECT_FALSE(may_flow(charter, gb, fr));
  EXPECT_FALSE(may_flow(charter, fr, se));
  EXPECT_FALSE(may_flow(charter, fr, fr));
  EXPECT_TRUE(may_flow(charter, fr, gb, "investigation"));
  EXPECT_FALSE(may_flow(charter, fr, gb, "victim-identification"));
  EXPECT_FALSE(may_flow(charter, fr, gb, "immigration"));
}

/// Every change that a charter can make to another, with whether it widens.
const std::vector<std::pair<bool, std::function<void(v1::Charter&)>>>& all_changes() {
  static const std::vector<std::pair<bool, std::function<void(v1::Charter&)>>> changes{
      {true,
       [](auto& c) {
         add_member(c, "BR");
         let_all_exchange(c);
       }},
      {false,
       [](auto& c) {
         remove_member(c, "SE");
         renew_keys(c);
       }},
      {true, [](auto& c) { c.add_purposes("border"); }},
      {false, [](auto& c) { c.mutable_purposes()->RemoveLast(); }},
      {true, [](auto& c) { c.clear_purposes(); }},
      {true, [](auto& c) { c.set_highest_tlp(5); }},
      {false, [](auto& c) { c.set_highest_tlp(2); }},
      {true, [](auto& c) { c.set_retention_days(400); }},
      {false, [](auto& c) { c.set_retention_days(30); }},
      {true, [](auto& c) { c.set_live_locks_per_origin(2'000); }},
      {false, [](auto& c) { c.set_live_locks_per_origin(10); }},
      {false, [](auto& c) { c.add_identifier_types(1); }},
      {false, [](auto& c) { c.add_subject_roles(2); }},
      {false,
       [](auto& c) {
         auto* quota = c.add_quotas();
         quota->set_group(1);
         quota->set_per_day(16);
         quota->set_burst(16);
         quota->set_per_epoch(16);
       }},
      {false, [](auto& c) { c.clear_bases(); }},
      {false, [](auto& c) { c.mutable_bases(0)->add_purposes("investigation"); }},
      {false, [](auto& c) { c.mutable_bases(0)->mutable_to()->RemoveLast(); }},
      {false, [](auto& c) { c.set_threshold(3); }},
      {false, [](auto& c) { c.set_name("other"); }},
      {false, [](auto& c) { renew_keys(c); }},
  };
  return changes;
}

TEST(Terms, EachChangeIsSeenAsWideningOrNot) {
  const v1::Charter before = first_charter({"FR", "GB", "SE"});
  EXPECT_TRUE(differences(before, next_of(before)).empty());
  for (std::size_t i = 0; i < all_changes().size(); ++i) {
    const auto& [widening, change] = all_changes()[i];
    v1::Charter after = next_of(before);
    change(after);
    EXPECT_FALSE(differences(before, after).empty()) << i;
    EXPECT_EQ(widening, widens(before, after)) << i;
  }
}

std::vector<std::string> lines(const v1::Charter& before, const v1::Charter& after) {
  std::vector<std::string> out;
  for (const Difference& difference : differences(before, after))
    out.push_back((difference.widens    ? "+ "
                   : difference.narrows ? "- "
                                        : "= ") +
                  std::string(name_of(difference.kind)) + ": " + difference.from + " -> " +
                  difference.to);
  return out;
}

TEST(Terms, ADifferenceIsToldInNamesWithItsDirection) {
  const v1::Charter before = first_charter({"FR", "GB", "SE"});
  v1::Charter after = next_of(before);
  after.set_name("other");
  after.set_highest_tlp(2);
  after.set_retention_days(400);
  after.add_identifier_types(1);
  after.add_identifier_types(3);
  after.add_subject_roles(1);
  auto* quota = after.add_quotas();
  quota->set_group(2);
  quota->set_per_day(16);
  quota->set_burst(16);
  quota->set_per_epoch(16);
  EXPECT_EQ((std::vector<std::string>{
                "= name-changed: test -> other", "- tlp-changed: TLP:AMBER+STRICT -> TLP:GREEN",
                "+ retention-changed: 365 days -> 400 days",
                "- types-changed: all -> " + std::string(name_of(*identifier_type(1))) + ", " +
                    std::string(name_of(*identifier_type(3))),
                "- roles-changed: all -> " + role_name(1),
                "- quota-changed: g2: each origin's own -> g2: 16 a day, burst 16, 16 an epoch"}),
            lines(before, after));
  EXPECT_EQ("recruiter", role_name(v1::SUBJECT_ROLE_RECRUITER));
}

TEST(Terms, ARowThatOnlySaysAnewWhatAnotherAllowsIsNoNarrowing) {
  const v1::Charter before = first_charter({"FR", "GB", "SE"});
  v1::Charter narrower = next_of(before);
  narrower.mutable_bases(0)->mutable_to()->RemoveLast();
  EXPECT_EQ((std::vector<std::string>{
                "= basis-added:  -> all members to FR, GB: invented treaty (all purposes)",
                "- basis-removed: all members to all members: invented treaty (all purposes) -> "}),
            lines(before, narrower));
  EXPECT_EQ((std::vector<std::string>{
                "+ basis-added:  -> all members to all members: invented treaty (all purposes)",
                "= basis-removed: all members to FR, GB: invented treaty (all purposes) -> "}),
            lines(narrower, before));
}

TEST(Terms, TakingARestrictionBackWidens) {
  const v1::Charter before = first_charter({"FR", "GB", "SE"});
  for (std::size_t i = 0; i < all_changes().size(); ++i) {
    const auto& [widening, change] = all_changes()[i];
    v1::Charter restricted = next_of(before);
    change(restricted);
    const bool neutral = i + 3 >= all_changes().size();  // threshold, name, keys
    EXPECT_EQ(!widening && !neutral, widens(restricted, before) && !widening) << i;
  }
}

/// Does `inner` allow nothing that `outer` does not?
bool is_within(const v1::Charter& inner, const v1::Charter& outer) {
  for (const NodeId& from : {fr, gb, se, id_of("BR")})
    for (const NodeId& to : {fr, gb, se, id_of("BR")})
      for (const char* purpose : {"investigation", "victim-identification", "border"})
        if (may_flow(inner, from, to, purpose) && !may_flow(outer, from, to, purpose)) return false;
  const auto allows_type = [](const v1::Charter& c, std::uint32_t type) {
    const auto& types = c.identifier_types();
    return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
  };
  for (std::uint32_t type = 1; type <= 12; ++type)
    if (inner.members_size() > 0 && allows_type(inner, type) && !allows_type(outer, type))
      return false;
  return inner.highest_tlp() <= outer.highest_tlp() &&
         inner.retention_days() <= outer.retention_days() &&
         inner.live_locks_per_origin() <= outer.live_locks_per_origin();
}

TEST(Terms, WhatBothAllowNeverAllowsMoreThanEither) {
  const v1::Charter base = first_charter({"FR", "GB", "SE"});
  for (const auto& [widens_one, one] : all_changes())
    for (const auto& [widens_other, other] : all_changes()) {
      v1::Charter accepted = base, newest = next_of(base);
      one(accepted);
      other(newest);
      const v1::Charter both = strictest(newest, accepted);
      EXPECT_TRUE(is_within(both, accepted));
      EXPECT_TRUE(is_within(both, newest));
    }
}

TEST(Terms, OfTheSameCharterNothingIsLost) {
  const v1::Charter charter = first_charter({"FR", "GB", "SE"});
  EXPECT_EQ(charter.SerializeAsString(), strictest(charter, charter).SerializeAsString());
}

}  // namespace
}  // namespace bakhita
