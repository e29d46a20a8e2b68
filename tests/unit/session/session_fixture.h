// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/session/error_code.h"
#include "protocol/session/session.h"
#include "protocol/session/shape.h"

/// A session without a network, and the frames that tests send it.
namespace bakhita::session {

using std::chrono::seconds;

inline NodeId node(std::uint8_t fill) {
  NodeId id;
  id.bytes.fill(fill);
  return id;
}

inline FeedId feed(std::uint8_t origin = 2) { return {CommunityId{}, node(origin), 1}; }

inline v1::FeedHead head(std::uint64_t size, const FeedId& of = feed()) {
  v1::FeedHead out;
  set_feed(out, of);
  out.set_size(size);
  out.set_root(std::string(32, 'r'));
  if (size > 0) out.set_note("note " + std::to_string(size));
  return out;
}

inline v1::Want want(std::uint64_t from, std::uint64_t to, const FeedId& of = feed()) {
  v1::Want out;
  set_feed(out, of);
  out.set_from(from);
  out.set_to(to);
  return out;
}

inline v1::Data data(std::uint64_t from, std::uint64_t records, const FeedId& of = feed()) {
  v1::Data out;
  set_feed(out, of);
  out.set_from(from);
  out.set_headers(std::string(records * 48, 'h'));
  return out;
}

inline v1::Evaluate lookup(char id = 'i') {
  v1::Evaluate out;
  out.set_request_id(std::string(16, id));
  out.set_community(std::string(16, 'c'));
  out.set_public_key(std::string(32, 'k'));
  out.set_elements(std::string(16 * 32, 'e'));
  return out;
}

inline v1::Evaluated evaluated(char id = 'i') {
  v1::Evaluated out;
  out.set_request_id(std::string(16, id));
  out.set_elements(std::string(16 * 32, 'e'));
  out.set_proof(std::string(64, 'p'));
  return out;
}

inline v1::Frame frame(v1::Clock message) {
  v1::Frame out;
  *out.mutable_clock() = std::move(message);
  return out;
}
inline v1::Frame clock_frame(std::vector<v1::FeedHead> heads) {
  v1::Clock clock;
  for (auto& each : heads) *clock.add_heads() = each;
  return frame(clock);
}
inline v1::Frame frame(const v1::Want& message) {
  v1::Frame out;
  *out.mutable_want() = message;
  return out;
}
inline v1::Frame frame(const v1::Data& message) {
  v1::Frame out;
  *out.mutable_data() = message;
  return out;
}
inline v1::Frame frame(const v1::Evaluate& message) {
  v1::Frame out;
  *out.mutable_evaluate() = message;
  return out;
}
inline v1::Frame frame(const v1::Evaluated& message) {
  v1::Frame out;
  *out.mutable_evaluated() = message;
  return out;
}
inline v1::Frame frame(const v1::Busy& message) {
  v1::Frame out;
  *out.mutable_busy() = message;
  return out;
}
inline v1::Frame frame(const v1::ProtocolError& message) {
  v1::Frame out;
  *out.mutable_error() = message;
  return out;
}
inline v1::Frame ping_frame(std::uint64_t nonce) {
  v1::Frame out;
  out.mutable_ping()->set_nonce(nonce);
  return out;
}
inline v1::Frame pong_frame(std::uint64_t nonce) {
  v1::Frame out;
  out.mutable_pong()->set_nonce(nonce);
  return out;
}

/// Node 1's session, with the test as node 2, the host, and the clock. Signatures are not looked
/// at.
class SessionTest : public testing::Test {
 protected:
  Settings settings_;
  Time now_{1'000'000};
  std::unique_ptr<Session> session_;
  std::vector<Effect> effects_;
  FrameInput sent_bytes_;

  v1::Hello hello(std::uint8_t from, std::uint8_t to) {
    return make_hello({node(from), node(to), {}, {}}, 1, 1, "test",
                      [](ByteView) { return Signature{}; });
  }
  void make() {
    session_ = std::make_unique<Session>(
        Ends{node(1), node(2), {}, {}}, settings_,
        [](ByteView, const Signature&, const PublicKey&) { return true; });
  }
  void start() {
    make();
    session_->start(hello(1, 2), now_);
    collect();
  }
  /// After Hello, with no heads and no lookups of ours.
  void open() {
    start();
    v1::Frame greeting;
    *greeting.mutable_hello() = hello(2, 1);
    receive(greeting);
    ASSERT_TRUE(session_->open());
    session_->heads_listed({}, now_);
    session_->lookup_chosen(std::nullopt, now_);
    collect();
    effects_.clear();
    sent();
  }
  void receive(const v1::Frame& message) {
    const auto bytes = encode_frame(message);
    ASSERT_TRUE(bytes);
    session_->receive(*bytes, now_);
    collect();
  }
  void collect() {
    for (Effect& effect : session_->take_effects()) effects_.push_back(std::move(effect));
  }
  /// All frames written since the last call.
  std::vector<v1::Frame> sent() {
    std::vector<v1::Frame> frames;
    while (session_->has_output()) {
      sent_bytes_.append(session_->take_output());
      session_->output_written(now_);
      while (true) {
        const auto payload = sent_bytes_.next();
        if (!payload || !*payload) break;
        auto decoded = decode_frame(**payload);
        EXPECT_TRUE(decoded);
        frames.push_back(std::move(*decoded));
      }
    }
    collect();
    return frames;
  }
  void pass(Time time) {
    now_ += time;
    session_->tick(now_);
    collect();
  }
  template <class Kind>
  std::size_t count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        effects_, [](const Effect& effect) { return std::holds_alternative<Kind>(effect); }));
  }
  /// The only effect of its kind, taken out.
  template <class Kind>
  Kind take() {
    EXPECT_EQ(count<Kind>(), 1U);
    const auto found = std::ranges::find_if(
        effects_, [](const Effect& effect) { return std::holds_alternative<Kind>(effect); });
    if (found == effects_.end()) return {};
    Kind out = std::get<Kind>(std::move(*found));
    effects_.erase(found);
    return out;
  }
  void expect_closed(Ending ending, std::optional<Error> error = std::nullopt) {
    EXPECT_TRUE(session_->closed());
    const auto closed = take<Closed>();
    EXPECT_EQ(closed.ending, ending) << describe(closed.ending);
    EXPECT_EQ(closed.error, error);
  }
};

}  // namespace bakhita::session
