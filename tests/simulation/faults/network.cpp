// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/faults/rate.h"
#include "tests/simulation/points.h"
#include "tests/simulation/world.h"

namespace bakhita::simulation {
namespace {

/// Two halves that do not hear each other, or of which one does not hear the other.
void part(World& world, Random& random, bool one_way) {
  Weather& weather = world.network.weather;
  std::set<std::pair<std::size_t, std::size_t>> added;
  std::vector<bool> left(world.nodes.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = random.chance(0.4);
  for (std::size_t i = 0; i < left.size(); ++i)
    for (std::size_t j = 0; j < left.size(); ++j)
      if (left[i] != left[j] && (!one_way || left[i])) added.insert({i, j});
  for (const auto& pair : added) weather.blocked.insert(pair);
  world.events.after(random.between(1, 20) * minute, [&world, added] {
    for (const auto& pair : added) world.network.weather.blocked.erase(pair);
  });
}

template <class Value>
void for_a_while(World& world, Random& random, Value Weather::*member, Value value) {
  world.network.weather.*member = value;
  world.events.after(random.between(1, 10) * minute,
                     [&world, member] { world.network.weather.*member = Value{}; });
}

}  // namespace

void plan_network_faults(World& world) {
  Network& network = world.network;
  plan_faults(world, Fault::cut, [&network](Random& random) {
    const bool done = network.cut_one(random);
    SOMETIMES(done, "a connection is cut");
    return done;
  });
  plan_faults(world, Fault::replay,
              [&network](Random& random) { return network.replay_one(random); });
  plan_spells(world, Fault::partition, [&world](Random& random) {
    SOMETIMES(true, "the network is parted");
    part(world, random, false);
    return true;
  });
  plan_spells(world, Fault::one_way, [&world](Random& random) {
    SOMETIMES(true, "packets pass one way only");
    part(world, random, true);
    return true;
  });
  plan_spells(world, Fault::delay, [&world](Random& random) {
    SOMETIMES(true, "packets take seconds");
    for_a_while(world, random, &Weather::delay_extra, Micros{random.between(1, 15) * second});
    return true;
  });
  plan_spells(world, Fault::trickle, [&world](Random& random) {
    SOMETIMES(true, "bytes come a few at a time");
    for_a_while(world, random, &Weather::piece_max, std::size_t{random.between(16, 400)});
    return true;
  });
  plan_spells(world, Fault::slow_host, [&world](Random& random) {
    SOMETIMES(true, "hosts take their time");
    for_a_while(world, random, &Weather::job_time_max, Micros{random.between(1, 8) * second});
    return true;
  });
}

}  // namespace bakhita::simulation
