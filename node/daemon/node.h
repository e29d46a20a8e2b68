// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "config/config.h"
#include "keys/keystore.h"
#include "node/capture/writer.h"
#include "node/desk/desk.h"
#include "node/desk/lookups.h"
#include "node/desk/stores.h"
#include "node/exchange/exchange_host.h"
#include "node/peers/service.h"

namespace bakhita::daemon {

/// The running node: owns the parts, and stops them in order. Everything public is thread-safe.
class Node {
 public:
  /// Opens the database and checks it against the head anchor. In recovery mode peers are met and
  /// own feeds fetched back, and nothing else. `capture` takes every frame, if it is there. Throws
  /// for what an operator must mend first.
  Node(config::Config config, keys::Keystore keystore, desk::OlderKeystore older,
       std::unique_ptr<capture::Writer> capture);
  ~Node();
  /// Starts network and timed work.
  void start();
  void stop();

  const config::Config& config() const { return config_; }
  keys::Keystore& keystore() { return keystore_; }
  desk::Desk& desk();
  desk::Lookups& lookups();
  peers::Service& network();
  /// Returns when the network thread has turned once; at once when there is none.
  void wait_for_network() const;
  NodeId self() const { return self_; }
  const v1::NodeCard& card() const { return card_; }
  Bytes signed_card() const { return signed_card_; }
  std::uint64_t started_at() const { return started_at_; }
  /// Nothing when frames are not captured.
  const capture::Writer* capture() const { return capture_.get(); }
  std::uint64_t records_received() const { return host_ ? host_->records_received() : 0; }

  /// Throws service::RequestError in recovery mode.
  void require_serving() const;
  exchange::OwnHeads own_heads() const;
  /// For as long as a decision about our own feeds is taken and carried out: none is taken from
  /// peers.
  [[nodiscard]] std::unique_lock<std::mutex> hold_own_feeds();
  /// Recovery is finished: the node serves, unless something new is in the way.
  void leave_recovery();
  /// Why nothing is signed and no lookup answered; empty when serving.
  std::string recovery_reason() const;
  void enter_recovery(const std::string& reason);
  /// The disk cannot be trusted, or the program has a mistake: the process ends with an error, and
  /// says why.
  void stop_for_failure(const std::exception& failure);
  bool failed() const { return failed_; }
  /// What went wrong; empty while failed() is false.
  std::string failure() const;

  /// Reports, peers or feeds changed: lookups are queued, arrivals matched, peers told.
  void work_arrived();
  /// Records that arrived are not matched yet, or lookups not planned.
  bool is_working() const;
  /// Peers or communities changed.
  void members_changed();
  /// Something was learned of a charter: sessions begin or end, and what is published is renewed.
  void charter_learned(const desk::Learning& learning);
  /// This node accepted a charter: its members learn of it, those connected already, too.
  void charter_accepted(const v1::Charter& charter);
  std::map<NodeId, exchange::PeerContact> contacts() const {
    return host_ ? host_->contacts() : std::map<NodeId, exchange::PeerContact>();
  }
  std::uint64_t now() const;

 private:
  struct Parts;
  void accept_older_keystore();
  void begin_serving();
  void finish_erasures();
  void sign_what_is_durable();
  exchange::Listeners listeners();
  void work_loop();
  void work_once();

  config::Config config_;
  keys::Keystore keystore_;
  std::unique_ptr<capture::Writer> capture_;
  NodeId self_;
  v1::NodeCard card_;
  Bytes signed_card_;
  std::uint64_t started_at_ = 0;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<exchange::ExchangeHost> host_;
  std::unique_ptr<peers::Service> network_;
  std::atomic<bool> failed_{false};

  mutable std::mutex mutex_;  ///< of what follows
  std::condition_variable wake_;
  bool work_waiting_ = false;
  bool work_running_ = false;
  bool stopping_ = false;
  std::string recovery_reason_;
  std::string failure_;
  std::thread worker_;
};

}  // namespace bakhita::daemon
