// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/service/error.h"

namespace bakhita::daemon {

/// Exit codes of the command line that a Failure carries.
enum class ExitCode : std::uint32_t {
  failed = 1,
  usage = 2,
  not_found = 4,
  refused = 5,
  locked = 7,
  unreachable = 8,
  conflict = 9,
  not_verified = 10,
  try_again = 75
};

inline service::RequestError refuse(ExitCode code, const std::string& message,
                                    std::string help = {}) {
  return {static_cast<std::uint32_t>(code), message, std::move(help)};
}

}  // namespace bakhita::daemon
