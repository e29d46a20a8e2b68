// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "node/desk/charters.h"
#include "node/desk/desk.h"
#include "node/desk/lookups.h"
#include "node/desk/post.h"
#include "node/exchange/upstreams.h"
#include "node/peers/host.h"
#include "protocol/policy/record.h"

namespace bakhita::exchange {

/// How much of a feed a peer said that it holds: records [first, size).
struct Announced {
  std::uint64_t size = 0;
  std::uint64_t first = 0;
};

/// What is known of a connection, for `status` and `peer list`.
struct PeerContact {
  std::uint64_t last_contact = 0;  ///< Unix seconds
  std::string last_error;
  std::map<FeedId, Announced> announced;
};

/// Whom the exchange tells what happened. All may be called on any thread.
struct Listeners {
  /// Records, keys, acceptances or proofs came, or a peer went: there is matching and planning to
  /// do, others to be told, and to be fetched from.
  std::function<void()> work_arrived;
  /// Nothing may be signed any more, and why.
  std::function<void(const std::string& reason)> recovery_needed;
  /// False in recovery mode: then nothing of ours is told and no lookup answered.
  std::function<bool()> is_serving;
  /// False when the disk is so full that what peers send is left with them.
  std::function<bool()> has_room = [] { return true; };
  std::function<void(const NodeId& peer, const peers::PeerEvent&)> peer_event;
  std::function<void(const NodeId& peer)> quota_exhausted;
  std::function<void(const NodeId& peer, Error)> lookup_failed;
  /// One is kept; an acknowledgement may wait for its carrying.
  std::function<void(const NodeId& peer)> letter_arrived;
  /// A charter, signatures under one, a proposal or a fork became known; it is durable.
  std::function<void(const NodeId& peer, const desk::Learning&)> charter_learned =
      [](const NodeId&, const desk::Learning&) {};
};

/// What peers say of our own feeds since the start: a peer that answered without naming a feed
/// holds none of it.
struct OwnHeads {
  std::set<NodeId> answered;
  std::map<FeedId, std::map<NodeId, Announced>> held;  ///< signed by us
};

/// The node as its sessions see it: the one place where frames of peers meet the desk and the
/// store. Whoever brings the frames (TLS, a simulator) is not known here.
class ExchangeHost final : public peers::Host {
 public:
  ExchangeHost(desk::Desk& desk, desk::Lookups& lookups, desk::Post& post,
               std::uint64_t card_serial, Listeners listeners);

  NodeId self() const override { return desk_.self; }
  std::uint64_t now() const override { return desk_.now(); }
  std::optional<peers::KnownPeer> peer_by_pin(const Hash& pin) const override;
  std::vector<peers::KnownPeer> peers_to_dial() const override;
  std::uint64_t card_serial() const override { return card_serial_; }
  Signature sign_hello(ByteView message) const override { return keys::sign(log_seed_, message); }
  std::vector<v1::Acceptance> acceptances(const NodeId& peer) const override;
  void learn_acceptances(const NodeId& peer, std::vector<v1::Acceptance> acceptances) override;
  /// Charter packages that the peer should know: what it lacks of communities that it is in, and
  /// what removed it from others.
  std::vector<session::CharterNews> charters_for(const NodeId& peer) const override;
  bool shares_community(const NodeId& peer) const override;
  void learn_charter(const NodeId& peer, ByteView package) override;
  std::vector<v1::FeedHead> heads_for(const NodeId& peer) const override;
  v1::Clock statements_for(const NodeId& peer) const override;
  Result<std::vector<v1::Want>> wanted(const NodeId& peer, const v1::Clock& clock) override;
  Result<v1::Data> read(const NodeId& peer, const v1::Want& want) override;
  Result<std::optional<v1::Want>> accept(const NodeId& peer, std::vector<v1::Data> frames) override;
  Answer answer(const NodeId& peer, const v1::Evaluate& request) override;
  std::optional<v1::Evaluate> next_lookup(const NodeId& peer) override;
  void finish_lookup(const NodeId& peer, const v1::Evaluated& answer) override;
  void fail_lookup(const NodeId& peer, ByteView request_id, std::uint32_t retry_after,
                   std::optional<Error> why) override;
  std::optional<Bytes> next_letter(const NodeId& peer) override;
  void letter_delivered(const NodeId& peer, ByteView receipt) override;
  void letter_refused(const NodeId& peer, ByteView receipt, std::uint32_t retry_after,
                      Error why) override;
  Result<void> take_letter(const NodeId& peer, ByteView sealed) override;
  void report(const NodeId& peer, peers::PeerEvent event) override;

  std::map<NodeId, PeerContact> contacts() const;
  std::uint64_t records_received() const { return records_received_; }
  OwnHeads own_heads() const;
  void forget_own_heads();
  /// While it is held nothing of our own feeds is taken from peers.
  [[nodiscard]] std::unique_lock<std::mutex> hold_own_feeds() {
    return std::unique_lock(own_feeds_);
  }

 private:
  struct Origin {
    std::vector<PublicKey> log_keys;  ///< the newest first, then former ones
    bool is_self = false;
  };
  /// Whose feed this is, by which keys; nobody's whom the operators suspended.
  std::optional<Origin> origin_of(const FeedId& feed) const;
  /// Whose feed this is, if it may be spoken of between us and the peer: both are in the feed's
  /// community, and so is the origin, by the newest charter that we know. Nobody is otherwise.
  std::optional<Origin> origin_between(const NodeId& peer, const FeedId& feed) const;
  /// Whose records these are, if they may travel between us and the peer to `reader`, one of the
  /// two: besides, legal bases let them flow from the origin to whoever then holds them.
  std::optional<Origin> origin_for(const NodeId& peer, const FeedId& feed,
                                   const NodeId& reader) const;
  void note_relay(const NodeId& peer, const FeedId& feed);
  Error refuse_relay(const NodeId& peer, const FeedId& feed);
  std::vector<PublicKey> own_keys() const;
  void learn_statements(const NodeId& peer, const v1::Clock& clock);
  void learn_proof(const NodeId& peer, const v1::SplitView& proof);
  Result<void> compare(const NodeId& peer, const FeedId& feed, const v1::FeedHead& head);
  std::vector<v1::Want> wants_from(const NodeId& peer);
  bool is_credible(const FeedId& feed) const;
  std::optional<v1::Want> want_of(const NodeId& peer, const FeedId& feed, const Announced& told);
  Result<std::optional<v1::Want>> accept_one(const NodeId& peer, const FeedId& feed,
                                             const store::Range& range);
  Result<std::optional<v1::Want>> accept_next(const NodeId& peer, const FeedId& feed,
                                              const store::Range& range, const Origin& origin);
  bool somebody_has_more(const FeedId& feed, const store::FeedState& state) const;
  /// Why a peer is asked for an own feed of which something is held: what it has begins behind
  /// that, or before it, or is another past.
  enum class Retake : std::uint8_t { begins_behind, begins_before, other_past };
  struct Retaking {
    Retake why = Retake::begins_behind;
    int asked = 0;
    std::uint64_t compared = 0;  ///< of another past: so many records are those held
    bool is_other = false;       ///< and the next ones are proven to be others
  };
  std::optional<Retaking> retaking(const NodeId& peer, const FeedId& feed) const;
  void retake_from(const NodeId& peer, const FeedId& feed, Retake why);
  void end_retaking(const NodeId& peer, const FeedId& feed);
  std::optional<v1::Want> want_again(const NodeId& peer, const FeedId& feed, const Announced& told,
                                     std::uint64_t end);
  std::optional<v1::Want> compare_past(const NodeId& peer, const FeedId& feed,
                                       const store::Range& range, const PublicKey& key);
  Result<store::FeedState> take_range(const NodeId& peer, const FeedId& feed,
                                      const store::Range& range, const PublicKey& key);
  void take_back_from(const NodeId& peer, const FeedId& feed, const Announced& told);
  Result<void> check_generation(const FeedId& feed, const store::Range& range);
  void refuse_start(const NodeId& peer, const FeedId& feed, Error why);
  void split_view_found(const NodeId& peer, const FeedId& feed);
  bool may_connect(const store::Peer& peer) const;
  bool may_learn_why(const store::Peer& peer) const;
  bool shares(const NodeId& peer, const CommunityId& community) const;
  void check_own_head(const NodeId& peer, const FeedId& feed, const v1::FeedHead& head);
  void note_announced(const NodeId& peer, const FeedId& feed, const v1::FeedHead& head);

  desk::Desk& desk_;
  desk::Lookups& lookups_;
  desk::Post& post_;
  std::uint64_t card_serial_;
  Listeners listeners_;
  keys::SecretBytes log_seed_;
  std::atomic<std::uint64_t> records_received_{0};
  mutable std::atomic<std::size_t> heads_window_{0};  ///< where the next Clock begins
  std::mutex own_feeds_;                              ///< taken before the other
  mutable std::mutex mutex_;                          ///< of what follows
  std::map<NodeId, PeerContact> contacts_;
  std::map<NodeId, std::map<CommunityId, std::uint32_t>> epochs_;  ///< of the charters they hold
  std::map<std::pair<NodeId, FeedId>, policy::TermsRef> relayed_;  ///< that the audit trail has
  Upstreams upstreams_;
  OwnHeads own_heads_;
  /// Since recovery began: own feeds that a peer is asked for though something is held, none when
  /// it has answered; and those that were begun at a floor.
  std::map<std::pair<NodeId, FeedId>, std::optional<Retaking>> retaken_;
  std::set<FeedId> begun_at_floor_;
};

}  // namespace bakhita::exchange
