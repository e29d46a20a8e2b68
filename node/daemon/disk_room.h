// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "config/config.h"

namespace bakhita::daemon {

/// Less than limits.free_space_min is free for the database: a sentence; empty when there is room,
/// or nobody can tell.
std::string lacks_disk_room(const config::Config& config);
/// Refuses (service::RequestError, "try again") when it does: before anything is promised, and
/// while audit records, withdrawals and signatures still have room.
void require_disk_room(const config::Config& config);

}  // namespace bakhita::daemon
