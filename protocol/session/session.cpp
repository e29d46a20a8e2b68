// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/session.h"

#include <algorithm>

#include "protocol/session/error_code.h"

namespace bakhita::session {
namespace {

/// An idle peer's input buffer is given back after this.
constexpr std::chrono::seconds input_kept_for{10};

}  // namespace

std::string_view describe(Ending ending) {
  switch (ending) {
    case Ending::lost:
      return "connection lost";
    case Ending::stopped:
      return "stopped";
    case Ending::replaced:
      return "replaced by another connection";
    case Ending::silent:
      return "peer was silent for too long";
    case Ending::misbehaved:
      return "peer broke the protocol";
    case Ending::refused_by_peer:
      return "peer refused";
    case Ending::failed:
      return "host failed";
    case Ending::parted:
      return "no community has both nodes as members any more";
  }
  return "ended";
}

Session::Session(const Ends& ends, const Settings& settings, SignatureCheck check)
    : ends_(ends),
      settings_(settings),
      check_(std::move(check)),
      fetching_(settings),
      serving_(settings),
      asking_(settings),
      answering_(settings),
      carrying_(settings),
      taking_(settings),
      frames_(settings.frames),
      bytes_(settings.bytes),
      checks_(settings.checks) {}

void Session::start(const v1::Hello& hello, Time now) {
  if (stage_ != Stage::idle) return;
  stage_ = Stage::opening;
  started_ = heard_ = written_ = now;
  v1::Frame frame;
  *frame.mutable_hello() = hello;
  outbox_.send(frame);
  settle(now);
}

void Session::receive(ByteView bytes, Time now) {
  if (!alive()) return;
  if (input_.begun() == 0) frame_begun_ = now;
  input_.append(bytes);
  heard_ = now;
  read_frames(now);
}

void Session::output_written(Time now) {
  outbox_.output.written();
  written_ = now;
  if (open()) serving_.written(outbox_);
  settle(now);
}

void Session::announce(Time now) {
  if (open()) {
    governing_.announce(outbox_);
    serving_.announce(outbox_);
  }
  settle(now);
}

void Session::wake_lookups(Time now) {
  if (open()) asking_.wake(outbox_);
  settle(now);
}

void Session::wake_letters(Time now) {
  if (open()) carrying_.wake(outbox_);
  settle(now);
}

void Session::wake_fetching(Time now) {
  if (open()) fetching_.wake(outbox_);
  settle(now);
}

void Session::close(Ending ending, Time) {
  if (!closed()) end(ending, std::nullopt);
}

void Session::heads_listed(std::vector<v1::FeedHead> heads, Time now, v1::Clock statements) {
  if (closed()) return;
  serving_.listed(std::move(heads), std::move(statements), outbox_);
  settle(now);
}

void Session::clock_compared(Result<std::vector<v1::Want>> wants, Time now) {
  if (closed()) return;
  if (!wants && wants.error() != Error::split_view) return accuse(wants.error());
  if (!wants) outbox_.effects.emplace_back(SplitViewSeen{});
  fetching_.compared(wants ? std::move(*wants) : std::vector<v1::Want>(), now, outbox_);
  settle(now);
}

void Session::range_read(Result<v1::Data> data, Time now) {
  if (closed()) return;
  serving_.range_read(std::move(data), outbox_);
  settle(now);
}

void Session::data_accepted(Result<std::optional<v1::Want>> next, Time now) {
  if (closed()) return;
  // Another connection with this peer, replaced meanwhile, brought some of these: nobody's fault.
  if (!next && next.error() == Error::unexpected) return close(Ending::replaced, now);
  if (!next) return accuse(next.error());
  fetching_.accepted(std::move(*next), now, outbox_);
  settle(now);
  read_frames(now);
}

void Session::lookup_answered(v1::Frame answer, Time now) {
  if (closed()) return;
  answering_.answered(std::move(answer), outbox_);
  settle(now);
}

void Session::lookup_chosen(std::optional<v1::Evaluate> lookup, Time now) {
  if (closed()) {
    // It ended while the host chose: the host would wait for an answer for ever.
    if (lookup)
      outbox_.effects.emplace_back(
          CloseLookup{to_bytes(as_bytes(lookup->request_id())), std::nullopt, 0, std::nullopt});
    return;
  }
  asking_.chosen(std::move(lookup), now, outbox_);
  settle(now);
}

void Session::lookup_closed(Time now) {
  if (closed()) return;
  asking_.closed(outbox_);
  settle(now);
}

void Session::letter_chosen(std::optional<Bytes> sealed, Time now) {
  if (closed()) return;
  carrying_.chosen(std::move(sealed), now, outbox_);
  settle(now);
}

void Session::letter_closed(Time now) {
  if (closed()) return;
  carrying_.closed(outbox_);
  settle(now);
}

void Session::letter_taken(Result<void> done, Time now) {
  if (closed()) return;
  taking_.taken(std::move(done), outbox_);
  settle(now);
}

void Session::charters_listed(std::vector<CharterNews> news, bool share, Time now) {
  if (closed()) return;
  governing_.listed(std::move(news), outbox_);
  if (!share) {
    v1::Frame frame;
    *frame.mutable_error() = protocol_error(Error::not_a_member);
    outbox_.send(frame);
    return end(Ending::parted, Error::not_a_member);
  }
  settle(now);
}

void Session::charter_learned(Time now) {
  if (closed()) return;
  governing_.learned(outbox_);
  settle(now);
}

void Session::ping() {
  if (!open() || pings_sent_ > pings_answered_) return;
  v1::Frame frame;
  frame.mutable_ping()->set_nonce(++pings_sent_);
  outbox_.send(frame);
}

bool Session::wants_input(Time now) {
  return alive() && !fetching_.full() && meter_ready_at(now) <= now;
}

void Session::tick(Time now) {
  if (!alive()) return;
  read_frames(now);
  if (!alive()) return;
  if (now >= silence_deadline()) return end(Ending::silent, std::nullopt);
  if (open()) {
    fetching_.tick(now, outbox_);
    asking_.tick(now, outbox_);
    carrying_.tick(now, outbox_);
    if (now >= next_ping_at()) ping();
  }
  if (now >= heard_ + input_kept_for) input_.release();
  settle(now);
}

Time Session::wake_at(Time now) {
  if (!alive()) return Time::max();
  Time at = silence_deadline();
  if (open())
    at =
        std::min({at, next_ping_at(), fetching_.wake_at(), asking_.wake_at(), carrying_.wake_at()});
  const Time metered = meter_ready_at(now);
  if (metered > now) at = std::min(at, metered);
  return at;
}

/// While input is stopped by us, the peer's silence is ours.
Time Session::silence_deadline() const {
  Time at = Time::max();
  if (outbox_.output.unsent() > 0) at = std::min(at, written_ + settings_.silence_max);
  if (stage_ == Stage::opening) at = std::min(at, started_ + settings_.hello_time_max);
  if (paused_) return at;
  at = std::min({at, heard_ + settings_.silence_max, fetching_.deadline(), asking_.deadline(),
                 carrying_.deadline()});
  const std::size_t begun = input_.begun();
  if (begun > 0) {
    const Time transfer = std::chrono::seconds{begun / settings_.input_rate_min};
    at = std::min(at, frame_begun_ + settings_.frame_time_max + transfer);
  }
  return at;
}

Time Session::next_ping_at() const {
  return pings_sent_ > pings_answered_ ? Time::max() : heard_ + settings_.silence_max / 3;
}

void Session::read_frames(Time now) {
  if (std::exchange(paused_, false) && wants_input(now)) {
    heard_ = frame_begun_ = now;
    fetching_.resumed(now);
    asking_.resumed(now);
    carrying_.resumed(now);
  }
  while (wants_input(now)) {
    const auto payload = input_.next();
    if (!payload) return accuse(payload.error());
    if (!*payload) break;
    auto frame = decode_frame(**payload);
    if (!frame) return accuse(frame.error());
    const auto done = on_frame(std::move(*frame), (*payload)->size(), now);
    if (!done) return accuse(done.error());
    frame_begun_ = now;
  }
  settle(now);
}

Result<void> Session::on_frame(v1::Frame frame, std::size_t size, Time now) {
  meter(frame, size, now);
  if (stage_ == Stage::opening) {
    if (frame.has_error()) return on_error(frame.error(), now);
    if (!frame.has_hello()) return Error::unexpected;
    return on_hello(frame.hello(), now);
  }
  return on_open_frame(std::move(frame), now);
}

Result<void> Session::on_hello(const v1::Hello& hello, Time now) {
  const auto checked = check_hello(hello, ends_, check_);
  if (!checked) return checked.error();
  stage_ = Stage::open;
  outbox_.effects.emplace_back(Opened{hello});
  governing_.announce(outbox_);
  serving_.announce(outbox_);
  asking_.wake(outbox_);
  carrying_.wake(outbox_);
  settle(now);
  return {};
}

Result<void> Session::on_open_frame(v1::Frame frame, Time now) {
  switch (frame.body_case()) {
    case v1::Frame::kHello:
      return Error::unexpected;
    case v1::Frame::kClock:
      return fetching_.on_clock(std::move(*frame.mutable_clock()), now, outbox_);
    case v1::Frame::kWant:
      return serving_.on_want(std::move(*frame.mutable_want()), outbox_);
    case v1::Frame::kData:
      return fetching_.on_data(std::move(*frame.mutable_data()), now, outbox_);
    case v1::Frame::kEvaluate:
      return answering_.on_evaluate(std::move(*frame.mutable_evaluate()), now, outbox_);
    case v1::Frame::kEvaluated:
      return asking_.on_evaluated(std::move(*frame.mutable_evaluated()), outbox_);
    case v1::Frame::kBusy:
      return on_busy(frame.busy(), now);
    case v1::Frame::kError:
      return on_error(frame.error(), now);
    case v1::Frame::kPing: {
      v1::Frame pong;
      pong.mutable_pong()->set_nonce(frame.ping().nonce());
      outbox_.send(pong);
      return {};
    }
    case v1::Frame::kPong:
      return on_pong(frame.pong());
    case v1::Frame::kCharterNotice:
      return governing_.on_package(std::move(*frame.mutable_charter_notice()), outbox_);
    case v1::Frame::kLetter:
      return taking_.on_letter(std::move(*frame.mutable_letter()), now, outbox_);
    case v1::Frame::kLetterReceipt:
      return carrying_.on_receipt(as_bytes(frame.letter_receipt().id()), outbox_);
    case v1::Frame::BODY_NOT_SET:
      return {};  // of a later version: metered, and ignored
  }
  return Error::malformed;
}

Result<void> Session::on_error(const v1::ProtocolError& error, Time now) {
  const ByteView id = as_bytes(error.request_id());
  if (carrying_.is_outstanding(id))
    return carrying_.on_refusal(id, 0, error_of(error.code()), now, outbox_);
  if (!error.request_id().empty())
    return asking_.on_refusal(as_bytes(error.request_id()), 0, error_of(error.code()), now,
                              outbox_);
  end(Ending::refused_by_peer, error_of(error.code()));
  return {};
}

Result<void> Session::on_busy(const v1::Busy& busy, Time now) {
  if (busy.request_id().empty()) return fetching_.on_busy(busy.retry_after(), now);
  const ByteView id = as_bytes(busy.request_id());
  if (carrying_.is_outstanding(id))
    return carrying_.on_refusal(id, std::max(1u, busy.retry_after()), error_of(busy.code()), now,
                                outbox_);
  return asking_.on_refusal(as_bytes(busy.request_id()), std::max(1u, busy.retry_after()),
                            error_of(busy.code()), now, outbox_);
}

Result<void> Session::on_pong(const v1::Pong& pong) {
  if (pings_sent_ == pings_answered_ || pong.nonce() != pings_sent_) return Error::unexpected;
  pings_answered_ = pings_sent_;
  return {};
}

/// Data are metered by our own Wants; what they cost us is their signature check.
void Session::meter(const v1::Frame& frame, std::size_t size, Time now) {
  if (frame.has_data()) {
    checks_.spend(1, now);
    return;
  }
  frames_.spend(1, now);
  bytes_.spend(static_cast<double>(size), now);
  if (frame.has_clock())
    checks_.spend(frame.clock().heads_size() + frame.clock().cards_size() +
                      frame.clock().acceptances_size() + 2 * frame.clock().split_views_size(),
                  now);
  // A signature under a charter takes a hundred bytes at least.
  constexpr std::size_t signature_size = 100;
  if (frame.has_charter_notice())
    checks_.spend(static_cast<double>(frame.charter_notice().package().size() / signature_size + 1),
                  now);
}

Time Session::meter_ready_at(Time now) {
  return std::max({frames_.ready_at(now), bytes_.ready_at(now), checks_.ready_at(now)});
}

void Session::accuse(Error error) {
  if (closed()) return;
  v1::Frame frame;
  *frame.mutable_error() = protocol_error(error);
  outbox_.send(frame);
  end(Ending::misbehaved, error);
}

void Session::end(Ending ending, std::optional<Error> error) {
  stage_ = Stage::closed;
  outbox_.effects.emplace_back(Closed{ending, error});
  asking_.abandon(outbox_);
}

void Session::settle(Time now) {
  if (!alive()) return;
  if (outbox_.failed) return end(Ending::failed, std::nullopt);
  const bool idle = outbox_.output.unsent() == 0;
  if (output_idle_ && !idle) written_ = now;
  output_idle_ = idle;
  paused_ = !wants_input(now);
}

}  // namespace bakhita::session
