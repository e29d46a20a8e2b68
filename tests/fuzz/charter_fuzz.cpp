// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a charter's package and as an acceptance; then as the charter in a package, signed
// by its steward, and as what follows another.
#include "protocol/community/charter.h"

#include <set>

#include "protocol/community/succession.h"
#include "protocol/community/terms.h"
#include "tests/fuzz/signing.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {
namespace {

void open(ByteView bytes) {
  const auto package = open_package(bytes);
  if (!package) return;
  const v1::Charter& charter = package->charter;
  std::set<std::string> members;
  for (const v1::Member& member : charter.members()) {
    const NodeId node = node_of(member);
    require(names_member(charter, node) && members.insert(member.node()).second);
    require(!may_flow(charter, node, node));
  }
  require(members.contains(charter.steward()));
  require(differences(charter, charter).empty() && !widens(charter, charter));
  check_founding(*package);
  require(check_succession(charter, package->hash, *package).has_value());  // of itself
  const auto again = open_package(package->serialise());
  require(again && again->hash == package->hash &&
          again->signers.size() == package->signers.size());
}

void open_signed(const v1::Charter& charter) {
  v1::SignedCharter package = make_package(charter);
  add_signature(package, {public_key()}, sign);
  open(as_bytes(package.SerializeAsString()));
}

}  // namespace

void fuzz(ByteView input) {
  const int size = static_cast<int>(input.size());
  open(input);
  v1::Acceptance acceptance;
  if (acceptance.ParseFromArray(input.data(), size)) is_valid(acceptance);
  v1::Charter charter;
  if (!charter.ParseFromArray(input.data(), size)) return;
  charter.set_steward(public_key_text());
  open_signed(charter);
  charter.mutable_community()->resize(16);
  charter.mutable_key_commitment()->resize(32);
  charter.set_proposer(public_key_text());
  if (charter.members_size() > 0) charter.mutable_members(0)->set_node(public_key_text());
  for (auto& member : *charter.mutable_members()) {
    member.mutable_card_hash()->resize(32);
    member.mutable_encryption_key()->resize(32);
  }
  open_signed(charter);
}

}  // namespace bakhita::fuzzing
