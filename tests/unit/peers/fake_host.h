// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "keys/keystore.h"
#include "node/peers/host.h"
#include "protocol/community/card.h"
#include "protocol/session/error_code.h"
#include "protocol/session/shape.h"

namespace bakhita::peers {

/// A node of which only what the network sees is real: keys, and feeds of numbered records.
class FakeHost : public Host {
 public:
  FakeHost(std::string country, std::uint8_t seed)
      : log_seed_(seed_of(seed, 1)), tls_seed_(seed_of(seed, 2)), country_(std::move(country)) {
    node_.bytes.fill(seed);
  }

  const keys::SecretBytes& tls_seed() const { return tls_seed_; }
  KnownPeer card(std::vector<std::string> addresses = {}) const {
    return {node_,
            country_,
            keys::ed25519_public(log_seed_),
            tls_pin(keys::ed25519_public(tls_seed_)),
            1,
            std::move(addresses)};
  }
  void trust(const KnownPeer& peer) {
    const std::scoped_lock lock(mutex_);
    peers_[peer.node] = peer;
  }
  void distrust(const NodeId& node) {
    const std::scoped_lock lock(mutex_);
    peers_.erase(node);
  }
  FeedId own_feed() const { return {CommunityId{}, node_, 1}; }
  void publish(std::uint64_t records) {
    const std::scoped_lock lock(mutex_);
    feeds_[own_feed()] += records;
  }
  std::uint64_t held(const FeedId& feed) const {
    const std::scoped_lock lock(mutex_);
    const auto found = feeds_.find(feed);
    return found == feeds_.end() ? 0 : found->second;
  }
  void ask(v1::Evaluate lookup) {
    const std::scoped_lock lock(mutex_);
    lookups_.push_back(std::move(lookup));
  }

  /// Blocks until `condition` holds, which is looked at after each call of the network; false after
  /// 20 s.
  template <class Condition>
  bool wait_for(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds{120}, [&] { return condition(*this); });
  }
  // For conditions: no lock taken.
  std::uint64_t size_of(const FeedId& feed) const {
    const auto found = feeds_.find(feed);
    return found == feeds_.end() ? 0 : found->second;
  }
  std::size_t count(PeerEvent::Kind kind) const {
    std::size_t number = 0;
    for (const auto& [node, event] : events_) number += event.kind == kind ? 1 : 0;
    return number;
  }
  std::string last_text() const { return events_.empty() ? "" : events_.back().second.text; }
  std::vector<std::pair<NodeId, PeerEvent>> events_;
  std::vector<v1::Evaluated> answers_;
  std::vector<std::optional<Error>> failures_;
  std::size_t accept_calls_ = 0;
  std::size_t frames_accepted_ = 0;
  std::size_t acceptances_learnt_ = 0;
  std::uint64_t records_a_frame = 900;
  std::size_t body_size = 223;
  bool busy = false;

  NodeId self() const override { return node_; }
  std::uint64_t now() const override { return 1'800'000'000; }
  std::optional<KnownPeer> peer_by_pin(const Hash& pin) const override {
    const std::scoped_lock lock(mutex_);
    for (const auto& [node, peer] : peers_)
      if (peer.tls_pin == pin) return peer;
    return std::nullopt;
  }
  std::vector<KnownPeer> peers_to_dial() const override {
    const std::scoped_lock lock(mutex_);
    std::vector<KnownPeer> peers;
    for (const auto& [node, peer] : peers_)
      if (!peer.addresses.empty()) peers.push_back(peer);
    return peers;
  }
  Signature sign_hello(ByteView message) const override { return keys::sign(log_seed_, message); }
  std::vector<v1::Acceptance> acceptances(const NodeId&) const override {
    v1::Acceptance acceptance;
    acceptance.set_charter_hash(std::string(32, 'c'));
    acceptance.set_node(std::string(as_text(node_.bytes)));
    acceptance.set_signature(std::string(64, 's'));
    return {acceptance};
  }
  void learn_acceptances(const NodeId&, std::vector<v1::Acceptance> acceptances) override {
    const std::scoped_lock lock(mutex_);
    acceptances_learnt_ += acceptances.size();
    changed_.notify_all();
  }
  std::vector<v1::FeedHead> heads_for(const NodeId&) const override {
    const std::scoped_lock lock(mutex_);
    std::vector<v1::FeedHead> heads;
    for (const auto& [feed, size] : feeds_) {
      v1::FeedHead head;
      session::set_feed(head, feed);
      head.set_size(size);
      head.set_root(std::string(32, 'r'));
      head.set_note("note of " + std::to_string(size));
      heads.push_back(head);
    }
    return heads;
  }
  Result<std::vector<v1::Want>> wanted(const NodeId& peer, const v1::Clock& clock) override {
    const std::scoped_lock lock(mutex_);
    std::vector<v1::Want> wants;
    for (const v1::FeedHead& head : clock.heads()) {
      const FeedId feed = session::feed_of(head);
      if (feed.origin != peer || head.size() <= size_of(feed)) continue;
      v1::Want want;
      session::set_feed(want, feed);
      want.set_from(size_of(feed));
      want.set_to(head.size());
      wants.push_back(want);
    }
    return wants;
  }
  Result<v1::Data> read(const NodeId&, const v1::Want& want) override {
    const std::scoped_lock lock(mutex_);
    const FeedId feed = session::feed_of(want);
    if (size_of(feed) < want.to()) return Error::not_found;
    const auto count = std::min(records_a_frame, want.to() - want.from());
    v1::Data data;
    session::set_feed(data, feed);
    data.set_from(want.from());
    data.mutable_headers()->assign(count * 48, 'h');
    data.mutable_bodies()->assign(count * body_size, 'b');
    return data;
  }
  Result<std::optional<v1::Want>> accept(const NodeId&, std::vector<v1::Data> data) override {
    const std::scoped_lock lock(mutex_);
    ++accept_calls_;
    for (const v1::Data& frame : data) {
      std::uint64_t& size = feeds_[session::feed_of(frame)];
      if (frame.from() != size) return Error::wrong_root;
      size += session::records_in(frame);
      ++frames_accepted_;
    }
    changed_.notify_all();
    return std::optional<v1::Want>();
  }
  Answer answer(const NodeId&, const v1::Evaluate& request) override {
    const std::scoped_lock lock(mutex_);
    if (busy) return session::busy(Error::quota_exhausted, 600);
    v1::Evaluated evaluated;
    evaluated.set_elements(std::string(request.elements().rbegin(), request.elements().rend()));
    evaluated.set_proof(std::string(64, 'p'));
    return evaluated;
  }
  std::optional<v1::Evaluate> next_lookup(const NodeId&) override {
    const std::scoped_lock lock(mutex_);
    if (lookups_.empty()) return std::nullopt;
    auto lookup = std::move(lookups_.front());
    lookups_.pop_front();
    return lookup;
  }
  void finish_lookup(const NodeId&, const v1::Evaluated& answer) override {
    const std::scoped_lock lock(mutex_);
    answers_.push_back(answer);
    changed_.notify_all();
  }
  void write(Bytes letter) {
    const std::scoped_lock lock(mutex_);
    outbox_.push_back(std::move(letter));
  }
  std::vector<Bytes> letters() const {
    const std::scoped_lock lock(mutex_);
    return inbox_;
  }
  std::optional<Bytes> next_letter(const NodeId&) override {
    const std::scoped_lock lock(mutex_);
    return outbox_.empty() ? std::nullopt : std::optional(outbox_.front());
  }
  void letter_delivered(const NodeId&, ByteView) override {
    const std::scoped_lock lock(mutex_);
    outbox_.pop_front();
    changed_.notify_all();
  }
  void letter_refused(const NodeId&, ByteView, std::uint32_t, Error) override {
    const std::scoped_lock lock(mutex_);
    outbox_.pop_front();
    changed_.notify_all();
  }
  Result<void> take_letter(const NodeId&, ByteView sealed) override {
    const std::scoped_lock lock(mutex_);
    inbox_.push_back(to_bytes(sealed));
    changed_.notify_all();
    return {};
  }
  void fail_lookup(const NodeId&, ByteView, std::uint32_t, std::optional<Error> why) override {
    const std::scoped_lock lock(mutex_);
    failures_.push_back(why);
    changed_.notify_all();
  }
  void report(const NodeId& node, PeerEvent event) override {
    const std::scoped_lock lock(mutex_);
    events_.emplace_back(node, std::move(event));
    changed_.notify_all();
  }

 private:
  static keys::SecretBytes seed_of(std::uint8_t seed, std::uint8_t use) {
    ByteArray<32> bytes;
    bytes.fill(seed);
    bytes[31] = use;
    return keys::SecretBytes::copy_of(bytes);
  }

  keys::SecretBytes log_seed_;
  keys::SecretBytes tls_seed_;
  std::string country_;
  NodeId node_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<NodeId, KnownPeer> peers_;
  std::map<FeedId, std::uint64_t> feeds_;
  std::deque<v1::Evaluate> lookups_;
  std::deque<Bytes> outbox_;
  std::vector<Bytes> inbox_;
};

}  // namespace bakhita::peers
