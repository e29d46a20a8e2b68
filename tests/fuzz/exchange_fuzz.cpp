// SPDX-License-Identifier: EUPL-1.2
// A trusted peer that sends any frames of the right shape: heads, wants, records, lookups and
// answers. None is stored that is not signed, and the node neither stops nor falls into recovery.
#include "protocol/limits.h"
#include "protocol/session/frame.h"
#include "protocol/session/shape.h"
#include "tests/fuzz/federation.h"
#include "tests/fuzz/target.h"

namespace bakhita::fuzzing {
namespace {

/// The second node holds a feed of the first and has lookups to make there.
RenewedPair& pairs() {
  static RenewedPair only("exchange_fuzz", 1'000, [](Federation& pair) {
    for (auto& node : pair.nodes) {
      node->report("R-1", v1::IDENTIFIER_TYPE_PHONE, "+33639982304");
      node->publish();
    }
    Federation::fetch(pair[0], pair[1]);
    pair[1].lookups->match(pair[0].feed());
    pair[1].lookups->plan();
  });
  return only;
}

/// Most inputs name ids that exist.
template <class Message>
void address(Message& message, const TestNode& peer, const TestNode& self) {
  const bool to_us = message.origin()[0] % 4 == 1;
  if (message.origin()[0] % 4 == 2) return;
  session::set_feed(message, (to_us ? self : peer).feed());
}

void deliver(v1::Frame frame, TestNode& peer, TestNode& self) {
  const NodeId from = peer.id();
  if (frame.has_hello()) {
    const auto& acceptances = frame.hello().acceptances();
    self.host->learn_acceptances(from, {acceptances.begin(), acceptances.end()});
  } else if (frame.has_clock()) {
    for (auto& head : *frame.mutable_clock()->mutable_heads()) address(head, peer, self);
    const auto wants = self.host->wanted(from, frame.clock());
    require(!wants || wants->size() <= limits::clock_heads_max);
  } else if (frame.has_want()) {
    address(*frame.mutable_want(), peer, self);
    const auto data = self.host->read(from, frame.want());
    if (!data) return;
    v1::Frame answer;
    *answer.mutable_data() = *data;
    require(session::encode_frame(answer).has_value() && session::check_shape(answer).has_value());
  } else if (frame.has_data()) {
    address(*frame.mutable_data(), peer, self);
    require(!self.host->accept(from, {frame.data()}));
  } else if (frame.has_evaluate()) {
    frame.mutable_evaluate()->set_community(std::string(16, 'c'));
    self.host->answer(from, frame.evaluate());
  } else if (frame.has_letter()) {
    require(!self.host->take_letter(from, as_bytes(frame.letter().sealed())));
  } else if (frame.has_evaluated()) {
    const auto request = self.host->next_lookup(from);
    if (!request) return;
    frame.mutable_evaluated()->set_request_id(request->request_id());
    self.host->finish_lookup(from, frame.evaluated());
  }
}

}  // namespace

/// LP(frame), repeated.
void fuzz(ByteView input) {
  Federation& pair = pairs().next();
  TestNode& peer = pair[0];
  TestNode& self = pair[1];
  const std::uint64_t held = self.desk->feeds.find(peer.feed())->size;
  for (ByteReader reader(input); !reader.rest().empty();)
    if (auto frame = session::decode_frame(reader.prefixed()))
      deliver(std::move(*frame), peer, self);
  const auto state = self.desk->feeds.find(peer.feed());
  require(state->size == held && !state->frozen && self.recovery.empty() && self.matches().empty());
}

}  // namespace bakhita::fuzzing
