// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/outcome.h"

#include <algorithm>

#include "tests/simulation/planted/planted.h"
#include "tests/simulation/points.h"
#include "tests/simulation/world.h"

namespace bakhita::simulation {

Outcome run_scenario(const Scenario& scenario) {
  plant(scenario.planted);
  Outcome out;
  std::unique_ptr<World> world;
  try {
    world = std::make_unique<World>(scenario);
    world->run();
  } catch (const Violation& violation) {
    out.problem = violation.what();
  } catch (const PowerLost&) {
    throw std::logic_error("a loss of power outside of any machine");
  } catch (const std::exception& problem) {
    out.problem = std::string("an exception that nobody expects: ") + problem.what();
  }
  if (world) {
    out.hash = world->hash();
    out.node_hours = world->node_hours();
    out.events = world->events.done();
    out.bytes = world->network.bytes_sent();
    std::copy(std::begin(world->faults), std::end(world->faults), std::begin(out.faults));
  }
  world.reset();
  plant("");
  return out;
}

namespace {

bool fails(const Scenario& scenario) { return !run_scenario(scenario).problem.empty(); }

}  // namespace

Scenario minimise(const Scenario& failing) {
  Scenario best = failing;
  int budget = failing.nodes > 30 ? 12 : 60;
  const auto attempt = [&](const Scenario& candidate) {
    if (budget-- <= 0 || !fails(candidate)) return false;
    best = candidate;
    return true;
  };
  for (Fault fault : failing.faults) {
    Scenario fewer = best;
    fewer.faults.erase(fault);
    attempt(fewer);
  }
  while (best.nodes > 2) {
    Scenario smaller = best;
    smaller.nodes = std::max<std::size_t>(2, best.nodes / 2);
    if (!attempt(smaller)) break;
  }
  while (best.nodes > 2) {
    Scenario smaller = best;
    --smaller.nodes;
    if (!attempt(smaller)) break;
  }
  while (best.length > minute) {
    Scenario shorter = best;
    shorter.length /= 2;
    if (!attempt(shorter)) break;
  }
  return best;
}

}  // namespace bakhita::simulation
