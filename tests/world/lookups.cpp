// SPDX-License-Identifier: EUPL-1.2
// How long blind lookups wait: one origin and all its peers, as discrete events, under the very
// token buckets of the protocol (protocol/lookup/quota.h) and by the rules of node/desk/lookups.cpp
// and answering.cpp: world_lookups < INPUT. One word and its numbers a line:
//   seed S    days D    ceiling TIMES    onboarding G1 G2
//   quota GROUP PER_DAY BURST PER_EPOCH      GROUP is 1 or 2
//   peer G1_PER_DAY G2_PER_DAY G1_STANDING G2_STANDING
// Standing identifiers wait from the first second on, as under new keys; others come by chance.
// Prints one JSON object; times are seconds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <queue>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "protocol/limits.h"
#include "protocol/lookup/quota.h"

namespace bakhita::world {
namespace {

constexpr double day = 86'400;
constexpr std::uint64_t retry_max = 3'600;  ///< protocol/session/lookups.cpp
constexpr double work_interval = 60;
constexpr double round_trip = 0.2;  ///< between two batches of one peer
constexpr std::uint32_t epoch = 1;

/// SplitMix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  double unit() {
    std::uint64_t z = (state_ += 0x9e37'79b9'7f4a'7c15);
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
  }
  double wait(double per_day) { return -std::log(1 - unit()) / per_day * day; }

 private:
  std::uint64_t state_;
};

struct Input {
  std::uint64_t seed = 1, ceiling = 10;
  double days = 30;
  std::uint64_t onboarding[2] = {0, 0};
  QuotaLimits limits[2];
  struct Peer {
    double per_day[2];
    std::uint64_t standing[2];
  };
  std::vector<Peer> peers;
};

Input read_input(std::istream& in) {
  Input out;
  for (std::string word; in >> word;) {
    if (word == "seed") {
      in >> out.seed;
    } else if (word == "days") {
      in >> out.days;
    } else if (word == "ceiling") {
      in >> out.ceiling;
    } else if (word == "onboarding") {
      in >> out.onboarding[0] >> out.onboarding[1];
    } else if (word == "quota") {
      std::size_t group = 0;
      in >> group;
      if (group < 1 || group > 2) throw std::runtime_error("a group is 1 or 2");
      QuotaLimits& limits = out.limits[group - 1];
      in >> limits.per_day >> limits.burst >> limits.per_epoch;
    } else if (word == "peer") {
      Input::Peer& peer = out.peers.emplace_back();
      in >> peer.per_day[0] >> peer.per_day[1] >> peer.standing[0] >> peer.standing[1];
    } else {
      throw std::runtime_error("nobody knows the word " + word);
    }
    if (!in) throw std::runtime_error("malformed at: " + word);
  }
  return out;
}

/// An identifier that waits, in the order of its keyed hash: as the rows of the queue lie.
struct Waiting {
  double hash, since;
  bool standing;
  bool operator<(const Waiting& other) const { return hash < other.hash; }
};

struct Peer {
  std::multiset<Waiting> waiting[2];
  QuotaAccount at_origin[2], as_it_believes[2];
  double held_until = 0;
  double wakes_at = -1;  ///< planned; < 0: not
};

struct Totals {
  std::uint64_t arrived[2] = {}, evaluated[2] = {}, elements[2] = {};
  std::uint64_t answered_64 = 0, answered_256 = 0, refused_64 = 0, refused_256 = 0;
  double standing_share_done[2][3] = {{-1, -1, -1}, {-1, -1, -1}};  ///< 50, 90 and 100 %
  double exhausted_at[2] = {-1, -1};  ///< nothing more is answered in this epoch
};

class Origin {
 public:
  explicit Origin(const Input& input) : input_(input), random_(input.seed) {
    for (std::size_t g = 0; g < 2; ++g) {
      const QuotaLimits& one = input.limits[g];
      ceilings_[g] = {one.per_day * input.ceiling, one.burst * input.ceiling,
                      one.per_epoch * input.ceiling};
      all_[g] = fresh_account(ceilings_[g], epoch, 0);
    }
    peers_.resize(input.peers.size());
    for (std::size_t p = 0; p < peers_.size(); ++p) begin(p);
  }

  void run() {
    const double end = input_.days * day;
    while (!events_.empty() && events_.top().time <= end) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.time;
      if (event.arrives < 2)
        arrive(event.peer, event.arrives);
      else if (peers_[event.peer].wakes_at == event.time)
        wake(event.peer);
    }
  }

  void print() {
    std::uint64_t left[2] = {};
    for (const Peer& peer : peers_)
      for (std::size_t g = 0; g < 2; ++g) left[g] += peer.waiting[g].size();
    const auto pair = [](const auto& two) { return fmt::format("[{},{}]", two[0], two[1]); };
    const auto list = [](const auto& all) { return fmt::format("[{}]", fmt::join(all, ",")); };
    fmt::print(
        "{{\"arrived\":{},\"evaluated\":{},\"left\":{},\"elements\":{},\"answered_64\":{},"
        "\"answered_256\":{},\"refused_64\":{},\"refused_256\":{},\"standing_done\":[{},{}],"
        "\"exhausted_at\":{},\"waits\":[{},{}]}}\n",
        pair(totals_.arrived), pair(totals_.evaluated), pair(left), pair(totals_.elements),
        totals_.answered_64, totals_.answered_256, totals_.refused_64, totals_.refused_256,
        list(totals_.standing_share_done[0]), list(totals_.standing_share_done[1]),
        pair(totals_.exhausted_at), list(percentiles(waits_[0])), list(percentiles(waits_[1])));
  }

 private:
  struct Event {
    double time;
    std::uint64_t order;
    std::size_t peer;
    std::size_t arrives;  ///< the group of the identifier; 2: the peer wakes
    bool operator<(const Event& other) const {
      return std::tie(time, order) > std::tie(other.time, other.order);
    }
  };

  void begin(std::size_t p) {
    Peer& peer = peers_[p];
    for (std::size_t g = 0; g < 2; ++g) {
      peer.at_origin[g] = peer.as_it_believes[g] = fresh_account(input_.limits[g], epoch, 0);
      peer.at_origin[g].onboarding = peer.as_it_believes[g].onboarding = input_.onboarding[g];
      for (std::uint64_t i = 0; i < input_.peers[p].standing[g]; ++i)
        peer.waiting[g].insert({random_.unit(), 0, true});
      standing_[g] += input_.peers[p].standing[g];
      plan_arrival(p, g);
    }
    if (input_.peers[p].standing[0] + input_.peers[p].standing[1] > 0)
      plan_wake(p, random_.unit() * work_interval);
  }

  void plan_arrival(std::size_t p, std::size_t group) {
    const double per_day = input_.peers[p].per_day[group];
    if (per_day > 0) events_.push({now_ + random_.wait(per_day), order_++, p, group});
  }

  void plan_wake(std::size_t p, double at) {
    Peer& peer = peers_[p];
    if (peer.wakes_at >= now_ && peer.wakes_at <= at) return;
    peer.wakes_at = at;
    events_.push({at, order_++, p, 2});
  }

  /// Imports make the node work at once.
  void arrive(std::size_t p, std::size_t group) {
    ++totals_.arrived[group];
    peers_[p].waiting[group].insert({random_.unit(), now_, false});
    plan_wake(p, std::max(now_ + 1, peers_[p].held_until));
    plan_arrival(p, group);
  }

  /// As Lookups::next chooses: the enumerable group first, as much as the origin is believed to
  /// grant.
  void wake(std::size_t p) {
    Peer& peer = peers_[p];
    peer.wakes_at = -1;
    const auto second = static_cast<std::uint64_t>(now_);
    bool wants_room = false;
    for (std::size_t g = 0; g < 2; ++g) {
      if (peer.waiting[g].empty()) continue;
      const std::uint64_t room =
          elements_left(peer.as_it_believes[g], input_.limits[g], epoch, second);
      const std::size_t most = room >= limits::batch_backfill    ? limits::batch_backfill
                               : room >= limits::batch_scheduled ? limits::batch_scheduled
                                                                 : 0;
      const std::size_t real = std::min(most, peer.waiting[g].size());
      wants_room = wants_room || real == 0;
      if (real > 0) return ask(p, g, real);
    }
    if (wants_room) plan_wake(p, now_ + work_interval);
  }

  void ask(std::size_t p, std::size_t group, std::size_t real) {
    Peer& peer = peers_[p];
    const auto second = static_cast<std::uint64_t>(now_);
    const std::size_t size =
        real > limits::batch_scheduled ? limits::batch_backfill : limits::batch_scheduled;
    take(peer.as_it_believes[group], input_.limits[group], epoch, size, second);
    const std::uint64_t wait = charge(peer, group, size, second);
    const bool large = size == limits::batch_backfill;
    if (wait > 0) {
      ++(large ? totals_.refused_256 : totals_.refused_64);
      peer.held_until = now_ + static_cast<double>(std::min(wait, retry_max));
      return plan_wake(p, peer.held_until + 1);
    }
    ++(large ? totals_.answered_256 : totals_.answered_64);
    totals_.elements[group] += size;
    evaluated(peer, group, real);
    // The answer says what is left.
    QuotaAccount& believed = peer.as_it_believes[group];
    const std::uint64_t left =
        elements_left(peer.at_origin[group], input_.limits[group], epoch, second);
    believed.tokens = static_cast<double>(std::min(left, input_.limits[group].burst));
    believed.onboarding = left - std::min(left, input_.limits[group].burst);
    believed.updated = second;
    if (!peer.waiting[0].empty() || !peer.waiting[1].empty()) plan_wake(p, now_ + round_trip);
  }

  /// As answering.cpp charges: the peer's own account and that of all, or neither.
  std::uint64_t charge(Peer& peer, std::size_t group, std::size_t size, std::uint64_t second) {
    QuotaAccount own = peer.at_origin[group];
    const bool granted = own.onboarding >= size;
    std::uint64_t wait = take(own, input_.limits[group], epoch, size, second);
    if (wait == 0 && !granted) {
      wait = take(all_[group], ceilings_[group], epoch, size, second);
      if (all_[group].used_epoch + limits::batch_scheduled > ceilings_[group].per_epoch &&
          totals_.exhausted_at[group] < 0)
        totals_.exhausted_at[group] = now_;
    }
    if (wait == 0) peer.at_origin[group] = own;
    return wait;
  }

  void evaluated(Peer& peer, std::size_t group, std::size_t count) {
    totals_.evaluated[group] += count;
    for (; count > 0; --count) {
      const Waiting one = *peer.waiting[group].begin();
      peer.waiting[group].erase(peer.waiting[group].begin());
      if (one.standing)
        standing_done(group);
      else
        waits_[group].push_back(static_cast<float>(now_ - one.since));
    }
  }

  void standing_done(std::size_t group) {
    const auto done = static_cast<double>(++done_[group]);
    constexpr double shares[] = {0.5, 0.9, 1};
    for (std::size_t i = 0; i < 3; ++i)
      if (totals_.standing_share_done[group][i] < 0 &&
          done >= shares[i] * static_cast<double>(standing_[group]))
        totals_.standing_share_done[group][i] = now_;
  }

  /// 0 to 100 %, of what was evaluated.
  static std::vector<float> percentiles(std::vector<float> values) {
    std::vector<float> out;
    if (values.empty()) return out;
    std::sort(values.begin(), values.end());
    for (std::size_t i = 0; i <= 100; ++i) out.push_back(values[i * (values.size() - 1) / 100]);
    return out;
  }

  const Input& input_;
  Random random_;
  QuotaLimits ceilings_[2];
  QuotaAccount all_[2];
  std::vector<Peer> peers_;
  std::priority_queue<Event> events_;
  double now_ = 0;
  std::uint64_t order_ = 0, standing_[2] = {}, done_[2] = {};
  Totals totals_;
  std::vector<float> waits_[2];
};

}  // namespace
}  // namespace bakhita::world

int main() {
  try {
    const bakhita::world::Input input = bakhita::world::read_input(std::cin);
    bakhita::world::Origin origin(input);
    origin.run();
    origin.print();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "world_lookups: %s\n", problem.what());
    return 1;
  }
}
