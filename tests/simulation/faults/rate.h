// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <functional>

#include "tests/simulation/world.h"

namespace bakhita::simulation {

/// How often a fault of one family happens in the whole run, so that all together come to the
/// scenario's rate.
inline double rate_of(const World& world) {
  return world.scenario.fault_rate * static_cast<double>(world.nodes.size()) /
         static_cast<double>(std::max<std::size_t>(1, world.scenario.faults.size()));
}

/// Plans `strike` at that rate, if the scenario has the family; what it returns says whether there
/// was anything to strike.
inline void plan_at_rate(World& world, Fault fault, double per_hour,
                         std::function<bool(Random&)> strike) {
  if (!world.scenario.faults.contains(fault)) return;
  Random random = world.random.fork(name_of(fault));
  world.repeat(per_hour, random.fork("when"),
               [&world, fault, random, strike = std::move(strike)]() mutable {
                 if (strike(random)) world.count(fault);
               });
}
inline void plan_faults(World& world, Fault fault, std::function<bool(Random&)> strike) {
  plan_at_rate(world, fault, rate_of(world), std::move(strike));
}
/// Faults that hit all nodes for minutes: a few an hour.
inline void plan_spells(World& world, Fault fault, std::function<bool(Random&)> strike) {
  plan_at_rate(world, fault, std::min(4.0, rate_of(world)), std::move(strike));
}

}  // namespace bakhita::simulation
