// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <iosfwd>

#include "bakhita/admin/v1/admin.pb.h"
#include "node/cli/cli.h"

namespace bakhita::cli {

/// 0 healthy, 20 degraded (warnings, errors with peers), 21 unhealthy (not serving).
ExitCode health_of(const admin::v1::Status& status);

/// Fits `width` × `height` characters: what does not fit is counted.
void print_status(std::ostream& out, const admin::v1::Status& status, std::size_t width,
                  std::size_t height);

}  // namespace bakhita::cli
