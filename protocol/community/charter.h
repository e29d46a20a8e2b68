// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <vector>

#include "protocol/community/card.h"

/// Charters: the rules of a community at an epoch, with the signatures of its members. Whether one
/// follows another is in succession.h, what it allows in terms.h.
namespace bakhita {

/// Charter and package each fit a frame of a session with room to spare; 500 members take 230 KiB.
inline constexpr std::size_t charter_size_max = 120 * 1024;
inline constexpr std::size_t package_size_max = 250 * 1024;
inline constexpr int charter_members_max = 500;
inline constexpr int charter_bases_max = 2'048;

/// Why a charter is not valid, or does not follow the one before it. The first that applies.
enum class CharterFault : std::uint8_t {
  too_large,           ///< over charter_size_max or package_size_max
  malformed,           ///< no charter, or one with fields that this version does not know
  bad_name,            ///< not 1 to 64 printable bytes
  bad_epoch,           ///< epoch, key epoch and the hash of the one before do not fit together
  bad_members,         ///< fewer than 2, more than charter_members_max, or one of them malformed
  repeated_member,     ///< a node, or a country, is named twice
  steward_no_member,   ///< the steward or the proposer is no member
  bad_rules,           ///< TLP, retention, ceilings, types, roles, quotas or purposes out of range
  bad_threshold,       ///< more signatures than there are members
  bad_basis,           ///< a legal basis without text, or about places that no member has
  bad_commitment,      ///< no commitment to the community's secret
  repeated_signature,  ///< one node signed twice
  bad_signature,       ///< a signature does not verify
  // Of a succession:
  other_community,      ///< of another community
  wrong_epoch,          ///< not the next epoch
  wrong_previous,       ///< does not name the charter before by its hash
  key_epoch_not_risen,  ///< a member was removed, but the keys stay
  key_epoch_wrong,      ///< keys rose by more than one, or fell
  secret_kept,          ///< a new key epoch with the old secret
  secret_changed,       ///< a new secret without a new key epoch
  former_keys_kept,     ///< a member was removed, but lookups under the old keys would go on
  steward_missing,      ///< the steward in force did not sign
  steward_loss_widens,  ///< replaces a lost steward and changes other things, too
  new_steward_missing,  ///< the new steward did not sign
  proposer_missing,     ///< the proposer did not sign
  too_few_signatures,   ///< of members that stay
};

/// A stable name for scripts, and a sentence for people.
std::string_view name_of(CharterFault fault);
std::string_view describe(CharterFault fault);
[[noreturn]] void throw_exception_from_error(CharterFault fault, const boost::source_location&);

template <class T>
using CharterResult = boost::system::result<T, CharterFault>;

/// A charter as it came, with those whose signatures under it are valid.
struct CharterPackage {
  v1::SignedCharter signed_charter;
  v1::Charter charter;
  Hash hash{};
  std::vector<NodeId> signers;

  bool is_signed_by(const NodeId& node) const;
  Bytes serialise() const;
};

/// The charter's own fields; nothing if they are valid.
std::optional<CharterFault> check_charter(const v1::Charter& charter);
/// Serialises once; signatures and secrets are added to the result.
v1::SignedCharter make_package(const v1::Charter& charter);
/// Signs as a member: the yes that the succession counts.
void add_signature(v1::SignedCharter& package, const NodeId& node, const Sign& sign);
/// Parses strictly, and checks the charter and every signature under it.
CharterResult<CharterPackage> open_package(ByteView package,
                                           const SignatureCheck& check = verify_ed25519);
/// Signatures and secrets of both; of the same charter.
v1::SignedCharter merged(const v1::SignedCharter& one, const v1::SignedCharter& other);

Hash charter_hash(const v1::SignedCharter& signed_charter);
/// What a charter says of its secret, so that nobody can hand out another one.
Hash commit_to_secret(ByteView secret);
bool names_member(const v1::Charter& charter, const NodeId& node);
/// Place in Charter.members.
std::optional<std::uint32_t> place_of(const v1::Charter& charter, const NodeId& node);
NodeId node_of(const v1::Member& member);
NodeId steward_of(const v1::Charter& charter);

v1::Acceptance make_acceptance(const Hash& charter, const NodeId& node, const Sign& sign);
/// The member leaves: nobody serves it or asks it any more, and its removal is to be proposed.
v1::Acceptance make_departure(const Hash& charter, const NodeId& node, const Sign& sign);
/// The signatures under a charter are acceptances of it.
std::vector<v1::Acceptance> acceptances_in(const v1::SignedCharter& package);
/// The node named in it signed it by its identity key.
bool is_valid(const v1::Acceptance& acceptance, const SignatureCheck& check = verify_ed25519);

}  // namespace bakhita
