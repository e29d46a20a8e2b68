// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tests/simulation/random.h"

namespace bakhita::simulation {

const char* name_of(Fault fault) {
  static constexpr const char* names[fault_count] = {
      "cut",          "delay",        "trickle",     "replay",        "partition", "one-way",
      "crash",        "torn-write",   "disk-error",  "read-error",    "full-disk", "bit-flip",
      "old-copy",     "clock-drift",  "clock-jump",  "proposal",      "fork",      "removal",
      "key-theft",    "equivocation", "withholding", "wrong-answer",  "bad-range", "flood",
      "overdraw",     "stranger",     "garbage",     "mixed-version", "slow-host", "key-rotation",
      "lost-machine", "departure"};
  return names[static_cast<std::size_t>(fault)];
}

std::string Scenario::describe() const {
  std::string list;
  for (Fault fault : faults) list += (list.empty() ? "" : ",") + std::string(name_of(fault));
  return fmt::format(
      "seed {} nodes {} hours {:.2f} rate {:.1f} community {}x{} reports {:.2f}/h publish {:.2f}/h "
      "letters {:.2f}/h work {} s silence {} s{}{}{} faults [{}]",
      seed, nodes, static_cast<double>(length) / static_cast<double>(hour), fault_rate,
      community_size, communities_per_node, reports_per_hour, publish_per_hour, letters_per_hour,
      work_interval / second, silence_seconds, tiny_limits ? " tiny" : "",
      real_signatures ? " ed25519" : "", real_group ? " ristretto" : "", list);
}

std::string Scenario::command() const {
  std::string list;
  for (Fault fault : faults) list += (list.empty() ? "" : ",") + std::string(name_of(fault));
  // As many digits as it takes: a history of another length is another history.
  std::string out = fmt::format("./dev simulate --seeds {0}-{0} --nodes {1} --hours {2}", seed,
                                nodes, static_cast<double>(length) / static_cast<double>(hour));
  out += " --exact --community " + std::to_string(community_size);
  out += " --faults " + (list.empty() ? "none" : list);
  if (!planted.empty()) out += " --planted " + planted;
  return out;
}

Scenario draw_scenario(std::uint64_t seed, std::size_t nodes_max, double hours) {
  Random random = Random(seed).fork("scenario");
  Scenario out;
  out.seed = seed;
  const bool large = nodes_max > 30;
  out.nodes = large ? nodes_max : random.between(std::min<std::size_t>(2, nodes_max), nodes_max);
  out.length = static_cast<Micros>(std::llround(hours * static_cast<double>(hour)));
  const double share = large ? 0.3 : 0.05 + 0.35 * random.unit();
  // One more family shifts nothing that a seed drew before there was it.
  constexpr auto first_families = static_cast<std::size_t>(Fault::key_rotation);
  Random later = random.fork("later families");
  for (std::size_t i = 0; i < fault_count; ++i)
    if (i < first_families ? random.chance(share) : later.chance(share))
      out.faults.insert(static_cast<Fault>(i));
  out.fault_rate = large ? 1 : 1 + 12 * random.unit();
  out.community_size =
      large ? random.between(4, 7) : random.between(2, std::max<std::size_t>(2, out.nodes));
  out.communities_per_node = random.chance(0.25) ? 2 : 1;
  out.reports_per_hour = large ? 0.3 : 1 + 10 * random.unit();
  out.publish_per_hour = large ? 0.2 : 0.5 + 4 * random.unit();
  out.letters_per_hour = large ? 0.1 : 3 * random.fork("letters").unit();
  out.work_interval = large ? 30 * minute : random.between(1, 10) * minute;
  out.silence_seconds = large ? 2'400 : (random.chance(0.3) ? 120 : 600);
  out.tiny_limits = random.chance(0.25);
  out.real_signatures = random.chance(0.01);
  out.real_group = random.chance(0.02) && !large;
  return out;
}

}  // namespace bakhita::simulation
