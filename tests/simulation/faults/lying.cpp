// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/faults/rate.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {

/// A few nodes lie for a part of the run, each in its own way.
void plan_lie(World& world, Fault fault, bool Liar::*how) {
  plan_spells(world, fault, [&world, how](Random& random) {
    Node& node = world.any_node(random);
    node.liar.*how = true;
    node.hostile = true;
    world.events.after(random.between(5, 30) * minute, [&node, how] { node.liar.*how = false; });
    node.work_soon();
    return true;
  });
}

}  // namespace

void plan_lying_peers(World& world) {
  plan_lie(world, Fault::equivocation, &Liar::equivocates);
  plan_lie(world, Fault::withholding, &Liar::withholds);
  plan_lie(world, Fault::wrong_answer, &Liar::answers_wrongly);
  plan_lie(world, Fault::bad_range, &Liar::sends_bad_ranges);
  // Who has a log key signs a history of his own, from the node's place in the network.
  plan_spells(world, Fault::key_theft, [&world](Random& random) {
    Node& node = world.any_node(random);
    SOMETIMES(true, "a thief signs with a stolen log key");
    node.liar.equivocates = node.hostile = true;
    world.events.after(random.between(2, 10) * minute, [&node] { node.liar.equivocates = false; });
    return true;
  });
}

}  // namespace bakhita::simulation
