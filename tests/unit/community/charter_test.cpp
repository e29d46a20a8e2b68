// SPDX-License-Identifier: EUPL-1.2
#include "protocol/community/charter.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/community/charters.h"

namespace bakhita {
namespace {

using namespace testing_support;
using Fault = CharterFault;

TEST(Charter, AWellMadeOneOpensWithItsSigners) {
  const auto package = signed_by(first_charter({"FR", "GB", "SE"}), {"FR", "SE"});
  ASSERT_TRUE(package);
  EXPECT_TRUE(package->is_signed_by(id_of("FR")));
  EXPECT_FALSE(package->is_signed_by(id_of("GB")));
}

TEST(Charter, AnySingleInvalidFieldIsRefusedWithItsOwnReason) {
  const std::vector<std::pair<Fault, std::function<void(v1::Charter&)>>> changes{
      {Fault::malformed, [](auto& c) { c.set_community("short"); }},
      {Fault::bad_name, [](auto& c) { c.set_name(""); }},
      {Fault::bad_name, [](auto& c) { c.set_name("line\nend"); }},
      {Fault::bad_epoch, [](auto& c) { c.set_epoch(0); }},
      {Fault::bad_epoch, [](auto& c) { c.set_previous(std::string(32, 'p')); }},
      {Fault::bad_epoch, [](auto& c) { c.set_key_epoch(2); }},
      {Fault::bad_epoch, [](auto& c) { c.set_key_epoch(0); }},
      {Fault::bad_members, [](auto& c) { c.mutable_members(1)->set_node("short"); }},
      {Fault::bad_members, [](auto& c) { c.mutable_members(1)->set_encryption_key(""); }},
      {Fault::bad_members, [](auto& c) { c.mutable_members()->DeleteSubrange(1, 2); }},
      {Fault::repeated_member, [](auto& c) { c.mutable_members(2)->set_country("GB"); }},
      {Fault::repeated_member,
       [](auto& c) { c.mutable_members(2)->set_node(c.members(1).node()); }},
      {Fault::steward_no_member, [](auto& c) { c.set_steward(std::string(32, 's')); }},
      {Fault::steward_no_member, [](auto& c) { c.set_proposer(""); }},
      {Fault::bad_rules, [](auto& c) { c.set_highest_tlp(6); }},
      {Fault::bad_rules, [](auto& c) { c.set_retention_days(0); }},
      {Fault::bad_rules, [](auto& c) { c.set_live_locks_per_origin(0); }},
      {Fault::bad_rules, [](auto& c) { c.add_purposes("investigation"); }},
      {Fault::bad_rules, [](auto& c) { c.add_identifier_types(99); }},
      {Fault::bad_rules, [](auto& c) { c.add_quotas()->set_group(3); }},
      {Fault::bad_threshold, [](auto& c) { c.set_threshold(4); }},
      {Fault::bad_basis, [](auto& c) { c.mutable_bases(0)->set_basis(""); }},
      {Fault::bad_basis, [](auto& c) { c.mutable_bases(0)->add_to(3); }},
      {Fault::bad_basis, [](auto& c) { c.mutable_bases(0)->clear_from(); }},
      {Fault::bad_commitment, [](auto& c) { c.clear_key_commitment(); }},
  };
  const v1::Charter valid = first_charter({"FR", "GB", "SE"});
  for (const auto& [fault, change] : changes) {
    v1::Charter charter = valid;
    change(charter);
    EXPECT_EQ(name_of(fault), check_charter(charter) ? name_of(*check_charter(charter)) : "valid");
  }
}

TEST(Charter, ASignatureOfAnotherCharterOrNodeIsRefused) {
  const v1::Charter charter = first_charter({"FR", "GB"});
  v1::SignedCharter package = make_package(charter);
  add_signature(package, id_of("FR"), signer("GB"));
  EXPECT_EQ(Fault::bad_signature, open_package(as_bytes(package.SerializeAsString())).error());

  v1::SignedCharter other = make_package(charter);
  add_signature(other, id_of("FR"), signer("FR"));
  v1::Charter changed = charter;
  changed.set_highest_tlp(5);
  other.set_charter(changed.SerializeAsString());
  EXPECT_EQ(Fault::bad_signature, open_package(as_bytes(other.SerializeAsString())).error());
}

TEST(Charter, ASecondSignatureOfANodeIsRefused) {
  v1::SignedCharter package = make_package(first_charter({"FR", "GB"}));
  add_signature(package, id_of("FR"), signer("FR"));
  *package.add_signatures() = package.signatures(0);
  EXPECT_EQ(Fault::repeated_signature, open_package(as_bytes(package.SerializeAsString())).error());
}

TEST(Charter, BytesThatItDoesNotKnowAreRefusedWhereverTheyStand) {
  v1::SignedCharter package = make_package(first_charter({"FR", "GB"}));
  package.set_charter(package.charter() + std::string("\xf8\x06\x01", 3));
  EXPECT_EQ(Fault::malformed, open_package(as_bytes(package.SerializeAsString())).error());
  EXPECT_EQ(Fault::malformed, open_package(as_bytes("no charter")).error());
  EXPECT_EQ(Fault::too_large, open_package(Bytes(package_size_max + 1)).error());
}

TEST(Charter, FiveHundredMembersWithAllSignaturesAndSecretsFitAFrame) {
  std::vector<std::string> countries;
  for (int i = 0; i < charter_members_max; ++i)
    countries.push_back(
        {'X', static_cast<char>('A' + i / 26 % 26), static_cast<char>('A' + i % 26)});
  v1::SignedCharter package = make_package(first_charter(countries));
  for (const std::string& country : countries) {
    auto* signature = package.add_signatures();
    signature->set_node(bytes_of(id_of(country).bytes));
    signature->set_signature(std::string(64, 's'));
    auto* secret = package.add_secrets();
    secret->set_node(bytes_of(id_of(country).bytes));
    secret->set_sealed(std::string(80, 's'));
  }
  EXPECT_LE(package.charter().size(), charter_size_max);
  EXPECT_LE(package.ByteSizeLong(), package_size_max);
}

TEST(Charter, ADepartureIsNoAcceptance) {
  const Hash hash = sha256(as_bytes("charter"));
  v1::Acceptance departure = make_departure(hash, id_of("FR"), signer("FR"));
  EXPECT_TRUE(is_valid(departure));
  departure.set_leaves(false);
  EXPECT_FALSE(is_valid(departure));
}

}  // namespace
}  // namespace bakhita
