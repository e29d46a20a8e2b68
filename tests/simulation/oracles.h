// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <set>
#include <string>

#include "tests/simulation/network.h"
#include "tests/simulation/truth.h"

namespace bakhita::simulation {

class World;

/// What must hold, asked at every step (the calls of Watcher, signatures, writes), every virtual
/// minute (look_around), and at the end (what_is_missing, look_back). A violation throws.
class Oracles final : public Watcher {
 public:
  explicit Oracles(World& world) : world_(world) {}
  void begin();

  // Safety, at every step.
  void frame_bytes(const Node& from, const Node& to, ByteView bytes) override;
  void heads_told(Node& from, const Node& to, const std::vector<v1::FeedHead>& heads) override;
  void clock_compared(Node& at, const Node& from, const v1::Clock& clock,
                      const Result<std::vector<v1::Want>>& wants) override;
  void range_told(Node& from, const Node& to, const v1::Want& want, const v1::Data& data) override;
  void range_taken(Node& at, const v1::Data& data) override;
  void letter_taken(const Node& at, std::size_t unsynced) override;
  void lookup_answered(Node& from, const Node& to, const v1::Evaluate& request,
                       const peers::Host::Answer& answer) override;
  void session_ended(Node& at, const Node& peer, const session::Closed& closed) override;
  void peer_event(const Node& at, const NodeId& peer, const peers::PeerEvent& event);
  void signature_made(ByteView public_key, ByteView message);
  /// After records of its own were written.
  void published(Node& node);
  void policy_kept(Node& node);
  /// Its card is another; the log key may be.
  void keys_changed(Node& node) { by_log_key_[node.log_key] = &node; }

  void look_around();
  /// Liveness: empty, or what one still waits for.
  std::string what_is_missing();
  /// Everything that is too dear to ask each minute.
  void look_back();

  /// Of all that was sent, in order.
  std::uint64_t history = 0xcbf2'9ce4'8422'2325;

 private:
  void mix(std::uint64_t value);
  void check_replicas(Node& node);
  void check_member(const Node& from, const Node& to, const std::string& community,
                    const char* what);
  std::string missing_feed(Node& node, Node& origin, const Group& group);
  std::string missing_match(Node& node, Node& origin, const Group& group);
  void check_elements(const Node& from, const v1::Evaluate& request);
  void check_withdrawn(Node& node);
  void check_keys(Node& node);
  bool is_suspect(const Node& node) const;
  void note_seen(const Node& at, const Checkpoint& seen);
  bool could_know(const Node& signer, const Checkpoint& signed_now) const;

  World& world_;
  std::map<PublicKey, Node*> by_log_key_;
  /// What was asked of an origin: by origin, asker, community and group.
  struct Asked {
    std::map<std::string, std::string> requests;  ///< id → elements
    std::uint64_t elements = 0;
    std::uint64_t first = 0, last = 0;  ///< the origin's clock, earliest and latest
  };
  std::map<std::tuple<NodeId, NodeId, std::string, std::uint32_t>, Asked> asked_;

  /// Checkpoints that reached somebody: feed and size → roots → at whom. Kept where machines are
  /// lost.
  std::map<std::pair<FeedId, std::uint64_t>, std::map<Hash, std::set<std::size_t>>> seen_;

  /// Tokens of an origin's published locks that carry a salt: none twice.
  std::map<FeedId, std::set<Bytes>> salts_;
  std::map<FeedId, std::uint64_t> salts_seen_, published_life_;
  std::map<NodeId, std::set<std::string>> oprf_keys_;
  std::map<NodeId, std::map<std::string, std::string>> elements_;  ///< → request id
};

}  // namespace bakhita::simulation
