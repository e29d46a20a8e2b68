// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/daemon/node.h"

namespace bakhita::daemon {

/// This node's row of the health matrix: a PairView for each peer in `out` and each community that
/// both are in; and a warning for each canary that is overdue. Peers must be in `out` already.
void add_pairs(Node& node, admin::v1::Status& out);

}  // namespace bakhita::daemon
