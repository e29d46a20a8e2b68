// SPDX-License-Identifier: EUPL-1.2
#include "protocol/community/charter.h"

#include <algorithm>
#include <set>

#include "protocol/characters.h"
#include "protocol/feed/merkle.h"
#include "protocol/identifier/identifier.h"
#include "protocol/session/wire.h"

namespace bakhita {
namespace {

constexpr std::string_view accept_prefix = "bakhita/1/accept";
constexpr std::string_view leave_prefix = "bakhita/1/leave";
constexpr std::size_t name_size_max = 64, purpose_size_max = 64, basis_size_max = 256;
constexpr int purposes_max = 32, types_max = 32, roles_max = 32;
constexpr std::uint32_t tlp_max = 5, retention_days_max = 20 * 366;
/// Members that sign, and those of the charter before that no longer are members.
constexpr int signatures_max = 2 * charter_members_max;

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

Bytes signed_bytes(std::string_view prefix, ByteView charter_hash, ByteView node) {
  return ByteWriter().text(prefix).raw(charter_hash).raw(node).take();
}

bool is_line(std::string_view text, std::size_t size_max) {
  return !text.empty() && text.size() <= size_max && is_printable(text);
}

bool are_purposes(const google::protobuf::RepeatedPtrField<std::string>& purposes) {
  const std::set<std::string> distinct(purposes.begin(), purposes.end());
  return purposes.size() <= purposes_max &&
         distinct.size() == static_cast<std::size_t>(purposes.size()) &&
         std::ranges::all_of(purposes, [](const auto& p) { return is_line(p, purpose_size_max); });
}

bool are_ascending(const google::protobuf::RepeatedField<std::uint32_t>& values) {
  return std::ranges::adjacent_find(values, std::ranges::greater_equal()) == values.end();
}

std::optional<CharterFault> check_members(const v1::Charter& charter) {
  if (charter.members_size() < 2 || charter.members_size() > charter_members_max)
    return CharterFault::bad_members;
  std::set<std::string> nodes, countries;
  for (const v1::Member& member : charter.members()) {
    if (member.node().size() != 32 || member.card_hash().size() != 32 ||
        member.encryption_key().size() != 32 || !is_line(member.country(), 16))
      return CharterFault::bad_members;
    if (!nodes.insert(member.node()).second || !countries.insert(member.country()).second)
      return CharterFault::repeated_member;
  }
  if (!nodes.contains(charter.steward()) || !nodes.contains(charter.proposer()))
    return CharterFault::steward_no_member;
  return std::nullopt;
}

bool has_valid_rules(const v1::Charter& charter) {
  if (charter.highest_tlp() < 1 || charter.highest_tlp() > tlp_max) return false;
  if (charter.retention_days() < 1 || charter.retention_days() > retention_days_max) return false;
  if (charter.live_locks_per_origin() < 1 || !are_purposes(charter.purposes())) return false;
  if (charter.identifier_types_size() > types_max || charter.subject_roles_size() > roles_max ||
      !are_ascending(charter.identifier_types()) || !are_ascending(charter.subject_roles()))
    return false;
  for (std::uint32_t type : charter.identifier_types())
    if (!identifier_type(static_cast<int>(type))) return false;
  std::uint32_t group = 0;
  for (const v1::QuotaCeiling& quota : charter.quotas())
    if (quota.group() != 1 && quota.group() != 2)
      return false;
    else if (std::exchange(group, quota.group()) >= quota.group())
      return false;
  return true;
}

bool is_basis(const v1::LegalBasis& basis, const v1::Charter& charter) {
  const auto members = static_cast<std::uint32_t>(charter.members_size());
  const auto are_places = [&](const auto& places) {
    return !places.empty() && are_ascending(places) && *places.rbegin() < members;
  };
  return is_line(basis.basis(), basis_size_max) && are_purposes(basis.purposes()) &&
         are_places(basis.from()) && are_places(basis.to());
}

v1::Acceptance sign_statement(std::string_view prefix, const Hash& charter, const NodeId& node,
                              const Sign& sign) {
  v1::Acceptance out;
  out.set_charter_hash(text(charter));
  out.set_node(text(node.bytes));
  out.set_signature(text(sign(signed_bytes(prefix, charter, node.bytes))));
  return out;
}

/// Nothing, or the fault; fills in who signed.
std::optional<CharterFault> check_signatures(CharterPackage& package, const SignatureCheck& check) {
  if (package.signed_charter.signatures_size() > signatures_max) return CharterFault::too_large;
  std::set<NodeId> distinct;
  for (const v1::Acceptance& acceptance : acceptances_in(package.signed_charter)) {
    if (!is_valid(acceptance, check)) return CharterFault::bad_signature;
    const NodeId node{to_array<32>(as_bytes(acceptance.node())).value()};
    if (!distinct.insert(node).second) return CharterFault::repeated_signature;
    package.signers.push_back(node);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(CharterFault fault) {
  static constexpr std::string_view names[] = {
      "too-large",         "malformed",           "bad-name",
      "bad-epoch",         "bad-members",         "repeated-member",
      "steward-no-member", "bad-rules",           "bad-threshold",
      "bad-basis",         "bad-commitment",      "repeated-signature",
      "bad-signature",     "other-community",     "wrong-epoch",
      "wrong-previous",    "key-epoch-not-risen", "key-epoch-wrong",
      "secret-kept",       "secret-changed",      "former-keys-kept",
      "steward-missing",   "steward-loss-widens", "new-steward-missing",
      "proposer-missing",  "too-few-signatures"};
  return names[static_cast<std::size_t>(fault)];
}

std::string_view describe(CharterFault fault) {
  switch (fault) {
    case CharterFault::too_large:
      return "it is larger than a charter may be";
    case CharterFault::malformed:
      return "it is no charter that this version can read";
    case CharterFault::bad_name:
      return "its name must have 1 to 64 printable bytes";
    case CharterFault::bad_epoch:
      return "its epoch, key epoch and the hash of the one before do not fit together";
    case CharterFault::bad_members:
      return "it needs 2 to 500 members, each with node, card, country and encryption key";
    case CharterFault::repeated_member:
      return "it names a node or a country twice";
    case CharterFault::steward_no_member:
      return "its steward or proposer is no member";
    case CharterFault::bad_rules:
      return "its TLP, retention, ceilings, types, roles, quotas or purposes are out of range";
    case CharterFault::bad_threshold:
      return "its threshold is higher than the number of members";
    case CharterFault::bad_basis:
      return "one of its legal bases has no text, or is about nobody";
    case CharterFault::bad_commitment:
      return "it does not commit to a secret of the community";
    case CharterFault::repeated_signature:
      return "a node signed it twice";
    case CharterFault::bad_signature:
      return "a signature under it does not verify";
    case CharterFault::other_community:
      return "it is of another community";
    case CharterFault::wrong_epoch:
      return "it is not of the next epoch";
    case CharterFault::wrong_previous:
      return "it does not follow the charter that is in force";
    case CharterFault::key_epoch_not_risen:
      return "it removes a member without new keys";
    case CharterFault::key_epoch_wrong:
      return "its key epoch is neither the one in force nor the next";
    case CharterFault::secret_kept:
      return "it has new keys with the old secret";
    case CharterFault::secret_changed:
      return "it changes the secret without a new key epoch";
    case CharterFault::former_keys_kept:
      return "it removes a member, but lets lookups under the old keys go on";
    case CharterFault::steward_missing:
      return "the steward did not sign it";
    case CharterFault::steward_loss_widens:
      return "it replaces a lost steward, and must change nothing else";
    case CharterFault::new_steward_missing:
      return "its new steward did not sign it";
    case CharterFault::proposer_missing:
      return "its proposer did not sign it";
    case CharterFault::too_few_signatures:
      return "too few of the members that stay have signed it";
  }
  return "unknown";
}

void throw_exception_from_error(CharterFault fault, const boost::source_location&) {
  throw std::logic_error(std::string(describe(fault)));
}

bool CharterPackage::is_signed_by(const NodeId& node) const {
  return std::ranges::find(signers, node) != signers.end();
}

Bytes CharterPackage::serialise() const {
  return to_bytes(as_bytes(signed_charter.SerializeAsString()));
}

std::optional<CharterFault> check_charter(const v1::Charter& charter) {
  if (charter.community().size() != 16) return CharterFault::malformed;
  if (!is_line(charter.name(), name_size_max)) return CharterFault::bad_name;
  if (charter.epoch() < 1 || charter.previous().size() != (charter.epoch() == 1 ? 0u : 32u) ||
      charter.key_epoch() < 1 || charter.key_epoch() > charter.epoch())
    return CharterFault::bad_epoch;
  if (const auto fault = check_members(charter)) return fault;
  if (!has_valid_rules(charter)) return CharterFault::bad_rules;
  if (charter.threshold() > static_cast<std::uint32_t>(charter.members_size()))
    return CharterFault::bad_threshold;
  if (charter.bases_size() > charter_bases_max ||
      !std::ranges::all_of(charter.bases(), [&](const auto& b) { return is_basis(b, charter); }))
    return CharterFault::bad_basis;
  if (charter.key_commitment().size() != 32) return CharterFault::bad_commitment;
  return std::nullopt;
}

v1::SignedCharter make_package(const v1::Charter& charter) {
  v1::SignedCharter out;
  out.set_charter(charter.SerializeAsString());
  return out;
}

void add_signature(v1::SignedCharter& package, const NodeId& node, const Sign& sign) {
  for (const v1::CharterSignature& known : package.signatures())
    if (known.node() == as_text(node.bytes)) return;
  v1::CharterSignature* signature = package.add_signatures();
  signature->set_node(text(node.bytes));
  signature->set_signature(
      text(sign(signed_bytes(accept_prefix, charter_hash(package), node.bytes))));
}

CharterResult<CharterPackage> open_package(ByteView package, const SignatureCheck& check) {
  if (package.size() > package_size_max) return CharterFault::too_large;
  const auto outer = session::parse<v1::SignedCharter>(package);
  if (!outer) return CharterFault::malformed;
  CharterPackage out;
  out.signed_charter = *outer;
  const std::string& bytes = out.signed_charter.charter();
  if (bytes.size() > charter_size_max) return CharterFault::too_large;
  const auto charter = session::parse<v1::Charter>(as_bytes(bytes));
  if (!charter) return CharterFault::malformed;
  out.charter = *charter;
  // What this version does not know it cannot obey.
  out.charter.DiscardUnknownFields();
  if (out.charter.SerializeAsString() != bytes) return CharterFault::malformed;
  if (const auto fault = check_charter(out.charter)) return *fault;
  out.hash = charter_hash(out.signed_charter);
  if (const auto fault = check_signatures(out, check)) return *fault;
  return out;
}

v1::SignedCharter merged(const v1::SignedCharter& one, const v1::SignedCharter& other) {
  v1::SignedCharter out = one;
  std::set<std::string> signers, holders;
  for (const auto& signature : one.signatures()) signers.insert(signature.node());
  for (const auto& secret : one.secrets()) holders.insert(secret.node());
  for (const auto& signature : other.signatures())
    if (signers.insert(signature.node()).second) *out.add_signatures() = signature;
  for (const auto& secret : other.secrets())
    if (holders.insert(secret.node()).second) *out.add_secrets() = secret;
  return out;
}

Hash charter_hash(const v1::SignedCharter& signed_charter) {
  return sha256(as_bytes(signed_charter.charter()));
}

Hash commit_to_secret(ByteView secret) {
  return sha256(ByteWriter().text("bakhita/1/community-secret").raw(secret).view());
}

bool names_member(const v1::Charter& charter, const NodeId& node) {
  return place_of(charter, node).has_value();
}

std::optional<std::uint32_t> place_of(const v1::Charter& charter, const NodeId& node) {
  for (int i = 0; i < charter.members_size(); ++i)
    if (charter.members(i).node() == as_text(node.bytes)) return static_cast<std::uint32_t>(i);
  return std::nullopt;
}

NodeId node_of(const v1::Member& member) {
  return {to_array<32>(as_bytes(member.node())).value_or(ByteArray<32>{})};
}

NodeId steward_of(const v1::Charter& charter) {
  return {to_array<32>(as_bytes(charter.steward())).value_or(ByteArray<32>{})};
}

v1::Acceptance make_acceptance(const Hash& charter, const NodeId& node, const Sign& sign) {
  return sign_statement(accept_prefix, charter, node, sign);
}

v1::Acceptance make_departure(const Hash& charter, const NodeId& node, const Sign& sign) {
  v1::Acceptance out = sign_statement(leave_prefix, charter, node, sign);
  out.set_leaves(true);
  return out;
}

std::vector<v1::Acceptance> acceptances_in(const v1::SignedCharter& package) {
  const std::string hash = text(charter_hash(package));
  std::vector<v1::Acceptance> out;
  for (const v1::CharterSignature& signature : package.signatures()) {
    v1::Acceptance& acceptance = out.emplace_back();
    acceptance.set_charter_hash(hash);
    acceptance.set_node(signature.node());
    acceptance.set_signature(signature.signature());
  }
  return out;
}

bool is_valid(const v1::Acceptance& acceptance, const SignatureCheck& check) {
  const auto node = to_array<32>(as_bytes(acceptance.node()));
  const auto signature = to_array<64>(as_bytes(acceptance.signature()));
  if (!node || !signature || acceptance.charter_hash().size() != 32) return false;
  return check(signed_bytes(acceptance.leaves() ? leave_prefix : accept_prefix,
                            as_bytes(acceptance.charter_hash()), *node),
               *signature, *node);
}

}  // namespace bakhita
