// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/names.h"
#include "node/desk/open_feeds.h"
#include "node/desk/withdrawing.h"

/// Advisories (records of kind 6): prevention notices, helplines, verified recruiters. Every member
/// reads them.
namespace bakhita::desk {

struct AdvisoryRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// More of one member are not kept.
inline constexpr std::size_t advisories_max = 1'000;

/// Publishes it in one community, or in all of this node's that allow it; the answer says which
/// did not, and why. Throws AdvisoryRefused when none did.
admin::v1::Advisories publish_advisory(Desk& desk, const admin::v1::AdvisoryNew& request);
/// Takes an own one back; false when there is none of that id.
bool end_advisory(Desk& desk, const admin::v1::AdvisoryChange& request);
/// Takes back the own ones that name one of these identifiers, if a report or a recall protects it
/// by now, in all communities. Nothing on the wire tells it from end_advisory. The caller holds
/// Identifiers::exclusive(). Returns how many went.
std::size_t withdraw_advisories(Desk& desk, const std::vector<ChangedState>& states,
                                const std::string& actor);
/// Lists those in the own feeds again, which were had back from peers. The caller holds
/// Identifiers::exclusive().
void find_own_advisories(Desk& desk);
/// Those in force (open_feeds.h), this node's own too, in the order of their ids; without their
/// texts.
admin::v1::Advisories list_advisories(const Desk& desk, const admin::v1::AdvisoryList& request);

/// An advisory in force, with its place.
struct HeldAdvisory {
  RecordName name;
  store::FeedState feed;
  Header header;
  std::uint32_t until_day = 0;  ///< to which it counts here
  v1::Advisory body;
};
/// By id or a unique prefix.
std::optional<HeldAdvisory> find_advisory(const Desk& desk, const std::string& id);
std::optional<HeldAdvisory> find_advisory(const Desk& desk, OpenFeeds& feeds,
                                          const RecordName& name);
admin::v1::AdvisoryView view_of(const Desk& desk, const HeldAdvisory& advisory);

/// Those in a member's feed that it has not taken back.
void learn_advisories(const Desk& desk, const store::FeedState& origin,
                      std::span<const Placed> records, store::Batch& batch);
/// The record was taken back or expired; nothing when it is no advisory.
void forget_advisory(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                     store::Batch& batch);
/// Those whose time is over by the charter, though their origin may say another.
void expire_advisories(const Desk& desk, store::Batch& batch);

/// The feed begins behind all before `first`.
void forget_advisories_before(const Desk& desk, std::uint32_t feed, std::uint64_t first,
                              store::Batch& batch);

}  // namespace bakhita::desk
