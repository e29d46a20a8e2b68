// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/lookups.h"

/// Which of this node's own identifiers are published readable by all members. A person says so of
/// each; the next publication does it, with its second person, where the policy allows it.
namespace bakhita::desk {

struct OpeningRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Nothing when no report names the identifier. Throws OpeningRefused when it has no canonical
/// form, or no community's policy allows it.
std::optional<admin::v1::IndicatorDecisions> open_indicator(
    Desk& desk, const admin::v1::IndicatorChange& request);
/// What members read is taken back at once; the next publication may bring a lock instead.
std::optional<admin::v1::IndicatorDecisions> close_indicator(
    Desk& desk, Lookups& lookups, const admin::v1::IndicatorChange& request);

}  // namespace bakhita::desk
