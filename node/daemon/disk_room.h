// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/config.h"

namespace bakhita::daemon {

/// Refuses (service::RequestError, "try again") when less than limits.free_space_min is free for
/// the database: before anything is promised, and while audit records, withdrawals and signatures
/// still have room.
void require_disk_room(const config::Config& config);

}  // namespace bakhita::daemon
