// SPDX-License-Identifier: EUPL-1.2
#include "tests/hostile/origin.h"

#include <algorithm>
#include <ctime>
#include <iostream>
#include <mutex>

#include "node/peers/service.h"
#include "protocol/community/card.h"
#include "protocol/feed/lock.h"
#include "protocol/feed/merkle.h"
#include "protocol/session/shape.h"
#include "protocol/voprf/composite.h"

namespace bakhita::hostile {
namespace {

constexpr std::size_t dummies = 30;

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

/// A right feed and right answers, but for the one lie.
class Origin : public peers::Host {
 public:
  Origin(const Member& member, std::string attack)
      : member_(member),
        attack_(std::move(attack)),
        feed_(member.feed_of(member.self)),
        log_key_(keys::ed25519_public(member.keystore.get(keys::name::log))),
        key_(voprf::derive_key_pair(Bytes(32, 1), as_bytes("origin")).value()),
        other_key_(voprf::derive_key_pair(Bytes(32, 2), as_bytes("origin")).value()) {
    for (std::uint32_t group : {1u, 2u}) {
      v1::OprfKey key;
      key.set_epoch(member.community.charter.key_epoch());
      key.set_group(group);
      key.set_public_key(text(key_.public_key));
      key.set_from_day(day());
      key.set_until_day(day() + 300);
      add(make_record(RecordKind::oprf_key, day() * 24, day() + 300,
                      to_bytes(as_bytes(key.SerializeAsString()))));
    }
    for (std::size_t i = 0; i < dummies; ++i) add(dummy(static_cast<std::uint8_t>(i)));
  }

  void change() {
    const std::lock_guard lock(mutex_);
    if (attack_ == "split-view") records_.pop_back();
    add(dummy(0xee));
  }

  NodeId self() const override { return member_.self; }
  std::uint64_t now() const override { return static_cast<std::uint64_t>(std::time(nullptr)); }
  std::optional<peers::KnownPeer> peer_by_pin(const Hash& pin) const override {
    const auto victim = known_victim();
    return victim.tls_pin == pin ? std::optional(victim) : std::nullopt;
  }
  std::vector<peers::KnownPeer> peers_to_dial() const override { return {known_victim()}; }
  Signature sign_hello(ByteView message) const override { return member_.sign(message); }
  std::vector<v1::Acceptance> acceptances(const NodeId&) const override { return {}; }
  void learn_acceptances(const NodeId&, std::vector<v1::Acceptance>) override {}

  std::vector<v1::FeedHead> heads_for(const NodeId&) const override {
    const std::lock_guard lock(mutex_);
    v1::FeedHead head;
    session::set_feed(head, feed_);
    head.set_size(records_.size());
    head.set_root(text(tree().root()));
    head.set_note(note());
    return {head};
  }
  Result<std::vector<v1::Want>> wanted(const NodeId&, const v1::Clock&) override {
    return std::vector<v1::Want>();
  }
  Result<v1::Data> read(const NodeId&, const v1::Want& want) override {
    const std::lock_guard lock(mutex_);
    v1::Data data;
    session::set_feed(data, feed_);
    data.set_from(want.from());
    for (std::size_t i = want.from(); i < records_.size(); ++i) {
      data.mutable_headers()->append(as_text(encode(records_[i].header)));
      data.mutable_bodies()->append(as_text(records_[i].body));
    }
    data.set_note(note());
    if (attack_ == "wrong-leaf") data.mutable_headers()->at(8) ^= 1;
    if (attack_ == "wrong-body") data.mutable_bodies()->back() ^= 1;
    return data;
  }
  Result<std::optional<v1::Want>> accept(const NodeId&, std::vector<v1::Data>) override {
    return std::optional<v1::Want>();
  }

  Answer answer(const NodeId&, const v1::Evaluate& request) override {
    const auto asked = voprf::split_elements(as_bytes(request.elements())).value();
    std::vector<voprf::Element> evaluated(asked.size());
    const voprf::KeyPair& key = attack_ == "wrong-key" ? other_key_ : key_;
    (void)voprf::evaluate(key.secret, asked, evaluated);
    voprf::Proof proof =
        voprf::prove(key, asked, evaluated, voprf::scalar_from_uniform(ByteArray<64>{5})).value();
    if (attack_ == "wrong-proof") proof.s[0] ^= 1;
    if (attack_ == "identity-answer") evaluated[0] = {};
    if (attack_ == "non-canonical-answer") evaluated[0].fill(0xff);
    if (attack_ == "swapped-answer") std::swap(evaluated[0], evaluated[1]);
    v1::Evaluated out;
    out.set_request_id(request.request_id());
    for (const voprf::Element& element : evaluated)
      out.mutable_elements()->append(as_text(element));
    out.set_proof(text(proof.c) + text(proof.s));
    if (attack_ == "short-answer") out.mutable_elements()->resize(out.elements().size() - 32);
    return out;
  }
  std::optional<v1::Evaluate> next_lookup(const NodeId&) override { return std::nullopt; }
  void finish_lookup(const NodeId&, const v1::Evaluated&) override {}
  void fail_lookup(const NodeId&, ByteView, std::uint32_t, std::optional<Error>) override {}
  std::optional<Bytes> next_letter(const NodeId&) override { return std::nullopt; }
  void letter_delivered(const NodeId&, ByteView) override {}
  void letter_refused(const NodeId&, ByteView, std::uint32_t, Error) override {}
  Result<void> take_letter(const NodeId&, ByteView) override { return Error::refused; }
  void report(const NodeId&, peers::PeerEvent event) override {
    if (event.error) std::cout << describe(*event.error) << std::endl;
  }

 private:
  std::uint32_t day() const { return static_cast<std::uint32_t>(now() / 86'400); }
  Record dummy(std::uint8_t seed) const {
    ByteArray<208> random;
    random.fill(seed);
    return make_dummy({feed_.community, feed_.origin, member_.community.charter.key_epoch(), 1},
                      period_of(now()), random, day() * 24, day() + 300);
  }
  void add(Record record) { records_.push_back(std::move(record)); }
  Frontier tree() const {
    Frontier out;
    for (const Record& record : records_) out.append(leaf_hash(encode(record.header)));
    return out;
  }
  std::string note() const {
    const std::string checkpoint = checkpoint_text({feed_, records_.size(), tree().root()});
    Signature signature = member_.sign(as_bytes(checkpoint));
    if (attack_ == "forged-signature") signature[40] ^= 1;
    return make_note(checkpoint, origin_line(feed_), log_key_, signature);
  }
  peers::KnownPeer known_victim() const {
    const v1::NodeCard& card = member_.victim.card;
    return {.node = member_.victim.node,
            .country = card.country(),
            .log_key = to_array<32>(as_bytes(card.log_key())).value(),
            .tls_pin = to_array<32>(as_bytes(card.tls_pin())).value(),
            .card_serial = card.serial(),
            .addresses = {card.addresses().begin(), card.addresses().end()}};
  }

  const Member& member_;
  const std::string attack_;
  const FeedId feed_;
  const PublicKey log_key_;
  const voprf::KeyPair key_, other_key_;
  mutable std::mutex mutex_;  ///< of records_
  std::vector<Record> records_;
};

}  // namespace

std::vector<std::string> origin_attacks() {
  return {"none",           "forged-signature", "wrong-leaf",          "wrong-body",
          "split-view",     "wrong-proof",      "wrong-key",           "identity-answer",
          "swapped-answer", "short-answer",     "non-canonical-answer"};
}

void serve(const Member& member, const std::string& attack) {
  Origin origin(member, attack);
  peers::Options options;
  options.listen = member.config.listen;
  options.on_failure = [](const std::exception& failure) {
    std::cout << failure.what() << std::endl;
  };
  peers::Service service(origin, member.keystore.get(keys::name::tls), options);
  service.start();
  std::cout << "serving" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    origin.change();
    service.announce();
  }
  service.stop();
}

}  // namespace bakhita::hostile
