// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"

namespace bakhita::desk {

/// A publication that policy does not allow; the message says which rule.
struct PublishRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Brings this node's feeds up to what its reports say: locks for what may be published,
/// withdrawals for what no longer may. With `dry_run`, only says who would get what, and which rule
/// holds back what.
admin::v1::Published publish(Desk& desk, const admin::v1::Publish& request);

/// Brings what is published already under the newest keys and charter of each community: nothing
/// new is released, and what may no longer be is withdrawn. A month's canary locks that no
/// publication took along go on their own (canary_locks.h). Returns how many records were written;
/// 0 when there was nothing to do.
std::size_t renew_published(Desk& desk);

}  // namespace bakhita::desk
