// SPDX-License-Identifier: EUPL-1.2
// Sync of one feed from node to node over loopback TLS, beside the same bytes through the bare
// libraries: sync_bench [RECORDS] [FOLDER]
#include <cmath>
#include <cstdlib>

#include "tests/bench/bare_sync.h"
#include "tests/bench/networked.h"
#include "tests/bench/report.h"

namespace bakhita::bench {
namespace {

double sync(Federation& federation, std::uint64_t count) {
  TestNode &from = federation[0], &to = federation[1];
  set_address(from, to, "");  // it answers and does not call
  Networked sender(from);
  set_address(to, from, sender.address());
  const Stopwatch clock;
  Networked receiver(to);
  wait_until([&] {
    const auto state = to.desk->feeds.find(from.feed());
    return state && state->size >= count;
  });
  return static_cast<double>(count) / clock.seconds();
}

/// What an announcement without news costs: bytes of both sides and milliseconds.
void nothing_new(Federation& federation, const std::string& label) {
  TestNode &from = federation[0], &to = federation[1];
  Networked sender(from);
  set_address(to, from, sender.address());
  const Stopwatch clock;
  Networked receiver(to);
  wait_until([&] {
    const auto links = receiver.service().connections();
    return !links.empty() && links[0].bytes_received > 0 &&
           to.desk->feeds.find(from.feed()).has_value() && to.host->contacts().size() > 0 &&
           to.host->contacts().begin()->second.announced.size() > 0;
  });
  const double seconds = clock.seconds();
  const auto link = receiver.service().connections().at(0);
  print("nothing new, " + label + " records: time to agree, connecting included", seconds * 1e3,
        "ms");
  print("nothing new, " + label + " records: bytes",
        static_cast<double>(link.bytes_received + link.bytes_sent), "bytes");
}

/// What a connected peer costs that has nothing to say: all of a federation connect to each other,
/// and the growth is shared out over the ends of the connections.
void idle_peers() {
  Federation federation({"FR", "GB", "SE", "DE", "IT", "ES", "PT", "NL", "BE", "AT", "PL", "RO"},
                        "bench-idle");
  std::vector<std::unique_ptr<Networked>> networked;
  const std::size_t nodes = federation.nodes.size();
  const double before = memory_kib();
  for (std::size_t i = 0; i < nodes; ++i) {
    for (std::size_t k = 0; k < nodes; ++k)
      if (k != i)
        set_address(federation[i], federation[k], k < i ? networked[k]->address() : std::string());
    networked.push_back(std::make_unique<Networked>(federation[i]));
  }
  const double listening = memory_kib();
  wait_until([&] {
    return std::all_of(networked.begin(), networked.end(), [&](const auto& each) {
      const auto links = each->service().connections();
      return links.size() == nodes - 1 &&
             std::all_of(links.begin(), links.end(),
                         [](const auto& link) { return link.bytes_received > 0; });
    });
  });
  const double grown = memory_kib() - before;
  print("memory for each idle peer", grown / static_cast<double>(nodes * (nodes - 1)), "KiB",
        "\"before_connecting_kib\":" + std::to_string(std::lround(listening - before)));
}

int run(std::uint64_t count) {
  idle_peers();
  for (const auto& [size, label] : {std::pair{1'000u, "10^3"}, std::pair{100'000u, "10^5"}}) {
    Federation small({"FR", "GB"}, "bench-small");
    fill(small[0], size);
    sync(small, size);
    nothing_new(small, label);
  }
  Federation federation({"FR", "GB"}, "bench-sync");
  fill(federation[0], count);
  const double ours = sync(federation, count);
  print("sync", ours, "records/s", "\"records\":" + std::to_string(count));
  nothing_new(federation, std::to_string(count));
  const auto sender_data = federation[0].folder / "data";
  const auto scratch = federation[0].folder.parent_path();
  federation[0].close();
  const Stopwatch start;
  federation[1].restart();
  print("start with these records", start.seconds() * 1e3, "ms");
  federation[1].close();
  const double runs = bare_sync(sender_data, scratch / "bare-runs", TokenIndex::sorted_runs);
  const double memtable = bare_sync(sender_data, scratch / "bare-memtable", TokenIndex::memtable);
  print("bare libraries, token index from sorted runs", runs, "records/s");
  print("bare libraries, token index through the memtable", memtable, "records/s");
  print("sync / bare", ours / std::max(runs, memtable), "ratio");
  print("peak memory of both nodes together", peak_memory_mib(), "MiB");
  return 0;
}

}  // namespace
}  // namespace bakhita::bench

int main(int argc, char** argv) {
  return bakhita::bench::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000);
}
