// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a signed charter and as an acceptance; then as the charter in one, signed by its
// steward.
#include "protocol/community/charter.h"

#include <set>

#include "tests/fuzz/signing.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {
namespace {

void open(const v1::SignedCharter& signed_charter) {
  const auto charter = open_charter(signed_charter);
  charter_hash(signed_charter);
  if (!charter) return;
  std::set<std::string> members;
  for (const v1::Member& member : charter->members()) {
    const auto node = to_array<32>(as_bytes(member.node()));
    require(node && names_member(*charter, {*node}) && members.insert(member.node()).second);
  }
  require(members.contains(charter->steward()));
}

}  // namespace

void fuzz(ByteView input) {
  const int size = static_cast<int>(input.size());
  v1::SignedCharter signed_charter;
  if (signed_charter.ParseFromArray(input.data(), size)) open(signed_charter);
  v1::Acceptance acceptance;
  if (acceptance.ParseFromArray(input.data(), size)) is_valid(acceptance);
  v1::Charter charter;
  if (!charter.ParseFromArray(input.data(), size)) return;
  charter.set_steward(public_key_text());
  open(make_charter(charter, sign));
  charter.mutable_community()->resize(16);
  if (charter.members_size() > 0) charter.mutable_members(0)->set_node(public_key_text());
  for (auto& member : *charter.mutable_members()) member.mutable_card_hash()->resize(32);
  open(make_charter(charter, sign));
}

}  // namespace bakhita::fuzzing
