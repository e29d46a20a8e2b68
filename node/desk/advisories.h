// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/names.h"

/// Advisories (records of kind 6): prevention notices, helplines, verified recruiters. Every member
/// reads them.
namespace bakhita::desk {

struct AdvisoryRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// More of one member are not kept.
inline constexpr std::size_t advisories_max = 1'000;

/// Publishes it in one community, or in all of this node's that allow it. Throws AdvisoryRefused.
admin::v1::Advisories publish_advisory(Desk& desk, const admin::v1::AdvisoryNew& request);
/// Takes an own one back; false when there is none of that id.
bool end_advisory(Desk& desk, const admin::v1::AdvisoryChange& request);
/// Those that live, this node's own too, in the order of their ids; without their texts.
admin::v1::Advisories list_advisories(const Desk& desk, const admin::v1::AdvisoryList& request);

/// An advisory that lives, with its place.
struct HeldAdvisory {
  RecordName name;
  store::FeedState feed;
  Header header;
  v1::Advisory body;
};
/// By id or a unique prefix.
std::optional<HeldAdvisory> find_advisory(const Desk& desk, const std::string& id);
admin::v1::AdvisoryView view_of(const Desk& desk, const HeldAdvisory& advisory);

/// Those in a member's feed that it has not taken back.
void learn_advisories(const Desk& desk, const store::FeedState& origin,
                      std::span<const Placed> records, store::Batch& batch);
/// The record was taken back or expired; nothing when it is no advisory.
void forget_advisory(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                     store::Batch& batch);

/// The feed begins behind all before `first`.
void forget_advisories_before(const Desk& desk, std::uint32_t feed, std::uint64_t first,
                              store::Batch& batch);

}  // namespace bakhita::desk
