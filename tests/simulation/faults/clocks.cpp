// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "tests/simulation/faults/rate.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {

void plan_clock_faults(World& world) {
  plan_faults(world, Fault::clock_drift, [&world](Random& random) {
    Node& node = world.any_node(random);
    node.clock.rate = 0.98 + 0.04 * random.unit();
    SOMETIMES(true, "a clock runs at another rate");
    return true;
  });
  plan_faults(world, Fault::clock_jump, [&world](Random& random) {
    Node& node = world.any_node(random);
    const auto size = static_cast<std::int64_t>(random.chance(0.3) ? random.between(1, 40) * 86'400
                                                                   : random.between(1, 7'200));
    const bool back = random.chance(0.5);
    // Further apart, nodes do not believe each other's months.
    constexpr std::int64_t apart_max = 14 * 86'400;
    node.clock.leap_seconds =
        std::clamp(node.clock.leap_seconds + (back ? -size : size), -apart_max, apart_max);
    SOMETIMES(back, "a clock goes back");
    SOMETIMES(!back && size > 86'400, "a clock leaps by days");
    return true;
  });
}

}  // namespace bakhita::simulation
