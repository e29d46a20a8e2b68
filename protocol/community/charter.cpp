// SPDX-License-Identifier: EUPL-1.2
#include "protocol/community/charter.h"

#include <set>

#include "protocol/feed/merkle.h"

namespace bakhita {
namespace {

Bytes signed_bytes(std::string_view charter) {
  return ByteWriter().text("bakhita/1/charter").raw(as_bytes(charter)).take();
}

Bytes accepted_bytes(ByteView charter_hash, ByteView node) {
  return ByteWriter().text("bakhita/1/accept").raw(charter_hash).raw(node).take();
}

bool has_valid_fields(const v1::Charter& charter) {
  if (charter.community().size() != 16 || charter.steward().size() != 32 || charter.epoch() < 1)
    return false;
  if (charter.name().empty() || charter.name().size() > 64 || charter.purposes_size() > 32)
    return false;
  if (charter.members_size() < 2 || charter.members_size() > charter_members_max) return false;
  if (charter.previous().size() != (charter.epoch() == 1 ? 0u : 32u)) return false;
  if (charter.highest_tlp() < 1 || charter.highest_tlp() > 5) return false;
  std::set<std::string> distinct;
  for (const v1::Member& member : charter.members()) {
    if (member.node().size() != 32 || member.card_hash().size() != 32 ||
        member.country().size() > 16)
      return false;
    if (!distinct.insert(member.node()).second) return false;
  }
  return distinct.contains(charter.steward());
}

}  // namespace

v1::SignedCharter make_charter(const v1::Charter& charter, const Sign& steward_sign) {
  v1::SignedCharter out;
  out.set_charter(charter.SerializeAsString());
  auto* signature = out.add_signatures();
  signature->set_node(charter.steward());
  signature->set_signature(std::string(as_text(steward_sign(signed_bytes(out.charter())))));
  return out;
}

Result<v1::Charter> open_charter(const v1::SignedCharter& signed_charter) {
  v1::Charter charter;
  if (signed_charter.charter().size() > charter_size_max) return Error::too_large;
  if (!charter.ParseFromString(signed_charter.charter()) || !has_valid_fields(charter))
    return Error::malformed;
  const auto steward = to_array<32>(as_bytes(charter.steward()));
  for (const v1::CharterSignature& signature : signed_charter.signatures()) {
    const auto bytes = to_array<64>(as_bytes(signature.signature()));
    if (signature.node() == charter.steward() && bytes &&
        verify_ed25519(signed_bytes(signed_charter.charter()), *bytes, *steward))
      return charter;
  }
  return Error::bad_signature;
}

Hash charter_hash(const v1::SignedCharter& signed_charter) {
  return sha256(as_bytes(signed_charter.charter()));
}

bool names_member(const v1::Charter& charter, const NodeId& node) {
  for (const v1::Member& member : charter.members())
    if (as_bytes(member.node()).size() == 32 &&
        std::equal(node.bytes.begin(), node.bytes.end(), as_bytes(member.node()).begin()))
      return true;
  return false;
}

v1::Acceptance make_acceptance(const Hash& charter, const NodeId& node, const Sign& sign) {
  v1::Acceptance out;
  out.set_charter_hash(std::string(as_text(charter)));
  out.set_node(std::string(as_text(node.bytes)));
  out.set_signature(std::string(as_text(sign(accepted_bytes(charter, node.bytes)))));
  return out;
}

bool is_valid(const v1::Acceptance& acceptance) {
  const auto node = to_array<32>(as_bytes(acceptance.node()));
  const auto signature = to_array<64>(as_bytes(acceptance.signature()));
  if (!node || !signature || acceptance.charter_hash().size() != 32) return false;
  return verify_ed25519(accepted_bytes(as_bytes(acceptance.charter_hash()), *node), *signature,
                        *node);
}

}  // namespace bakhita
