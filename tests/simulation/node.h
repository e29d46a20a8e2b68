// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "node/desk/post.h"
#include "node/desk/stores.h"
#include "node/exchange/exchange_host.h"
#include "tests/simulation/events.h"
#include "tests/simulation/liar.h"
#include "tests/simulation/seams/disk.h"

namespace bakhita::simulation {

/// The machine's wall clock: true time, a rate, and leaps.
struct WallClock {
  Micros base = 0;  ///< Unix microseconds when the run began
  double rate = 1;
  std::int64_t leap_seconds = 0;
  std::uint64_t unix_now(Micros now) const {
    const auto run = static_cast<std::int64_t>(static_cast<double>(now) * rate);
    return static_cast<std::uint64_t>((static_cast<std::int64_t>(base) + run) / 1'000'000 +
                                      leap_seconds);
  }
};

/// One authority's machine: the product's stores, desk and exchange over a simulated disk, and what
/// the daemon does with them.
class Node {
 public:
  enum class State : std::uint8_t { down, up };
  struct Surroundings {
    Events& events;
    const Scenario& scenario;
    std::function<void(Node&)> went_down;        ///< its connections break
    std::function<void(Node&)> came_up;          ///< it may dial
    std::function<void(Node&)> announce_all;     ///< work was done: tell the peers, ask them
    std::function<void(Node&)> members_changed;  ///< whom it may dial and serve is another
    std::function<void(Node&)> renewed;          ///< its publications were brought up to date
    std::function<void(Node&)> keys_changed;     ///< its card is another: peers need it
    std::function<void(Node&, const NodeId&, const peers::PeerEvent&)> peer_event;
  };

  Node(std::size_t index, Random random, const Surroundings& around, Micros base);
  ~Node();

  /// Calls the product as this machine: with its disk and its randomness. A storage error stops
  /// the node, a loss of power crashes it; returns false then.
  bool run(const std::function<void()>& work);
  void start();
  /// What an operator does to the keystore of a node that is stopped.
  void change_keys(const std::function<void(keys::Keystore&)>& change);
  void stop();
  /// The power goes, or the process is killed; it starts again after `down_time`.
  void crash(Micros down_time);
  bool up() const { return state == State::up && !power_lost_; }
  /// Up, and may show and sign.
  bool serving() const { return up() && recovery_reason.empty(); }
  std::uint64_t unix_now() const { return clock.unix_now(around.events.now()); }
  void work_soon();
  Signature sign(std::string_view key, ByteView message) const;
  /// Its newest generation; the node is up.
  FeedId feed(const CommunityId& community) const { return stores->feeds.newest(community, id); }
  /// After exchange::finish_recovery, as node/daemon/node.cpp does it; false when it is in recovery
  /// again at once.
  bool leave_recovery();

  std::size_t index;
  std::string country;
  Random random;
  Random entropy;
  const Surroundings& around;
  Disk disk;
  std::optional<DiskImage> old_copy;  ///< taken some time ago
  WallClock clock;
  State state = State::down;
  std::string recovery_reason;
  std::string start_problem;               ///< of the last start that failed
  std::size_t recovery_looks = 0;          ///< of its operator, since it began
  std::optional<keys::Keystore> keystore;  ///< none while the machine is down
  keys::SecretBytes identity;              ///< as its operator could read it any time
  NodeId id;
  PublicKey log_key{}, encryption_key{};
  std::vector<PublicKey> former_log_keys;
  Hash tls_pin{};
  Bytes card;
  std::uint64_t card_serial = 0;
  std::map<NodeId, Micros> cards_taken;  ///< when a newer one of that peer was last taken
  std::unique_ptr<desk::Stores> stores;
  std::unique_ptr<desk::Desk> desk;
  std::unique_ptr<desk::Lookups> lookups;
  std::unique_ptr<desk::Post> post;
  std::unique_ptr<exchange::ExchangeHost> host;
  QuotaLimits g1, g2;
  Liar liar;
  bool hostile = false;      ///< it sends what no node of ours sends
  bool rolled_back = false;  ///< an old copy was put back: what came after it is lost
  bool lost_all = false;     ///< all but its keystore, once
  bool anchor_lost = false;  ///< since then it has not left recovery mode
  std::uint64_t starts = 0;

 private:
  void refresh_card();
  Bytes make_card() const;
  void open();
  void begin_serving();
  void sign_what_is_durable();
  void enter_recovery(const std::string& reason);
  exchange::Listeners listeners();
  void close();
  void work();
  void die(const std::string& why, Micros down_time);

  bool work_planned_ = false;
  bool dying_ = false;
  bool power_lost_ = false;  ///< nothing runs on it any more; the network learns of it by and by
  std::uint64_t life_ = 0;   ///< grows with each stop, so that plans of an earlier life are void
};

/// 32 bytes to text and back for Protobuf.
std::string text_of(ByteView bytes);

}  // namespace bakhita::simulation
