// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/names.h"

/// Objections of members to records of another: records of kind 7 in the objector's own feed. One
/// of a member for a record counts, and no more of a member than challenges_max, so that nobody can
/// drown others in them.
namespace bakhita::desk {

struct ChallengeRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};
inline constexpr std::size_t challenges_max = 1'024;

/// Objects to the record of a match, in this node's own feed: all members read it. Nothing when
/// there is no such match. Throws ChallengeRefused.
std::optional<admin::v1::ChallengeView> object_to(Desk& desk,
                                                  const admin::v1::ChallengeNew& request);
/// Takes an own objection back; false when there is none of that id.
bool end_objection(Desk& desk, const admin::v1::ChallengeEnd& request);
admin::v1::Challenges list_challenges(const Desk& desk, const admin::v1::ChallengeList& request);
/// Objections of others to records of this node's.
std::size_t count_against_us(const Desk& desk);

/// Challenges in a member's feed that it has not taken back: kept when they are about records that
/// there are, or may come. All that were learned before are durable.
void learn_challenges(const Desk& desk, const store::FeedState& objector,
                      std::span<const Placed> challenges, store::Batch& batch);
/// The objector took back these records of his feed.
void end_challenges(const Desk& desk, std::uint32_t objector_feed,
                    std::span<const std::uint64_t> indexes, store::Batch& batch);
/// The disputed record is no more.
void forget_disputes(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                     store::Batch& batch);

/// Objections to a record that hold today: of members, and about this very record.
std::vector<admin::v1::DisputeView> disputes_of(const Desk& desk, const FeedId& feed,
                                                std::uint64_t index);

}  // namespace bakhita::desk
