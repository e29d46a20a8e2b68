// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "node/peers/backoff.h"
#include "protocol/session/session.h"
#include "protocol/session/wire.h"
#include "tests/simulation/node.h"

namespace bakhita::simulation {

class Network;

/// What the oracles see of the conversations.
struct Watcher {
  virtual ~Watcher() = default;
  virtual void frame_bytes(const Node& from, const Node& to, ByteView bytes) = 0;
  virtual void heads_told(Node& from, const Node& to, const std::vector<v1::FeedHead>& heads) = 0;
  virtual void clock_compared(Node& at, const Node& from, const v1::Clock& clock,
                              const Result<std::vector<v1::Want>>& wants) = 0;
  virtual void range_told(Node& from, const Node& to, const v1::Want& want,
                          const v1::Data& data) = 0;
  virtual void range_taken(Node& at, const v1::Data& data) = 0;
  /// `unsynced`: batches on its disk that waited before.
  virtual void letter_taken(const Node& at, std::size_t unsynced) = 0;
  virtual void lookup_answered(Node& from, const Node& to, const v1::Evaluate& request,
                               const peers::Host::Answer& answer) = 0;
  virtual void session_ended(Node& at, const Node& peer, const session::Closed& closed) = 0;
};

/// Faults of the network, set and taken away by the fault families.
struct Weather {
  Micros delay_extra = 0;     ///< at most, added at random to each piece
  std::size_t piece_max = 0;  ///< bytes that arrive together; 0: as they were sent
  std::set<std::pair<std::size_t, std::size_t>> blocked;  ///< from → to: nothing passes
  Micros job_time_max = 0;                                ///< host jobs take up to so long
  bool is_blocked(std::size_t from, std::size_t to) const { return blocked.contains({from, to}); }
};

/// One side of a connection: a session, and what node/peers/link.cpp does around it.
struct End {
  Node* node = nullptr;
  std::optional<session::Session> session;
  bool dialed = false;
  bool open = false;
  bool closing = false;  ///< our side has sent its last byte
  bool gone = false;     ///< nothing more happens here
  Micros begun_at = 0, opened_at = 0;
  Micros tick_at = ~Micros{0};
  Micros arrives_last = 0;   ///< of what we sent: a stream keeps its order
  Bytes waiting;             ///< arrived, but the session wants no input now
  session::FrameInput sent;  ///< cut into frames again
  std::uint64_t pongs = 0;   ///< of them: one for each Ping that was read
};

struct Link {
  std::uint64_t number = 0;
  End ends[2];
  Micros latency = 0;
  bool lost = false;  ///< a piece was lost for good: nothing behind it arrives
  End& other(const End& end) { return &end == &ends[0] ? ends[1] : ends[0]; }
};

/// Connections between all nodes: dialing with back-off, sessions, streams with faults.
class Network {
 public:
  Network(Events& events, const Scenario& scenario, Random random, Watcher& watcher);
  void add(Node& node);
  /// A machine may dial, and be dialed.
  void came_up(Node& node);
  void went_down(Node& node);
  void announce_all(Node& node);
  /// Ends this node's sessions, so that new Hellos bring what changed.
  void greet_again(Node& node);
  /// Breaks a random connection.
  bool cut_one(Random& random);
  /// Plays the bytes of an older connection into a new one that claims to be `victim`.
  bool replay_one(Random& random);
  /// Bytes that no node sends, from `node` in an open session of its own.
  bool inject(Node& node, Random& random, const std::function<Bytes(Node& peer)>& make);
  bool connected(const NodeId& a, const NodeId& b) const;
  Node* find(const NodeId& id) const;
  std::size_t open_links() const;
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t connections() const { return next_link_; }

  Weather weather;

 private:
  using LinkPointer = std::shared_ptr<Link>;
  struct Dialing {
    std::unique_ptr<peers::Backoff> backoff;
    bool planned = false;
    std::uint64_t life = 0;
  };

  session::Time now() const {
    return session::Time(static_cast<session::Time::rep>(events_.now() / 1'000));
  }
  session::Settings settings() const;
  void refresh(Node& node, std::uint64_t life);
  void plan_dial(Node& node, const NodeId& peer);
  void dial(Node& node, const NodeId& peer);
  void connect(Node& caller, Node& listener, const peers::KnownPeer& expected);
  void begin(const LinkPointer& link, End& end, const peers::KnownPeer& peer, const Hash& exporter);
  void check_rate(End& end, ByteView sent) const;
  void pump(const LinkPointer& link, End& end);
  void perform(const LinkPointer& link, End& end, session::Effect effect);
  void deliver(const LinkPointer& link, End& from, Bytes bytes);
  void arrive(const LinkPointer& link, End& to, Bytes bytes);
  void feed(const LinkPointer& link, End& to);
  void plan_tick(const LinkPointer& link, End& end);
  void on_opened(const LinkPointer& link, End& end, const v1::Hello& hello);
  void close_side(const LinkPointer& link, End& end);
  void vanish(const LinkPointer& link, End& end);
  void break_stream(const LinkPointer& link, End& end);
  template <class Work, class Then>
  void job(const LinkPointer& link, End& end, Work work, Then then);
  Node& peer_of(const LinkPointer& link, const End& end) { return *link->other(end).node; }
  bool has_link(const Node& node, const NodeId& peer) const;
  void report(Node& node, const NodeId& peer, peers::PeerEvent::Kind kind,
              std::optional<Error> error);

  Events& events_;
  const Scenario& scenario_;
  Random random_;
  Watcher& watcher_;
  std::map<NodeId, Node*> nodes_;
  std::map<NodeId, std::vector<LinkPointer>> links_;  ///< by either end
  std::map<std::pair<NodeId, NodeId>, Dialing> dialing_;
  std::map<NodeId, std::uint64_t> lives_;
  std::uint64_t next_link_ = 0;
  std::uint64_t bytes_sent_ = 0;
  struct Recording {
    NodeId from, to;
    Bytes bytes;
  };
  std::deque<Recording> recordings_;
};

}  // namespace bakhita::simulation
