// SPDX-License-Identifier: EUPL-1.2
#include "protocol/community/succession.h"

#include <algorithm>

#include "protocol/community/terms.h"

namespace bakhita {
namespace {

std::uint32_t removed_members(const v1::Charter& previous, const v1::Charter& next) {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      previous.members(),
      [&](const v1::Member& member) { return !names_member(next, node_of(member)); }));
}

std::optional<CharterFault> check_keys(const v1::Charter& previous, const v1::Charter& next) {
  const bool removes = removed_members(previous, next) > 0;
  const bool rises = next.key_epoch() == previous.key_epoch() + 1;
  if (!rises && next.key_epoch() != previous.key_epoch()) return CharterFault::key_epoch_wrong;
  if (removes && !rises) return CharterFault::key_epoch_not_risen;
  const bool same_secret = next.key_commitment() == previous.key_commitment();
  if (rises && same_secret) return CharterFault::secret_kept;
  if (!rises && !same_secret) return CharterFault::secret_changed;
  if (removes && next.former_keys_until_day() != 0) return CharterFault::former_keys_kept;
  return std::nullopt;
}

/// A lost steward may go or stay a member; nothing else may change.
bool only_replaces_steward(const v1::Charter& previous, const v1::Charter& next) {
  if (next.steward() == previous.steward()) return false;
  return std::ranges::all_of(differences(previous, next), [&](const Difference& difference) {
    using Kind = Difference::Kind;
    const NodeId lost = steward_of(previous);
    if (difference.kind == Kind::member_removed) return difference.node == lost;
    // Rows about the lost steward go with it.
    if (difference.kind == Kind::basis_removed || difference.kind == Kind::basis_added)
      return !difference.widens && !names_member(next, lost);
    return difference.kind == Kind::steward_changed || difference.kind == Kind::keys_renewed;
  });
}

}  // namespace

std::uint32_t required_signatures(const v1::Charter& previous, const v1::Charter& next) {
  const auto members = static_cast<std::uint32_t>(previous.members_size());
  const std::uint32_t majority = members / 2 + 1;
  const std::uint32_t wanted = previous.threshold() == 0 ? majority : previous.threshold();
  if (wanted <= majority) return wanted;
  return std::max(majority, std::min(wanted, members - removed_members(previous, next)));
}

std::uint32_t required_without_steward(const v1::Charter& previous) {
  return (static_cast<std::uint32_t>(previous.members_size()) * 2 + 2) / 3;
}

std::uint32_t counted_signatures(const v1::Charter& previous, const CharterPackage& next) {
  return static_cast<std::uint32_t>(std::ranges::count_if(next.signers, [&](const NodeId& node) {
    return names_member(previous, node) && names_member(next.charter, node);
  }));
}

std::optional<CharterFault> check_contents(const v1::Charter& previous, const Hash& previous_hash,
                                           const v1::Charter& next) {
  if (next.community() != previous.community()) return CharterFault::other_community;
  if (next.epoch() != previous.epoch() + 1) return CharterFault::wrong_epoch;
  if (next.previous() != as_text(previous_hash)) return CharterFault::wrong_previous;
  return check_keys(previous, next);
}

std::uint32_t signatures_needed(const v1::Charter& previous, const CharterPackage& next) {
  const std::uint32_t required = required_signatures(previous, next.charter);
  if (next.is_signed_by(steward_of(previous))) return required;
  return std::max(required, required_without_steward(previous));
}

std::optional<CharterFault> check_succession(const v1::Charter& previous, const Hash& previous_hash,
                                             const CharterPackage& next) {
  if (const auto fault = check_contents(previous, previous_hash, next.charter)) return fault;
  const NodeId proposer{to_array<32>(as_bytes(next.charter.proposer())).value_or(ByteArray<32>{})};
  if (!next.is_signed_by(proposer)) return CharterFault::proposer_missing;
  const bool by_steward = next.is_signed_by(steward_of(previous));
  if (!by_steward && next.charter.steward() == previous.steward())
    return CharterFault::steward_missing;
  if (!next.is_signed_by(steward_of(next.charter))) return CharterFault::new_steward_missing;
  if (!by_steward && !only_replaces_steward(previous, next.charter))
    return CharterFault::steward_loss_widens;
  if (counted_signatures(previous, next) < signatures_needed(previous, next))
    return CharterFault::too_few_signatures;
  return std::nullopt;
}

std::optional<CharterFault> check_founding(const CharterPackage& first) {
  if (first.charter.epoch() != 1) return CharterFault::wrong_epoch;
  if (!first.is_signed_by(steward_of(first.charter))) return CharterFault::steward_missing;
  return std::nullopt;
}

}  // namespace bakhita
