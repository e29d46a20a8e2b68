// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/faults/rate.h"
#include "tests/simulation/points.h"

namespace bakhita::simulation {
namespace {

bool crash(World& world, Random& random) {
  Node& node = world.any_node(random);
  if (!node.up()) return false;
  SOMETIMES(true, "a machine loses its power");
  node.crash(random.between(5, 300) * second);
  return true;
}

/// Power goes in the midst of work. A publication leaves the next start something to finish:
/// there the power goes once more.
bool tear_writes(World& world, Random& random) {
  Node& node = world.any_node(random);
  const bool also_in_the_start = node.serving() && random.chance(0.3);
  node.disk.power_lasts = random.between(1, also_in_the_start ? 4 : 12);
  if (!also_in_the_start) return true;
  node.disk.power_lasts_next = random.between(1, 2);
  publish(world, node);
  return true;
}

/// A bit of a stored value turns. RocksDB finds it by its checksum whenever that block is read: the
/// node stops, until the operator has seen to the disk.
bool flip_bit(World& world, Random& random) {
  Node& node = world.any_node(random);
  if (!node.up()) return false;
  const auto table = static_cast<store::Table>(random.below(store::table_count));
  const auto& rows = node.disk.image().rows(table);
  if (rows.empty()) return false;
  auto row = rows.begin();
  std::advance(row, static_cast<std::ptrdiff_t>(random.below(rows.size())));
  const std::pair damaged{table, row->first};
  node.disk.damaged.insert(damaged);
  SOMETIMES(true, "a stored bit turns");
  world.events.after(random.between(1, 10) * minute,
                     [&node, damaged] { node.disk.damaged.erase(damaged); });
  return true;
}

bool put_back_old_copy(World& world, Random& random) {
  Node& node = world.any_node(random);
  if (!node.up()) return false;
  if (!node.old_copy || random.chance(0.6)) {
    node.old_copy = node.disk.image();
    return false;
  }
  SOMETIMES(true, "an old copy of the data folder is put back");
  // The operator stops the node first, or what failed did it.
  if (random.chance(0.5)) {
    node.stop();
    world.events.after(30 * second, [&node] { node.start(); });
  } else {
    node.crash(30 * second);
  }
  // Only the folder, at times with the watermark: the anchor and the keystore lie elsewhere.
  node.disk.image().tables = node.old_copy->tables;
  node.disk.image().written = node.old_copy->written;
  if (random.chance(0.5)) node.disk.image().watermark = node.old_copy->watermark;
  node.rolled_back = true;
  for (KnownReport& report : world.truth.reports[node.index]) report.certain = false;
  return true;
}

}  // namespace

void plan_disk_faults(World& world) {
  plan_faults(world, Fault::crash, [&world](Random& random) { return crash(world, random); });
  plan_faults(world, Fault::torn_write,
              [&world](Random& random) { return tear_writes(world, random); });
  plan_faults(world, Fault::disk_error, [&world](Random& random) {
    world.any_node(random).disk.failing = true;
    return true;
  });
  plan_faults(world, Fault::read_error, [&world](Random& random) {
    Node& node = world.any_node(random);
    node.disk.reads_fail = true;
    world.events.after(random.between(10, 300) * second, [&node] { node.disk.reads_fail = false; });
    return true;
  });
  plan_faults(world, Fault::full_disk, [&world](Random& random) {
    Node& node = world.any_node(random);
    node.disk.full = true;
    world.events.after(random.between(10, 900) * second, [&node] { node.disk.full = false; });
    return true;
  });
  plan_faults(world, Fault::bit_flip, [&world](Random& random) { return flip_bit(world, random); });
  plan_spells(world, Fault::old_copy,
              [&world](Random& random) { return put_back_old_copy(world, random); });
}

}  // namespace bakhita::simulation
