// SPDX-License-Identifier: EUPL-1.2
// Plays a schedule on the simulator's machines and network, without faults, and counts what the
// nodes say to each other: world_counts < SCHEDULE. One word and its numbers a line; times are
// seconds:
//   nodes N    seed S    work SECONDS    length SECONDS    count_from SECONDS
//   report TIME NODE VALUE    publish TIME NODE    remove TIME NODE    rekey TIME
// A VALUE is a phone number (+…) or an e-mail address. Prints one JSON object.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <ctime>
#include <iostream>
#include <stdexcept>

#include "node/desk/import.h"
#include "node/desk/matches.h"
#include "node/desk/publishing.h"
#include "protocol/session/frame.h"
#include "tests/simulation/network.h"
#include "tests/simulation/seams/crypto.h"
#include "tests/world/community.h"

namespace bakhita::world {
namespace {

using namespace simulation;

/// The daemon's default quotas (config/example.yaml).
constexpr QuotaLimits g1{1'024, 2'048, 250'000}, g2{4'096, 16'384, 1'000'000};
/// 2026-03-02 00:00 UTC.
constexpr std::uint64_t epoch_start = 1'772'409'600;

struct Step {
  std::string what;
  std::uint64_t time = 0;
  std::size_t node = 0;
  std::string value;
};
struct Schedule {
  std::size_t nodes = 0;
  std::uint64_t seed = 1, work = 60, length = 0, count_from = 0;
  std::vector<Step> steps;
};

Schedule read_schedule(std::istream& in) {
  Schedule out;
  for (std::string word; in >> word;) {
    if (word == "nodes") {
      in >> out.nodes;
    } else if (word == "seed") {
      in >> out.seed;
    } else if (word == "work") {
      in >> out.work;
    } else if (word == "length") {
      in >> out.length;
    } else if (word == "count_from") {
      in >> out.count_from;
    } else {
      Step& step = out.steps.emplace_back();
      step.what = word;
      in >> step.time;
      if (word == "report") in >> step.node >> step.value;
      if (word == "publish" || word == "remove") in >> step.node;
    }
    if (!in) throw std::runtime_error("the schedule is malformed at: " + word);
  }
  if (out.nodes < 2 || out.nodes > 250 || out.work == 0)
    throw std::runtime_error("the schedule wants 2 to 250 nodes, and work every second at most");
  return out;
}

struct Tally {
  std::uint64_t frames = 0, bytes = 0;
};
struct Counts {
  std::map<std::string, Tally> frames;  ///< by kind
  std::uint64_t pieces = 0, heads = 0, head_bytes = 0, cards = 0, card_bytes = 0, acceptances = 0,
                acceptance_bytes = 0, records = 0, body_bytes = 0, tls_bytes = 0;
  std::map<std::size_t, Tally> asked;   ///< by elements of the batch
  std::vector<std::uint64_t> received;  ///< bytes of frames, by node
};

/// As node/peers/tls.cpp pads: each TLS 1.3 record (RFC 8446 5.2) of at most 2^14 bytes is filled
/// up to a multiple of 512; 5 bytes of header and 16 of tag go with it.
std::uint64_t tls_size(std::uint64_t bytes) {
  constexpr std::uint64_t record_max = 16'384, block = 512, around = 21;
  std::uint64_t out = 0;
  for (; bytes > 0; bytes -= std::min(bytes, record_max))
    out += (std::min(bytes, record_max) + block) / block * block + around;
  return out;
}

void count_frame(const v1::Frame& frame, std::uint64_t bytes, Counts& counts) {
  const auto* field = v1::Frame::descriptor()->FindFieldByNumber(frame.body_case());
  Tally& tally = counts.frames[field == nullptr ? "unknown" : std::string(field->name())];
  ++tally.frames;
  tally.bytes += bytes;
  for (const v1::FeedHead& head : frame.clock().heads()) {
    ++counts.heads;
    counts.head_bytes += head.ByteSizeLong();
  }
  for (const std::string& card : frame.clock().cards()) {
    ++counts.cards;
    counts.card_bytes += card.size();
  }
  for (const v1::Acceptance& acceptance : frame.clock().acceptances()) {
    ++counts.acceptances;
    counts.acceptance_bytes += acceptance.ByteSizeLong();
  }
  counts.records += frame.data().headers().size() / 48;
  counts.body_bytes += frame.data().bodies().size();
  if (frame.has_evaluate()) {
    Tally& asked = counts.asked[frame.evaluate().elements().size() / 32];
    ++asked.frames;
    asked.bytes += bytes;
  }
}

/// Sees every piece that a session writes: whole frames.
class Counter final : public Watcher {
 public:
  explicit Counter(std::size_t nodes) : nodes_(nodes) { begin(); }
  /// Forgets what was counted.
  void begin() {
    counts = {};
    counts.received.resize(nodes_);
  }
  void frame_bytes(const Node&, const Node& to, ByteView piece) override {
    session::FrameInput input;
    input.append(piece);
    std::uint64_t whole = 0;
    for (auto payload = input.next(); payload && *payload; payload = input.next()) {
      v1::Frame frame;
      if (!frame.ParseFromArray((*payload)->data(), static_cast<int>((*payload)->size())))
        throw std::runtime_error("a frame of ours is malformed");
      const std::uint64_t bytes = (*payload)->size() + session::frame_prefix_size;
      whole += bytes;
      count_frame(frame, bytes, counts);
    }
    if (whole != piece.size()) throw std::runtime_error("a piece holds a part of a frame");
    ++counts.pieces;
    counts.tls_bytes += tls_size(piece.size());
    counts.received[to.index] += piece.size();
  }
  void heads_told(Node&, const Node&, const std::vector<v1::FeedHead>&) override {}
  void clock_compared(Node&, const Node&, const v1::Clock&,
                      const Result<std::vector<v1::Want>>&) override {}
  void range_told(Node&, const Node&, const v1::Want&, const v1::Data&) override {}
  void range_taken(Node&, const v1::Data&) override {}
  void letter_taken(const Node&, std::size_t) override {}
  void lookup_answered(Node&, const Node&, const v1::Evaluate&,
                       const peers::Host::Answer&) override {}
  void session_ended(Node&, const Node&, const session::Closed&) override {}

  Counts counts;

 private:
  std::size_t nodes_;
};

/// The nodes, all in one community, and the network between them.
struct Played {
  explicit Played(const Schedule& schedule)
      : random(schedule.seed),
        watcher(schedule.nodes),
        network(events, scenario, random.fork("network"), watcher),
        around{events,
               scenario,
               [this](Node& node) { network.went_down(node); },
               [this](Node& node) { network.came_up(node); },
               [this](Node& node) { network.announce_all(node); },
               [this](Node& node) { members_changed(node); },
               [](Node&) {},
               [](Node&) {},
               [](Node&, const NodeId&, const peers::PeerEvent&) {}} {
    scenario.silence_seconds = 120;
    scenario.seed = schedule.seed;
    crypto() = {};
    Random secret = random.fork("run secret");
    for (auto& byte : crypto().run_secret) byte = static_cast<std::uint8_t>(secret.next());
    for (std::size_t i = 0; i < schedule.nodes; ++i) {
      nodes.push_back(
          std::make_unique<Node>(i, random.fork("machine", i), around, epoch_start * second));
      nodes.back()->g1 = g1;
      nodes.back()->g2 = g2;
      network.add(*nodes.back());
      community.members.insert(i);
    }
    for (auto& node : nodes) node->start();
    renew_charter(community, nodes);
    for (auto& node : nodes) {
      for (auto& other : nodes)
        if (other != node) introduce(*node, *other);
      accept(*node);
    }
  }
  ~Played() {
    nodes.clear();
    set_current_disk(nullptr);
    crypto().entropy = nullptr;
  }
  void accept(Node& node) {
    accept_charter(community, node);
    network.greet_again(node);
    members_changed(node);
  }
  void members_changed(Node& node) {
    events.after(0, [this, &node] {
      if (node.up()) network.came_up(node);
    });
    node.work_soon();
  }

  Scenario scenario;
  Random random;
  Events events;
  Counter watcher;
  Network network;
  Node::Surroundings around;
  Nodes nodes;
  Community community;
};

void import_report(Node& node, const Step& step, const std::string& id) {
  admin::v1::ImportRows rows;
  v1::IncidentReport& report = *rows.add_rows()->mutable_report();
  report.set_id(id);
  report.mutable_received_at()->set_seconds(static_cast<std::int64_t>(node.unix_now()));
  report.set_tlp("AMBER");
  v1::Identifier& identifier = *report.add_identifiers();
  const bool phone = step.value.starts_with('+');
  identifier.set_type(phone ? v1::IDENTIFIER_TYPE_PHONE : v1::IDENTIFIER_TYPE_EMAIL);
  identifier.set_value(step.value);
  identifier.set_role(v1::SUBJECT_ROLE_RECRUITER);
  node.run([&] {
    desk::Importer importer(*node.desk, "import", "operator", false);
    importer.add(rows);
    if (importer.progress().created() != 1) throw std::runtime_error("not taken: " + step.value);
  });
  node.work_soon();
}

void publish_all(Node& node) {
  node.run([&] {
    admin::v1::Publish request;
    request.set_operator_("operator");
    desk::publish(*node.desk, request);
  });
  node.work_soon();
}

/// All operators bring the charter at the same moment.
void new_keys(Played& played, std::optional<std::size_t> leaver) {
  if (leaver) played.community.members.erase(*leaver);
  ++played.community.key_epoch;
  renew_charter(played.community, played.nodes);
  for (std::size_t i : played.community.members) played.accept(*played.nodes[i]);
}

void take(Played& played, const Step& step) {
  if (step.what == "rekey") return new_keys(played, std::nullopt);
  Node& node = *played.nodes.at(step.node);
  if (step.what == "report")
    import_report(node, step, fmt::format("{}/{}", step.time, step.value));
  else if (step.what == "publish")
    publish_all(node);
  else if (step.what == "remove")
    new_keys(played, step.node);
  else
    throw std::runtime_error("the schedule says what nobody knows: " + step.what);
}

/// The daemon works every minute, each node at a second of its own.
void plan_work(Events& events, Node& node, Micros every) {
  events.after(every, [&events, &node, every] {
    node.work_soon();
    plan_work(events, node, every);
  });
}

std::string json(const std::map<std::string, Tally>& tallies) {
  std::string out;
  for (const auto& [name, tally] : tallies)
    out += fmt::format("{}\"{}\":{{\"frames\":{},\"bytes\":{}}}", out.empty() ? "" : ",", name,
                       tally.frames, tally.bytes);
  return "{" + out + "}";
}

template <class Numbers>
std::string list(const Numbers& numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

/// Of an RFC 3339 time in UTC, since the schedule began.
std::int64_t seconds_of(const std::string& time) {
  std::tm parts{};
  if (strptime(time.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) == nullptr)
    throw std::runtime_error("no time: " + time);
  return timegm(&parts) - static_cast<std::int64_t>(epoch_start);
}

/// [asker, origin, its own report, second of the discovery]
std::string matches_of(const Nodes& nodes) {
  std::string out;
  for (const auto& node : nodes)
    node->run([&] {
      admin::v1::MatchList request;
      request.set_limit(1'000);
      const auto found = desk::list_matches(*node->desk, request);
      for (const admin::v1::MatchView& match : found.matches())
        out += fmt::format("{}[\"{}\",\"{}\",\"{}\",{}]", out.empty() ? "" : ",", node->country,
                           match.country(), match.report_ids(0), seconds_of(match.found_at()));
    });
  return "[" + out + "]";
}

void print(const Played& played) {
  const Counts& counts = played.watcher.counts;
  std::vector<std::uint64_t> sizes;
  for (const auto& node : played.nodes)
    for (const store::FeedState& feed : node->stores->feeds.all())
      if (feed.id.origin == node->id) sizes.push_back(feed.size);
  std::map<std::string, Tally> asked;
  for (const auto& [elements, tally] : counts.asked) asked[std::to_string(elements)] = tally;
  fmt::print(
      "{{\"frames\":{},\"asked\":{},\"pieces\":{},\"tls_bytes\":{},\"heads\":{},\"head_bytes\":{},"
      "\"cards\":{},\"card_bytes\":{},\"acceptances\":{},\"acceptance_bytes\":{},\"records\":{},"
      "\"body_bytes\":{},\"connections\":{},\"charter_bytes\":{},\"feed_sizes\":{},"
      "\"received\":{},\"matches\":{}}}\n",
      json(counts.frames), json(asked), counts.pieces, counts.tls_bytes, counts.heads,
      counts.head_bytes, counts.cards, counts.card_bytes, counts.acceptances,
      counts.acceptance_bytes, counts.records, counts.body_bytes, played.network.connections(),
      played.community.charter.ByteSizeLong(), list(sizes), list(counts.received),
      matches_of(played.nodes));
}

int run() {
  const Schedule schedule = read_schedule(std::cin);
  take_over_entropy();
  Played played(schedule);
  Random phase = played.random.fork("phase");
  const Micros every = schedule.work * second;
  for (auto& node : played.nodes)
    played.events.after(phase.below(every),
                        [&played, &node, every] { plan_work(played.events, *node, every); });
  for (const Step& step : schedule.steps)
    played.events.at(step.time * second, [&played, &step] { take(played, step); });
  played.events.run_until(schedule.count_from * second);
  played.watcher.begin();
  played.events.run_until(schedule.length * second);
  print(played);
  return 0;
}

}  // namespace
}  // namespace bakhita::world

int main() {
  try {
    return bakhita::world::run();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "world_counts: %s\n", problem.what());
    return 1;
  }
}
