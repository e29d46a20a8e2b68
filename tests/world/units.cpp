// SPDX-License-Identifier: EUPL-1.2
// Measures what one of each thing costs a node: CPU (of all threads of the process), disk and
// memory, with the real desk, stores, cryptography and TLS. Prints one JSON object; names end in
// the unit. The model of ./dev world multiplies these.
#include <fmt/format.h>
#include <time.h>

#include "node/desk/upkeep.h"
#include "tests/bench/networked.h"
#include "tests/bench/report.h"

namespace bakhita::world {
namespace {

using bench::Networked;
using testing_support::Federation;
using testing_support::TestNode;

constexpr std::uint64_t seconds_per_hour = 3'600;
constexpr std::uint64_t some_reports = 2'000;
constexpr std::uint64_t few_reports = 300;
constexpr std::size_t small_crowd = 6, large_crowd = 18;

class CpuClock {
 public:
  double seconds() const { return now() - start_; }

 private:
  static double now() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }
  double start_ = now();
};

std::string suffix;  ///< of the names that are printed

void print(const std::string& name, double value) {
  static bool first = true;
  fmt::print("{}\"{}{}\":{:.6g}", std::exchange(first, false) ? "" : ",\n", name, suffix, value);
}

/// What the data folder takes once everything is written out and tidied.
double settled_size(TestNode& node) {
  node.restart();  // what the write-ahead log holds becomes tables
  std::vector<store::Table> all(store::table_count);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<store::Table>(i);
  node.desk->database.purge(all);
  node.restart();
  return static_cast<double>(node.desk->database.size_bytes());
}

std::string phone_of(std::uint64_t i) { return fmt::format("+336{:08}", 10'000'000 + i); }
std::string mail_of(std::uint64_t i) { return fmt::format("x{}@mail.example.com", i); }

/// Reports of one identifier, half of them phones, with a narrative of a thousand characters.
void import(TestNode& node, std::uint64_t first, std::uint64_t count) {
  desk::Importer importer(*node.desk, "world", "operator", false);
  for (std::uint64_t i = first; i < first + count;) {
    admin::v1::ImportRows rows;
    for (; i < first + count && rows.rows_size() < 500; ++i) {
      v1::IncidentReport& report = *rows.add_rows()->mutable_report();
      report.set_id(fmt::format("R{}", i));
      report.mutable_received_at()->set_seconds(static_cast<std::int64_t>(node.now));
      std::string narrative;
      while (narrative.size() < 1'000)
        narrative += fmt::format("word{} ", i * 31 + narrative.size());
      report.set_narrative(narrative);
      v1::Identifier& identifier = *report.add_identifiers();
      identifier.set_type(i % 2 == 0 ? v1::IDENTIFIER_TYPE_PHONE : v1::IDENTIFIER_TYPE_EMAIL);
      identifier.set_value(i % 2 == 0 ? phone_of(i) : mail_of(i));
      identifier.set_role(v1::SUBJECT_ROLE_RECRUITER);
    }
    importer.add(rows);
  }
  if (importer.progress().created() != count) throw std::runtime_error("reports were not taken");
}

v1::Clock clock_for(TestNode& from, TestNode& to) {
  v1::Clock clock = from.host->statements_for(to.id());
  for (auto& head : from.host->heads_for(to.id())) *clock.add_heads() = std::move(head);
  return clock;
}

struct Transfer {
  double read = 0, accept = 0;
  std::uint64_t records = 0;
};
Transfer transfer(TestNode& from, TestNode& to) {
  Transfer out;
  for (v1::Want want : to.host->wanted(from.id(), clock_for(from, to)).value())
    while (want.from() < want.to()) {
      const CpuClock reading;
      auto data = from.host->read(to.id(), want).value();
      out.read += reading.seconds();
      const std::uint64_t records = data.headers().size() / header_size;
      want.set_from(data.from() + records);
      want.clear_may_start();
      out.records += records;
      const CpuClock accepting;
      if (!to.host->accept(from.id(), {std::move(data)})) throw std::runtime_error("not accepted");
      out.accept += accepting.seconds();
    }
  return out;
}

/// Returns what a record takes on the peer's disk.
double feeds(TestNode& origin, TestNode& peer) {
  const double origin_empty = settled_size(origin);
  const CpuClock importing;
  import(origin, 0, some_reports);
  print("import_cpu_s", importing.seconds() / some_reports);
  const double origin_full = settled_size(origin);
  print("report_disk_bytes", (origin_full - origin_empty) / some_reports);
  const double peer_before = settled_size(peer);
  const CpuClock publishing;
  origin.publish();
  print("publish_lock_cpu_s", publishing.seconds() / some_reports);
  print("own_lock_disk_bytes", (settled_size(origin) - origin_full) / some_reports);
  const Transfer bulk = transfer(origin, peer);
  const auto records = static_cast<double>(bulk.records);
  print("read_record_cpu_s", bulk.read / records);
  print("accept_record_cpu_s", bulk.accept / records);
  const CpuClock matching;
  peer.lookups->match(origin.feed());
  print("match_record_cpu_s", matching.seconds() / records);
  const double record_size = (settled_size(peer) - peer_before) / records;
  print("record_disk_bytes", record_size);
  return record_size;
}

/// A publication of one new lock: 32 records with the dummies.
void small_publications(TestNode& origin, TestNode& peer) {
  constexpr int rounds = 20;
  double publish = 0, match = 0;
  Transfer all;
  for (int i = 0; i < rounds; ++i) {
    import(origin, 100'000 + static_cast<std::uint64_t>(i), 1);
    const CpuClock publishing;
    origin.publish();
    publish += publishing.seconds();
    const Transfer one = transfer(origin, peer);
    all.read += one.read;
    all.accept += one.accept;
    const CpuClock matching;
    peer.lookups->match(origin.feed());
    match += matching.seconds();
  }
  print("small_publication_cpu_s", publish / rounds);
  print("small_read_cpu_s", all.read / rounds);
  print("small_accept_cpu_s", (all.accept + match) / rounds);
}

struct Lookup {
  double ask = 0, answer = 0, finish = 0;
  std::uint64_t batches = 0;
};
Lookup look_up(TestNode& asker, TestNode& origin) {
  Lookup out;
  for (;;) {
    const CpuClock asking;
    const auto request = asker.host->next_lookup(origin.id());
    if (!request) return out;
    out.ask += asking.seconds();
    const CpuClock answering;
    const auto answer = origin.host->answer(asker.id(), *request);
    out.answer += answering.seconds();
    const CpuClock finishing;
    asker.host->finish_lookup(origin.id(), std::get<v1::Evaluated>(answer));
    out.finish += finishing.seconds();
    ++out.batches;
  }
}

void lookups(TestNode& asker, TestNode& origin) {
  import(asker, some_reports, some_reports);
  asker.lookups->plan();
  const double asker_before = settled_size(asker), origin_before = settled_size(origin);
  const Lookup large = look_up(asker, origin);
  const auto batches = static_cast<double>(large.batches);
  print("ask_256_cpu_s", (large.ask + large.finish) / batches);
  print("blind_256_cpu_s", large.ask / batches);
  print("answer_256_cpu_s", large.answer / batches);
  print("evaluation_disk_bytes", (settled_size(asker) - asker_before) / some_reports);
  print("answer_disk_bytes", (settled_size(origin) - origin_before) / batches);
  constexpr int rounds = 8;
  Lookup small;
  for (int i = 0; i < rounds; ++i) {
    import(asker, 200'000 + static_cast<std::uint64_t>(i), 1);
    asker.lookups->plan();
    const Lookup one = look_up(asker, origin);
    small.ask += one.ask + one.finish;
    small.answer += one.answer;
    small.batches += one.batches;
  }
  if (small.batches != rounds) throw std::runtime_error("one new identifier is not one batch");
  print("ask_64_cpu_s", small.ask / rounds);
  print("answer_64_cpu_s", small.answer / rounds);
}

/// A month in which the origin publishes: a token for each evaluation there.
void new_month(Federation& pair, double record_size) {
  TestNode &origin = pair[0], &asker = pair[1];
  const double before = settled_size(asker);
  pair.advance(31 * testing_support::day);
  import(origin, 300'000, 1);
  origin.publish();
  const Transfer records = transfer(origin, asker);
  const CpuClock matching;
  asker.lookups->match(origin.feed());
  const double count = some_reports + 8;
  print("token_cpu_s", matching.seconds() / count);
  const double of_records = static_cast<double>(records.records) * record_size;
  print("token_disk_bytes", (settled_size(asker) - before - of_records) / count);
}

double work(TestNode& node) {
  constexpr int rounds = 10;
  const CpuClock working;
  for (int i = 0; i < rounds; ++i) {
    desk::renew_published(*node.desk);
    for (const store::FeedState& feed : node.desk->feeds.all())
      if (feed.id.origin != node.id()) node.lookups->match(feed.id);
    desk::keep_up(*node.desk, *node.lookups);
    node.lookups->plan();
  }
  return working.seconds() / rounds;
}

/// What the minute's work costs when there is nothing to do, by feeds and by identifiers held.
void idle_work(Federation& crowd) {
  TestNode& node = crowd[1];
  const auto feeds = static_cast<double>(crowd.nodes.size());
  const double bare = work(node);
  print("work_feed_cpu_s", bare / feeds);
  import(node, 0, few_reports);
  crowd.exchange();
  print("work_identifier_feed_cpu_s", (work(node) - bare) / (few_reports * (feeds - 1)));
}

void heads(Federation& crowd) {
  constexpr int rounds = 30, hours = 4;
  TestNode &from = crowd[0], &to = crowd[1];
  const auto feeds = static_cast<double>(crowd.nodes.size());
  v1::Clock clock;
  const CpuClock listing;
  for (int i = 0; i < rounds; ++i) clock = clock_for(from, to);
  print("list_head_cpu_s", listing.seconds() / rounds / feeds);
  clock.clear_cards();
  clock.clear_acceptances();
  const auto told = static_cast<double>(clock.heads_size());
  if (told < feeds - 1) throw std::runtime_error("a feed is not told");
  const CpuClock comparing;
  for (int i = 0; i < rounds; ++i) to.host->wanted(from.id(), clock).value();
  print("known_head_cpu_s", comparing.seconds() / rounds / told);
  double cosigning = 0, learning = 0;
  for (int hour = 0; hour < hours; ++hour) {
    crowd.advance(seconds_per_hour + 1);
    for (auto& node : crowd.nodes) {
      const CpuClock one;
      desk::keep_up(*node->desk, *node->lookups);
      cosigning += one.seconds();
    }
    for (auto& node : crowd.nodes) {
      if (node->id() == to.id()) continue;
      v1::Clock own;
      for (auto& head : node->host->heads_for(to.id()))
        if (head.origin() == testing_support::bytes_of(node->id().bytes))
          *own.add_heads() = std::move(head);
      const CpuClock one;
      to.host->wanted(node->id(), own).value();
      learning += one.seconds();
    }
  }
  print("cosign_cpu_s", cosigning / hours / feeds);
  print("new_head_cpu_s", learning / hours / (feeds - 1));
}

/// Everybody connected to everybody, with nothing to say: the growth is shared out over the ends.
void connections(Federation& crowd) {
  std::vector<std::unique_ptr<Networked>> networked;
  const std::size_t nodes = crowd.nodes.size();
  const auto ends = static_cast<double>(nodes * (nodes - 1));
  const double before = bench::memory_kib();
  const CpuClock connecting;
  for (std::size_t i = 0; i < nodes; ++i) {
    for (std::size_t k = 0; k < nodes; ++k)
      if (k != i)
        bench::set_address(crowd[i], crowd[k], k < i ? networked[k]->address() : std::string());
    networked.push_back(std::make_unique<Networked>(crowd[i]));
  }
  bench::wait_until([&] {
    return std::all_of(networked.begin(), networked.end(), [&](const auto& each) {
      const auto links = each->service().connections();
      return links.size() == nodes - 1 &&
             std::all_of(links.begin(), links.end(),
                         [](const auto& link) { return link.bytes_received > 0; });
    });
  });
  print("connection_cpu_s", connecting.seconds() / ends);
  print("connection_memory_bytes", (bench::memory_kib() - before) * 1'024 / ends);
}

/// What grows with the members, at two sizes: the rest is a line through them.
void measure_crowd(std::size_t members) {
  suffix = fmt::format("@{}", members);
  std::vector<std::string> countries;
  for (std::size_t i = 0; i < members; ++i)
    countries.push_back({static_cast<char>('A' + i / 26), static_cast<char>('A' + i % 26)});
  const double before = bench::memory_kib();
  Federation crowd(countries, "world-crowd");
  for (std::size_t i = 0; i < members; ++i) {
    import(crowd[i], 1'000'000 + i, 1);
    crowd[i].publish();
  }
  crowd.exchange();
  print("node_memory_bytes", (bench::memory_kib() - before) * 1'024 / static_cast<double>(members));
  heads(crowd);
  idle_work(crowd);
  connections(crowd);
}

void run() {
  {
    Federation pair({"FR", "GB"}, "world-pair");
    const double record_size = feeds(pair[0], pair[1]);
    small_publications(pair[0], pair[1]);
    lookups(pair[1], pair[0]);
    new_month(pair, record_size);
  }
  for (std::size_t members : {small_crowd, large_crowd}) measure_crowd(members);
}

}  // namespace
}  // namespace bakhita::world

int main() {
  try {
    fmt::print("{{");
    bakhita::world::run();
    fmt::print("}}\n");
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "world_units: %s\n", problem.what());
    return 1;
  }
}
