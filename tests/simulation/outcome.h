// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "tests/simulation/scenario.h"

namespace bakhita::simulation {

/// What became of one seed.
struct Outcome {
  std::string problem;  ///< empty: all oracles were content
  std::uint64_t hash = 0;
  double node_hours = 0;
  std::uint64_t events = 0, bytes = 0;
  std::uint64_t faults[fault_count] = {};
};

Outcome run_scenario(const Scenario& scenario);
/// The same failure with fewer faults, fewer nodes and less time, as far as a few dozen reruns get.
Scenario minimise(const Scenario& failing);

}  // namespace bakhita::simulation
