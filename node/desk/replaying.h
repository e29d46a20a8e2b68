// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"
#include "protocol/community/charter.h"

/// Recorded decisions, made again.
namespace bakhita::desk {

/// Days since 1970-01-01, both included.
struct ReplayedDays {
  std::uint32_t first = 0, last = 0xffff'ffff;
};

/// Walks the audit trail and decides every recorded question again, under the signed charters that
/// the record names; tells which answers would be others today. With `instead`, the questions of
/// that charter's community are decided under it: what would have been decided otherwise.
admin::v1::PolicyReplayed replay(const Desk& desk, const ReplayedDays& days,
                                 const std::optional<CharterPackage>& instead = {});

}  // namespace bakhita::desk
