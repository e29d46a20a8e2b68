// SPDX-License-Identifier: EUPL-1.2
// Runs seeds; `./dev simulate --help`.
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>

#include "tests/simulation/outcome.h"
#include "tests/simulation/planted/planted.h"
#include "tests/simulation/points.h"
#include "tests/simulation/seams/crypto.h"

namespace bakhita::simulation {
namespace {

struct Options {
  std::string seeds = "1-20";
  std::size_t nodes = 8;
  double hours = 0;
  bool exact = false;  ///< as many nodes as said, not up to so many
  std::size_t community_size = 0;
  std::string faults;
  std::string planted;
  bool demand_points = false;
  bool list_points = false;
  std::uint64_t rerun_every = 25;
  bool verbose = false;
  std::size_t planted_seeds = 1'000;
  std::uint64_t first = 1, last = 20;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::set<Fault> parse_faults(const std::string& list) {
  std::set<Fault> out;
  std::stringstream in(list);
  for (std::string name; std::getline(in, name, ',');) {
    if (name == "none") continue;
    bool known = false;
    for (std::size_t i = 0; i < fault_count; ++i)
      if (name == name_of(static_cast<Fault>(i))) {
        out.insert(static_cast<Fault>(i));
        known = true;
      }
    if (!known) throw CLI::ValidationError("--faults", "no such fault: " + name);
  }
  return out;
}

Scenario scenario_of(const Options& options, std::uint64_t seed) {
  Random length = Random(seed).fork("length");
  const double hours = options.hours > 0 ? options.hours : 0.25 + 1.5 * length.unit();
  Scenario out = draw_scenario(seed, options.nodes, hours);
  if (options.exact) out.nodes = options.nodes;
  if (options.community_size > 0) out.community_size = options.community_size;
  if (!options.faults.empty()) out.faults = parse_faults(options.faults);
  return out;
}

void print_failure(const Scenario& scenario, const Outcome& outcome) {
  fmt::print(stderr, "FAILED {}\n  {}\n", outcome.problem, scenario.describe());
  const Scenario small = minimise(scenario);
  const Outcome again = run_scenario(small);
  fmt::print(stderr, "  smallest that still fails: {}\n  {}\n  replay: {}\n", again.problem,
             small.describe(), small.command());
}

/// Each planted bug by itself: how many seeds until an oracle sees it.
int run_planted(const Options& options) {
  int survivors = 0;
  for (const std::string& name : planted_names()) {
    if (options.planted != "all" && options.planted != name) continue;
    std::uint64_t tried = 0;
    std::string how;
    for (std::uint64_t seed = options.first; tried < options.planted_seeds && how.empty(); ++seed) {
      Scenario scenario = scenario_of(options, seed);
      scenario.planted = name;
      scenario.real_signatures = scenario.real_group = false;
      how = run_scenario(scenario).problem;
      ++tried;
    }
    if (how.empty()) ++survivors;
    fmt::print("{{\"planted\":\"{}\",\"caught\":{},\"seeds\":{},\"oracle\":\"{}\"}}\n", name,
               !how.empty(), tried, how);
    std::fflush(stdout);
  }
  return survivors == 0 ? 0 : 1;
}

int run_seeds(const Options& options) {
  const double cpu_before = cpu_seconds();
  std::uint64_t seeds = 0, failures = 0, faults = 0, reruns = 0, reruns_identical = 0;
  double node_hours = 0, rerun_hours = 0;
  for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
    const Scenario scenario = scenario_of(options, seed);
    if (options.verbose) fmt::print(stderr, "{}\n", scenario.describe());
    const double started = cpu_seconds();
    const Outcome outcome = run_scenario(scenario);
    ++seeds;
    node_hours += outcome.node_hours;
    for (std::uint64_t count : outcome.faults) faults += count;
    if (options.verbose)
      fmt::print(stderr, "  {:.2f} s, {:.0f} node-hours, {} events, {} MiB, hash {:016x}\n",
                 cpu_seconds() - started, outcome.node_hours, outcome.events, outcome.bytes >> 20,
                 outcome.hash);
    if (seed == options.first || seed % options.rerun_every == 0) {
      const Outcome again = run_scenario(scenario);
      ++reruns;
      rerun_hours += again.node_hours;
      reruns_identical += again.hash == outcome.hash && again.events == outcome.events;
    }
    if (outcome.problem.empty()) continue;
    ++failures;
    print_failure(scenario, outcome);
  }
  const double cpu = cpu_seconds() - cpu_before;
  std::size_t hit = 0;
  for (const auto& [name, count] : Point::registry()) {
    hit += count > 0;
    if (count == 0 && options.demand_points) fmt::print(stderr, "never reached: {}\n", name);
    if (options.list_points) fmt::print(stderr, "{:>9}  {}\n", count, name);
  }
  const std::size_t total = Point::registry().size();
  fmt::print(
      "{{\"seeds\":{},\"node_hours\":{:.1f},\"cpu_s\":{:.2f},\"node_hours_per_cpu_s\":{:.1f},"
      "\"faults\":{},\"sometimes_hit\":{},\"sometimes_total\":{},\"reruns\":{},"
      "\"reruns_identical\":{},\"failures\":{}}}\n",
      seeds, node_hours, cpu, (node_hours + rerun_hours) / std::max(cpu, 1e-9), faults, hit, total,
      reruns, reruns_identical == reruns, failures);
  const bool points_met = !options.demand_points || hit == total;
  return failures == 0 && reruns_identical == reruns && points_met ? 0 : 1;
}

int run(int argc, char** argv) {
  CLI::App app{"Simulates nodes of many countries in virtual time; one seed is one history"};
  Options options;
  app.add_option("--seeds", options.seeds, "FIRST-LAST")->capture_default_str();
  app.add_option("--nodes", options.nodes, "at most so many nodes; over 30: exactly so many")
      ->check(CLI::Range(2, 250))
      ->capture_default_str();
  app.add_option("--hours", options.hours, "virtual hours of faults; drawn by the seed if absent");
  app.add_flag("--exact", options.exact, "exactly so many nodes");
  app.add_option("--community", options.community_size,
                 "members of a community; drawn by the seed if absent");
  app.add_option("--faults", options.faults, "these families in place of the drawn ones, or none");
  app.add_option("--planted", options.planted, "a planted bug's name, or all");
  app.add_option("--planted-seeds", options.planted_seeds, "seeds that a planted bug is given");
  app.add_flag("--demand-points", options.demand_points,
               "fail if a point of the sources was never reached");
  app.add_flag("--list-points", options.list_points, "how often each point was reached");
  app.add_option("--rerun-every", options.rerun_every,
                 "the first seed and each of this many runs twice, and must give the same bytes")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_flag("--verbose", options.verbose, "a line for each seed");
  CLI11_PARSE(app, argc, argv);
  const std::size_t dash = options.seeds.find('-');
  try {
    options.first = std::stoull(options.seeds);
    options.last =
        dash == std::string::npos ? options.first : std::stoull(options.seeds.substr(dash + 1));
  } catch (const std::exception&) {
    fmt::print(stderr, "--seeds: wants FIRST-LAST, two numbers\n");
    return 2;
  }
  take_over_entropy();
  return options.planted.empty() ? run_seeds(options) : run_planted(options);
}

}  // namespace
}  // namespace bakhita::simulation

int main(int argc, char** argv) {
  google::protobuf::SetLogHandler(nullptr);  // hostile frames are drawn by the thousand
  return bakhita::simulation::run(argc, argv);
}
