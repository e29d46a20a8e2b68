// SPDX-License-Identifier: EUPL-1.2
#include "node/peers/link.h"

#include <array>
#include <boost/asio/write.hpp>

#include "node/peers/address.h"
#include "protocol/session/error_code.h"
#include "protocol/session/hello.h"

namespace bakhita::peers {
namespace {

using boost::system::error_code;

/// One TLS record.
constexpr std::size_t read_size = 16 * 1024;
/// For the last frame to leave and the peer to close its side.
constexpr std::chrono::seconds linger_time_max{1};
constexpr std::uint64_t clock_difference_max = 300;

SSL* new_connection(TlsContext& tls) {
  SSL* connection = SSL_new(tls.native());
  if (connection == nullptr) throw std::bad_alloc();
  return connection;
}

/// A node's refusal of a certificate in words of ours. In TLS 1.3 the caller learns of it only
/// after its handshake.
std::string describe_error(const error_code& error) {
  const bool is_refusal = error.category() == asio::error::get_ssl_category() &&
                          ERR_GET_REASON(static_cast<unsigned long>(error.value())) ==
                              SSL_R_SSLV3_ALERT_BAD_CERTIFICATE;
  return is_refusal ? "the peer does not take this node's TLS key: has it this node's newest card "
                      "(`bakhita card export`), or suspended or removed this node?"
                    : error.message();
}

v1::Frame frame_of(Host::Answer answer) {
  v1::Frame frame;
  if (auto* evaluated = std::get_if<v1::Evaluated>(&answer))
    *frame.mutable_evaluated() = std::move(*evaluated);
  else if (auto* busy = std::get_if<v1::Busy>(&answer))
    *frame.mutable_busy() = std::move(*busy);
  else
    *frame.mutable_error() = std::move(std::get<v1::ProtocolError>(answer));
  return frame;
}

}  // namespace

Link::Link(Surroundings& around, asio::ip::tcp::socket socket, TlsContext& tls,
           std::optional<KnownPeer> expected)
    : around_(around),
      stream_(std::move(socket), new_connection(tls)),
      expected_(std::move(expected)),
      dialed_(expected_.has_value()),
      handshake_limit_(around.workers.network),
      linger_limit_(around.workers.network),
      input_wanted_(around.workers.network),
      output_ready_(around.workers.network),
      changed_(around.workers.network),
      alarm_(around.workers.network) {}

asio::awaitable<void> Link::dial(std::vector<asio::ip::tcp::endpoint> addresses) {
  const auto self = shared_from_this();
  handshake_limit_.start(around_.options.handshake_time_max, [this] { fail("timed out"); });
  error_code error = asio::error::host_not_found;
  for (const auto& address : addresses) {
    if (shut_) break;
    error_code ignored;
    stream_.next_layer().close(ignored);
    co_await stream_.next_layer().async_connect(address,
                                                asio::redirect_error(asio::use_awaitable, error));
    if (!error) break;
  }
  if (error) fail(error.message());
  co_await live();
}

asio::awaitable<void> Link::run() {
  const auto self = shared_from_this();
  handshake_limit_.start(around_.options.handshake_time_max, [this] { fail("timed out"); });
  co_await live();
}

/// From a connected socket to a closed one.
asio::awaitable<void> Link::live() {
  if (!shut_) {
    error_code error;
    const auto remote = stream_.next_layer().remote_endpoint(error);
    if (!error) address_ = text_of(remote);
    stream_.next_layer().set_option(asio::ip::tcp::no_delay(true), error);
    set_stage(Stage::tls);
    const auto side = dialed_ ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
    co_await stream_.async_handshake(side, asio::redirect_error(asio::use_awaitable, error));
    if (error) handshake_failed(error);
  }
  if (!shut_ && identify()) {
    co_await converse();
  }
  shut();
  set_stage(Stage::closed);
  around_.ended(*this);
}

void Link::handshake_failed(const error_code& error) {
  const bool pin_refused =
      SSL_get_verify_result(stream_.native_handle()) == X509_V_ERR_CERT_REJECTED;
  if (pin_refused) set_stage(Stage::pin);
  fail(pin_refused ? "the certificate's pin is not known" : describe_error(error));
}

/// TLS is up: who is it?
bool Link::identify() {
  set_stage(Stage::pin);
  const auto pin = peer_pin(stream_.native_handle());
  const auto known = pin ? around_.host.peer_by_pin(*pin) : std::nullopt;
  if (!known) {
    fail("the certificate's pin is not known");
    return false;
  }
  if (expected_ && expected_->tls_pin != *pin) {
    fail("another node answers at this address");
    return false;
  }
  // Whom we dial is known by his own card, whoever else may have copied his pin.
  peer_ = expected_ ? expected_ : known;
  if (!around_.admit(*this)) {
    fail("too many connections with this node");
  }
  return !shut_;
}

/// Makes our Hello on the pool, as it needs the log key; the loops wait for it.
void Link::greet() {
  set_stage(Stage::hello);
  const auto exporter = hello_exporter(stream_.native_handle());
  if (!exporter) return fail("no exporter");
  const session::Ends ends{around_.host.self(), peer_->node, peer_->log_key, *exporter};
  session_.emplace(ends, around_.options.session);
  if (around_.options.capture != nullptr) tap_.emplace(*around_.options.capture, peer_->node);
  auto work = [this, ends] {
    const auto sign = [this](ByteView message) { return around_.host.sign_hello(message); };
    v1::Hello hello = session::make_hello(ends, around_.host.card_serial(), around_.host.now(),
                                          around_.options.software, sign);
    for (auto& acceptance : around_.host.acceptances(ends.peer))
      *hello.add_acceptances() = std::move(acceptance);
    return hello;
  };
  job(std::move(work), [this](v1::Hello hello) { session_->start(hello, now()); });
}

asio::awaitable<void> Link::converse() {
  greet();
  if (!session_) co_return;
  loops_ = 2;
  around_.workers.tasks.spawn(write());
  around_.workers.tasks.spawn(keep_time());
  co_await read();
  shut();
  while (loops_ > 0) {
    co_await changed_.wait();
  }
}

asio::awaitable<void> Link::read() {
  std::vector<std::uint8_t> buffer(read_size);
  while (!shut_) {
    if (!session_->closed() && !session_->wants_input(now())) {
      co_await input_wanted_.wait();
      continue;
    }
    error_code error;
    const auto space = asio::buffer(buffer);
    auto done = asio::redirect_error(asio::use_awaitable, error);
    const std::size_t size = co_await stream_.async_read_some(space, done);
    if (error) {
      stream_broke(error);
      break;
    }
    received_ += size;
    if (tap_) tap_->received(ByteView(buffer).first(size));
    session_->receive(ByteView(buffer).first(size), now());
    pump();
  }
}

asio::awaitable<void> Link::write() {
  const auto self = shared_from_this();
  while (!shut_) {
    if (!session_->has_output()) {
      if (session_->closed()) break;
      co_await output_ready_.wait();
      continue;
    }
    const Bytes piece = session_->take_output();
    if (tap_) tap_->sending(piece);
    error_code error;
    const auto bytes = asio::buffer(piece);
    auto done = asio::redirect_error(asio::use_awaitable, error);
    co_await asio::async_write(stream_, bytes, done);
    if (error) {
      stream_broke(error);
      break;
    }
    sent_ += piece.size();
    session_->output_written(now());
    pump();
  }
  // The reader goes on until the peer closes too: closing with input unread would reset the
  // connection and could destroy our last frame on its way.
  error_code ignored;
  stream_.next_layer().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  --loops_;
  changed_.notify();
}

asio::awaitable<void> Link::keep_time() {
  const auto self = shared_from_this();
  while (!session_->closed()) {
    alarm_at_ = session_->wake_at(now());
    const auto time = alarm_at_ == session::Time::max() ? SteadyClock::time_point::max()
                                                        : SteadyClock::time_point(alarm_at_);
    co_await alarm_.wait_until(time);
    alarm_at_ = session::Time::max();
    session_->tick(now());
    pump();
  }
  --loops_;
  changed_.notify();
}

/// Performs what the session wants, and wakes the loops that may go on.
void Link::pump() {
  while (true) {
    auto effects = session_->take_effects();
    if (effects.empty()) break;
    for (session::Effect& effect : effects) perform(std::move(effect));
  }
  if (std::exchange(round_trips_, session_->round_trips()) != session_->round_trips())
    changed_.notify();
  const bool closed = session_->closed();
  if (session_->has_output() || closed) output_ready_.notify();
  if (closed || session_->wants_input(now())) input_wanted_.notify();
  if (closed || session_->wake_at(now()) < alarm_at_) alarm_.notify();
}

template <class Work, class Then>
void Link::job(Work work, Then then) {
  auto done = [this, self = shared_from_this(), then = std::move(then)](auto result) mutable {
    if (result)
      then(std::move(*result));
    else
      session_->close(session::Ending::failed, now());
    pump();
  };
  run_blocking(around_.workers, std::move(work), std::move(done));
}

void Link::perform(session::Effect effect) {
  Host& host = around_.host;
  const NodeId node = peer_->node;
  struct Visitor {
    Link& link;
    Host& host;
    NodeId node;
    void operator()(session::Opened& opened) { link.on_opened(opened.hello); }
    void operator()(session::ListHeads&) {
      struct Listed {
        std::vector<v1::FeedHead> heads;
        v1::Clock statements;
      };
      link.job(
          [&host = host, node = node] {
            return Listed{host.heads_for(node), host.statements_for(node)};
          },
          [&link = link](Listed listed) {
            link.session_->heads_listed(std::move(listed.heads), link.now(),
                                        std::move(listed.statements));
          });
    }
    void operator()(session::CompareClock& compare) {
      link.job([&host = host, node = node,
                clock = std::move(compare.clock)] { return host.wanted(node, clock); },
               [&link = link](Result<std::vector<v1::Want>> wants) {
                 link.session_->clock_compared(std::move(wants), link.now());
               });
    }
    void operator()(session::ReadRange& read) {
      link.job([&host = host, node = node,
                want = std::move(read.want)] { return host.read(node, want); },
               [&link = link](Result<v1::Data> data) {
                 link.session_->range_read(std::move(data), link.now());
               });
    }
    void operator()(session::AcceptData& accept) {
      link.job(
          [&host = host, node = node, data = std::move(accept.data)]() mutable {
            return host.accept(node, std::move(data));
          },
          [&link = link](Result<std::optional<v1::Want>> next) {
            link.session_->data_accepted(std::move(next), link.now());
          });
    }
    void operator()(session::AnswerLookup& answer) {
      link.job([&host = host, node = node,
                request = std::move(answer.request)] { return host.answer(node, request); },
               [&link = link](Host::Answer result) {
                 link.session_->lookup_answered(frame_of(std::move(result)), link.now());
               });
    }
    void operator()(session::ChooseLookup&) {
      link.job([&host = host, node = node] { return host.next_lookup(node); },
               [&link = link](std::optional<v1::Evaluate> lookup) {
                 link.session_->lookup_chosen(std::move(lookup), link.now());
               });
    }
    void operator()(session::ListCharters&) {
      link.job(
          [&host = host, node = node] {
            return std::pair{host.charters_for(node), host.shares_community(node)};
          },
          [&link = link](std::pair<std::vector<session::CharterNews>, bool> listed) {
            link.session_->charters_listed(std::move(listed.first), listed.second, link.now());
          });
    }
    void operator()(session::LearnCharter& learn) {
      link.job(
          [&host = host, node = node, package = std::move(learn.package)] {
            host.learn_charter(node, package);
            return true;
          },
          [&link = link](bool) { link.session_->charter_learned(link.now()); });
    }
    void operator()(session::CloseLookup& close) { link.close_lookup(std::move(close)); }
    void operator()(session::ChooseLetter&) {
      link.job([&host = host, node = node] { return host.next_letter(node); },
               [&link = link](std::optional<Bytes> sealed) {
                 link.session_->letter_chosen(std::move(sealed), link.now());
               });
    }
    void operator()(session::CloseLetter& close) { link.close_letter(std::move(close)); }
    void operator()(session::TakeLetter& letter) {
      link.job([&host = host, node = node,
                sealed = std::move(letter.sealed)] { return host.take_letter(node, sealed); },
               [&link = link](Result<void> done) {
                 link.session_->letter_taken(std::move(done), link.now());
               });
    }
    void operator()(session::SplitViewSeen&) {
      link.around_.report(node, {PeerEvent::Kind::split_view,
                                 "two signed checkpoints of one size differ", Error::split_view});
    }
    void operator()(session::Closed& closed) { link.on_closed(closed); }
  };
  std::visit(Visitor{*this, host, node}, effect);
}

void Link::close_lookup(session::CloseLookup close) {
  auto work = [&host = around_.host, node = peer_->node, close = std::move(close)] {
    if (close.answer)
      host.finish_lookup(node, *close.answer);
    else
      host.fail_lookup(node, close.request_id, close.retry_after, close.error);
    return true;
  };
  job(std::move(work), [this](bool) { session_->lookup_closed(now()); });
}

void Link::close_letter(session::CloseLetter close) {
  auto work = [&host = around_.host, node = peer_->node, close = std::move(close)] {
    if (close.delivered)
      host.letter_delivered(node, close.id);
    else
      host.letter_refused(node, close.id, close.retry_after, close.error.value_or(Error::refused));
    return true;
  };
  job(std::move(work), [this](bool) { session_->letter_closed(now()); });
}

void Link::on_opened(const v1::Hello& hello) {
  handshake_limit_.stop();
  was_open_ = true;
  opened_at_ = SteadyClock::now();
  opened_unix_ = around_.host.now();
  set_stage(Stage::open);
  const NodeId node = peer_->node;
  const std::uint64_t theirs = hello.time();
  const auto difference = theirs > opened_unix_ ? theirs - opened_unix_ : opened_unix_ - theirs;
  if (difference > clock_difference_max)
    around_.report(node, {PeerEvent::Kind::clock_differs, "clocks differ by more than five minutes",
                          std::nullopt});
  if (hello.acceptances_size() > 0) {
    std::vector<v1::Acceptance> acceptances(hello.acceptances().begin(), hello.acceptances().end());
    auto work = [&host = around_.host, node, acceptances = std::move(acceptances)]() mutable {
      host.learn_acceptances(node, std::move(acceptances));
      return true;
    };
    job(std::move(work), [](bool) {});
  }
  around_.opened(*this);
}

void Link::on_closed(const session::Closed& closed) {
  closed_ = closed;
  if (closed.ending == session::Ending::lost) return shut();
  linger_limit_.start(linger_time_max, [this] { shut(); });
}

/// The first cause counts: later errors are its consequences.
void Link::stream_broke(const error_code& error) {
  if (!session_->closed()) end_text_ = describe_error(error);
  session_->close(session::Ending::lost, now());
  pump();
  shut();
}

void Link::close(session::Ending ending) {
  if (shut_) return;
  if (!session_) return fail(std::string(session::describe(ending)));
  session_->close(ending, now());
  pump();
}

void Link::announce() {
  if (!open()) return;
  session_->announce(now());
  pump();
}

void Link::wake_fetching() {
  if (!open()) return;
  session_->wake_fetching(now());
  pump();
}

void Link::wake_lookups() {
  if (!open()) return;
  session_->wake_lookups(now());
  pump();
}

void Link::wake_letters() {
  if (!open()) return;
  session_->wake_letters(now());
  pump();
}

void Link::ping() {
  if (!open()) return;
  session_->ping();
  pump();
}

void Link::set_stage(Stage stage) {
  if (stage_ == stage) return;
  stage_ = stage;
  if (stage != Stage::closed) reached_ = stage;
  changed_.notify();
}

/// Before there is a session to close.
void Link::fail(std::string text) {
  if (shut_) return;
  if (end_text_.empty()) end_text_ = std::move(text);
  if (session_ && !session_->closed()) {
    session_->close(session::Ending::silent, now());
    pump();
  }
  shut();
}

void Link::shut() {
  if (std::exchange(shut_, true)) return;
  handshake_limit_.stop();
  linger_limit_.stop();
  error_code ignored;
  stream_.next_layer().close(ignored);
  input_wanted_.notify();
  output_ready_.notify();
  alarm_.notify();
}

session::Time Link::now() const {
  return std::chrono::duration_cast<session::Time>(SteadyClock::now().time_since_epoch());
}

Connection Link::describe() const {
  return {peer_ ? peer_->node : NodeId{}, address_, dialed_, opened_unix_, received_, sent_};
}

PeerEvent Link::end_event() const {
  using Kind = PeerEvent::Kind;
  PeerEvent event;
  event.kind = was_open_ ? Kind::closed : dialed_ ? Kind::dial_failed : Kind::refused;
  event.text = end_text_;
  if (!closed_) return event;
  event.error = closed_->error;
  if (closed_->ending == session::Ending::misbehaved) event.kind = Kind::misbehaved;
  std::string text(session::describe(closed_->ending));
  if (!end_text_.empty()) text += " (" + end_text_ + ")";
  event.text = text;
  return event;
}

}  // namespace bakhita::peers
