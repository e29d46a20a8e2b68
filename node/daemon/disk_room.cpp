// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/disk_room.h"

#include "node/daemon/exit_code.h"

namespace bakhita::daemon {

std::string lacks_disk_room(const config::Config& config) {
  std::error_code unknown;
  const auto space = std::filesystem::space(config.data_folder, unknown);
  if (unknown || space.available >= config.free_space_min_bytes) return "";
  constexpr int mebibyte = 20;
  return config.data_folder.string() + ": only " + std::to_string(space.available >> mebibyte) +
         " MiB are free, of " + std::to_string(config.free_space_min_bytes >> mebibyte) +
         " MiB that must stay free (limits.free_space_min)";
}

void require_disk_room(const config::Config& config) {
  if (const std::string problem = lacks_disk_room(config); !problem.empty())
    throw refuse(
        ExitCode::try_again, problem,
        "make room on that disk, then repeat the command; what was acknowledged is stored");
}

}  // namespace bakhita::daemon
