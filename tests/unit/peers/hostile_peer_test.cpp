// SPDX-License-Identifier: EUPL-1.2
// A node under callers that break TLS or the protocol, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/peers/service.h"
#include "node/peers/tls.h"
#include "protocol/session/frame.h"
#include "protocol/session/hello.h"
#include "tests/unit/peers/fake_host.h"
#include "tests/unit/peers/raw_peer.h"

namespace bakhita::peers {
namespace {

using Kind = PeerEvent::Kind;
using session::Time;

class HostilePeer : public testing::Test {
 protected:
  FakeHost node_{"AA", 1};
  FakeHost member_{"BB", 2};
  Options options_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<TlsContext> tls_ = std::make_unique<TlsContext>(
      TlsContext::Side::caller, member_.tls_seed(), [](const Hash&) { return true; });

  void start() {
    options_.listen = {"127.0.0.1:0"};
    options_.on_failure = [](const std::exception& failure) { ADD_FAILURE() << failure.what(); };
    node_.trust(member_.card());
    service_ = std::make_unique<Service>(node_, node_.tls_seed(), options_);
    service_->start();
  }
  std::string address() const { return service_->listening().at(0); }

  /// A caller with the right key who has said a right Hello.
  std::unique_ptr<RawPeer> greeted() {
    auto peer = std::make_unique<RawPeer>(address());
    EXPECT_TRUE(peer->handshake(tls_->native()));
    const auto exporter = hello_exporter(peer->native());
    EXPECT_TRUE(exporter);
    EXPECT_TRUE(peer->write(hello_frame(*exporter)));
    return peer;
  }
  Bytes hello_frame(const Hash& exporter) {
    v1::Frame frame;
    *frame.mutable_hello() =
        session::make_hello({member_.self(), node_.self(), {}, exporter}, 1, member_.now(), "raw",
                            [this](ByteView message) { return member_.sign_hello(message); });
    return *session::encode_frame(frame);
  }
  /// The code of the ProtocolError with which the node hung up.
  static std::uint32_t complaint(const Bytes& stream) {
    session::FrameInput input;
    input.append(stream);
    std::uint32_t code = 0;
    while (true) {
      const auto payload = input.next();
      if (!payload || !*payload) return code;
      const auto frame = session::decode_frame(**payload);
      if (frame && frame->has_error()) code = frame->error().code();
    }
  }
  bool node_sees(Kind kind) {
    return node_.wait_for([kind](const FakeHost& host) { return host.count(kind) > 0; });
  }
  /// Nothing that a caller does may reach others.
  void expect_a_good_peer_still_syncs() {
    FakeHost good("CC", 3);
    node_.trust(good.card());
    good.trust(node_.card({address()}));
    node_.publish(100);
    Options options;
    options.listen = {};
    Service service(good, good.tls_seed(), options);
    service.start();
    const FeedId feed = node_.own_feed();
    EXPECT_TRUE(good.wait_for([&](const FakeHost& host) { return host.size_of(feed) == 100; }));
  }
};

TEST_F(HostilePeer, WithTls12IsRefused) {
  start();
  SSL_CTX* old = tls_->native();
  SSL_CTX_set_min_proto_version(old, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(old, TLS1_2_VERSION);
  RawPeer peer(address());
  EXPECT_FALSE(peer.handshake(old));
  EXPECT_TRUE(node_sees(Kind::refused));
}

TEST_F(HostilePeer, WithoutCertificateIsRefused) {
  start();
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> plain(SSL_CTX_new(TLS_client_method()),
                                                                SSL_CTX_free);
  SSL_CTX_set1_groups_list(plain.get(), "X25519");
  RawPeer peer(address());
  if (peer.handshake(plain.get())) {
    EXPECT_TRUE(peer.read_all().empty());
  }
  EXPECT_TRUE(node_sees(Kind::refused));
}

TEST_F(HostilePeer, WithAnotherGroupIsRefused) {
  start();
  SSL_CTX_set1_groups_list(tls_->native(), "P-256");
  RawPeer peer(address());
  EXPECT_FALSE(peer.handshake(tls_->native()));
  EXPECT_TRUE(node_sees(Kind::refused));
}

TEST_F(HostilePeer, GetsNoTicketToComeBackWith) {
  start();
  const auto peer = greeted();
  ASSERT_TRUE(node_sees(Kind::connected));
  service_->stop();
  peer->read_all();
  EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get_session(peer->native())), 0);
}

TEST_F(HostilePeer, WhoSpeaksNoTlsIsRefused) {
  start();
  RawPeer peer(address());
  ASSERT_TRUE(peer.connected());
  peer.write_plain("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(peer.plain_closed());
  EXPECT_TRUE(node_sees(Kind::refused));
  expect_a_good_peer_still_syncs();
}

TEST_F(HostilePeer, WhoSaysNothingIsCutAtTheHandshakeLimit) {
  options_.handshake_time_max = Time{50};
  start();
  RawPeer silent(address());
  EXPECT_TRUE(silent.plain_closed());
  EXPECT_TRUE(node_sees(Kind::refused));
  EXPECT_EQ(node_.last_text(), "timed out");
}

TEST_F(HostilePeer, WhoSaysNoHelloIsCutAtTheHandshakeLimit) {
  options_.handshake_time_max = Time{100};
  start();
  RawPeer silent(address());
  ASSERT_TRUE(silent.handshake(tls_->native()));
  silent.read_all();
  EXPECT_TRUE(node_sees(Kind::refused));
}

TEST_F(HostilePeer, WhoReplaysAHelloOfAnotherConnectionIsRefused) {
  start();
  RawPeer first(address());
  ASSERT_TRUE(first.handshake(tls_->native()));
  const Bytes recorded = hello_frame(*hello_exporter(first.native()));
  RawPeer second(address());
  ASSERT_TRUE(second.handshake(tls_->native()));
  ASSERT_TRUE(second.write(recorded));
  EXPECT_EQ(complaint(second.read_all()), session::code_of(Error::bad_signature));
  EXPECT_TRUE(node_sees(Kind::misbehaved));
  EXPECT_EQ(node_.count(Kind::connected), 0U);
}

TEST_F(HostilePeer, WhoSendsAnOversizedFrameIsCutFromItsLength) {
  start();
  const auto peer = greeted();
  ASSERT_TRUE(node_sees(Kind::connected));
  ASSERT_TRUE(peer->write(Bytes{0x7f, 0xff, 0xff, 0xff}));
  EXPECT_EQ(complaint(peer->read_all()), session::code_of(Error::too_large));
  EXPECT_TRUE(node_sees(Kind::misbehaved));
  service_->stop();
  EXPECT_EQ(node_.events_.size(), 2U) << "one event for the connection, one for its end";
}

TEST_F(HostilePeer, WhoSendsGarbageIsCut) {
  start();
  const auto peer = greeted();
  Bytes garbage(64, 0xa5);
  garbage[0] = garbage[1] = 0;
  garbage[2] = 0;
  garbage[3] = 60;
  ASSERT_TRUE(peer->write(garbage));
  EXPECT_EQ(complaint(peer->read_all()), session::code_of(Error::malformed));
  EXPECT_TRUE(node_sees(Kind::misbehaved));
  expect_a_good_peer_still_syncs();
}

TEST_F(HostilePeer, WhoSendsABombIsCut) {
  start();
  const auto peer = greeted();
  Bytes bomb{0x12, 0x80, 0x80, 0x0f};  // Clock of 245,760 bytes: empty heads
  for (int i = 0; i < 245'760 / 2; ++i) bomb.insert(bomb.end(), {0x0a, 0x00});
  ByteWriter framed;
  framed.u32(static_cast<std::uint32_t>(bomb.size())).raw(bomb);
  ASSERT_TRUE(peer->write(framed.view()));
  EXPECT_EQ(complaint(peer->read_all()), session::code_of(Error::too_large));
}

TEST_F(HostilePeer, WhoBreaksOffInAFrameIsNoMisbehaver) {
  start();
  auto peer = greeted();
  ASSERT_TRUE(node_sees(Kind::connected));
  ASSERT_TRUE(peer->write(Bytes{0, 0, 1, 0, 0x12}));
  peer.reset();
  EXPECT_TRUE(node_sees(Kind::closed));
}

TEST_F(HostilePeer, WhoStopsInAFrameIsCut) {
  options_.session.frame_time_max = Time{50};
  start();
  const auto peer = greeted();
  ASSERT_TRUE(peer->write(Bytes{0, 0, 1, 0, 0x12}));
  peer->read_all();
  EXPECT_TRUE(node_sees(Kind::closed));
  EXPECT_EQ(node_.last_text(), "peer was silent for too long");
}

TEST_F(HostilePeer, WhoNeverReadsIsCut) {
  options_.session.silence_max = Time{300};
  start();
  node_.publish(1'000'000);
  const auto peer = greeted();
  ASSERT_TRUE(node_sees(Kind::connected));
  v1::Frame want;
  session::set_feed(*want.mutable_want(), node_.own_feed());
  want.mutable_want()->set_to(1'000'000);
  ASSERT_TRUE(peer->write(*session::encode_frame(want)));
  EXPECT_TRUE(node_sees(Kind::closed));
}

TEST_F(HostilePeer, WhoTakesEveryConnectionKeepsAtMostTwo) {
  start();
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 6; ++i) {
    peers.push_back(std::make_unique<RawPeer>(address()));
    ASSERT_TRUE(peers.back()->handshake(tls_->native()));
  }
  EXPECT_TRUE(node_.wait_for([](const FakeHost& host) { return host.count(Kind::refused) >= 4; }));
  expect_a_good_peer_still_syncs();
}

TEST_F(HostilePeer, FillingAllSocketsIsOverAfterTheHandshakeLimit) {
  options_.connections_max = 4;
  options_.handshake_time_max = Time{200};
  start();
  std::vector<std::unique_ptr<RawPeer>> stalled;
  for (int i = 0; i < 20; ++i) stalled.push_back(std::make_unique<RawPeer>(address()));
  expect_a_good_peer_still_syncs();
}

TEST_F(HostilePeer, WhoCallsOftenAndSaysNothingKeepsNobodyOut) {
  options_.handshake_time_max = std::chrono::hours{1};
  start();
  const auto peer = greeted();
  std::vector<std::unique_ptr<RawPeer>> silent;
  for (int i = 0; i < 600; ++i) silent.push_back(std::make_unique<RawPeer>(address()));
  EXPECT_TRUE(silent.front()->plain_closed()) << "the oldest went first";
  EXPECT_TRUE(node_.wait_for([](const FakeHost& host) {
    return host.count(Kind::refused) > 500 && host.count(Kind::closed) == 0;
  })) << "no session went for them";
  expect_a_good_peer_still_syncs();
}

TEST_F(HostilePeer, OneAddressDoesNotDriveOutTheCallersOfAnother) {
  options_.handshake_time_max = std::chrono::hours{1};
  options_.strangers_max = 9;
  options_.strangers_of_address_max = 4;
  start();
  RawPeer elsewhere(address(), "127.0.0.2");
  std::vector<std::unique_ptr<RawPeer>> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(std::make_unique<RawPeer>(address()));
  EXPECT_TRUE(node_.wait_for([](const FakeHost& host) { return host.count(Kind::refused) >= 16; }));
  EXPECT_TRUE(elsewhere.handshake(tls_->native()));
}

TEST(Tls, CertificateIsTheSameForTheSameKey) {
  FakeHost host("AA", 1), other("BB", 2);
  const auto pin_of = [](const FakeHost& of) {
    const TlsContext context(TlsContext::Side::listener, of.tls_seed(),
                             [](const Hash&) { return true; });
    X509* certificate = SSL_CTX_get0_certificate(context.native());
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    Bytes bytes(der, der + size);
    OPENSSL_free(der);
    return bytes;
  };
  EXPECT_EQ(pin_of(host), pin_of(host));
  EXPECT_NE(pin_of(host), pin_of(other));
}

}  // namespace
}  // namespace bakhita::peers
