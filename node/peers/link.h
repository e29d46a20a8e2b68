// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>

#include "node/peers/async/blocking.h"
#include "node/peers/async/event.h"
#include "node/peers/async/watchdog.h"
#include "node/peers/host.h"
#include "node/peers/service.h"
#include "node/peers/tls.h"
#include "protocol/session/session.h"

namespace bakhita::peers {

class Link;

/// What a link needs around it; all members outlive it.
struct Surroundings {
  Host& host;
  const Options& options;
  Workers workers;
  /// After TLS: the peer is known. False turns it away.
  std::function<bool(Link&)> admit;
  /// Both Hellos are verified.
  std::function<void(Link&)> opened;
  std::function<void(const NodeId&, PeerEvent)> report;
  /// The stream is closed. The last call for this link.
  std::function<void(Link&)> ended;
};

/// One connection with one peer: TCP, TLS, Hello, session, end. Network thread only.
///
///   connecting → handshake → greeting → session (reader, writer, clock) → closed
///
/// The reader stops while the session wants no input, the writer pulls, the clock wakes the
/// session. Whoever sees the stream break closes the session, and that ends the others.
class Link : public std::enable_shared_from_this<Link> {
 public:
  /// How far it came: for `peer test`.
  enum class Stage : std::uint8_t { tcp, tls, pin, hello, open, closed };

  /// A caller's connection, or a fresh socket for dialing; `expected` is whom we dial.
  Link(Surroundings& around, asio::ip::tcp::socket socket, TlsContext& tls,
       std::optional<KnownPeer> expected);

  /// Dials, then as run(). `addresses` are tried in turn.
  asio::awaitable<void> dial(std::vector<asio::ip::tcp::endpoint> addresses);
  /// The whole life of an accepted connection.
  asio::awaitable<void> run();
  /// Ends it soon, in whatever stage.
  void close(session::Ending ending);

  void announce();
  void wake_fetching();
  void wake_lookups();
  void wake_letters();
  void ping();

  bool dialed() const { return dialed_; }
  bool open() const { return stage_ == Stage::open; }
  bool ended() const { return stage_ == Stage::closed; }
  /// The furthest stage before the end.
  Stage reached() const { return reached_; }
  /// Its peer is this node, or will be if the dialed one is who it should be.
  bool concerns(const NodeId& node) const {
    return peer_ ? peer_->node == node : expected_ && expected_->node == node;
  }
  /// Known from Stage::hello on.
  const std::optional<KnownPeer>& peer() const { return peer_; }
  SteadyClock::time_point opened_at() const { return opened_at_; }
  std::uint64_t round_trips() const { return round_trips_; }
  Connection describe() const;
  /// What became of it, to be reported.
  PeerEvent end_event() const;
  /// Notified when stage or round trips change.
  Event& changed() { return changed_; }

 private:
  asio::awaitable<void> live();
  asio::awaitable<void> converse();
  asio::awaitable<void> read();
  asio::awaitable<void> write();
  asio::awaitable<void> keep_time();
  void handshake_failed(const boost::system::error_code& error);
  bool identify();
  void greet();
  void pump();
  void perform(session::Effect effect);
  template <class Work, class Then>
  void job(Work work, Then then);
  void close_lookup(session::CloseLookup job);
  void close_letter(session::CloseLetter job);
  void on_opened(const v1::Hello& hello);
  void on_closed(const session::Closed& closed);
  void stream_broke(const boost::system::error_code& error);
  void set_stage(Stage stage);
  void fail(std::string text);
  void shut();
  session::Time now() const;

  Surroundings& around_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  std::optional<KnownPeer> expected_;
  std::optional<KnownPeer> peer_;
  bool dialed_;
  Stage stage_ = Stage::tcp;
  Stage reached_ = Stage::tcp;
  std::optional<session::Session> session_;
  std::optional<capture::Tap> tap_;  ///< when frames are captured
  std::optional<session::Closed> closed_;
  bool was_open_ = false;
  bool shut_ = false;
  std::string end_text_;
  std::string address_;
  Watchdog handshake_limit_;
  Watchdog linger_limit_;
  Event input_wanted_;
  Event output_ready_;
  Event changed_;
  Alarm alarm_;
  session::Time alarm_at_ = session::Time::max();
  int loops_ = 0;  ///< writer and clock
  std::uint64_t round_trips_ = 0;
  SteadyClock::time_point opened_at_{};
  std::uint64_t opened_unix_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace bakhita::peers
