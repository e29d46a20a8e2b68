// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"

namespace bakhita::desk {

/// What became of requests, by country and side: two rows a country at most. `request.peer`: of
/// this country alone.
admin::v1::RequestTallies tally_requests(const Desk& desk, const admin::v1::RequestStats& request);

}  // namespace bakhita::desk
