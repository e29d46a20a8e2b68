// SPDX-License-Identifier: EUPL-1.2
// Any bytes as a configuration: settings, or sentences with file, line and column.
#include "config/config.h"

#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {

void fuzz(ByteView input) {
  may_refuse<config::ConfigError>([&] {
    const config::Config config = config::parse(as_text(input), "bakhita.yaml", "/etc/bakhita");
    require(config.desk.size() <= 24 && config.approvals >= 1 && config.approvals <= 2);
    require(config.data_folder.is_absolute() && !config.country.empty());
  });
}

}  // namespace bakhita::fuzzing
