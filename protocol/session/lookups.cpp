// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/lookups.h"

#include <algorithm>

#include "protocol/lookup/pause.h"
#include "protocol/session/error_code.h"

namespace bakhita::session {
namespace {

/// After a Busy the host may choose another lookup, of the other group, but not at once: a host
/// that chose the same again would send it in a loop.
constexpr std::chrono::seconds pause_after_busy{1};

}  // namespace

void Asking::wake(Outbox& outbox) {
  woken_ = true;
  choose(outbox);
}

void Asking::choose(Outbox& outbox) {
  if (stage_ != Stage::idle || !std::exchange(woken_, false)) return;
  stage_ = Stage::choosing;
  outbox.effects.emplace_back(ChooseLookup{});
}

void Asking::chosen(std::optional<v1::Evaluate> lookup, Time now, Outbox& outbox) {
  stage_ = Stage::idle;
  if (!lookup) return choose(outbox);
  stage_ = Stage::asked;
  request_id_ = to_bytes(as_bytes(lookup->request_id()));
  elements_size_ = lookup->elements().size();
  deadline_ = now + settings_.answer_time_max;
  v1::Frame frame;
  *frame.mutable_evaluate() = std::move(*lookup);
  outbox.send(frame);
}

Result<void> Asking::on_evaluated(v1::Evaluated answer, Outbox& outbox) {
  if (!is_outstanding(as_bytes(answer.request_id()))) return Error::unexpected;
  if (answer.elements().size() != elements_size_) return Error::malformed;
  stage_ = Stage::closing;
  woken_ = true;
  outbox.effects.emplace_back(CloseLookup{request_id_, std::move(answer), 0, std::nullopt});
  return {};
}

Result<void> Asking::on_refusal(ByteView request_id, std::uint32_t retry_after,
                                std::optional<Error> error, Time now, Outbox& outbox) {
  if (!is_outstanding(request_id)) return Error::unexpected;
  stage_ = Stage::closing;
  retry_after = std::min(retry_after, pause_max);
  if (retry_after == 0) {
    woken_ = true;
  } else {
    wake_at_ = now + pause_after_busy;
    retry_at_ = now + std::chrono::seconds{retry_after};
  }
  outbox.effects.emplace_back(
      CloseLookup{request_id_, std::nullopt, retry_after, error.value_or(Error::refused)});
  return {};
}

void Asking::closed(Outbox& outbox) {
  stage_ = Stage::idle;
  choose(outbox);
}

void Asking::tick(Time now, Outbox& outbox) {
  if (now < wake_at_) return;
  wake_at_ = retry_at_ > now ? retry_at_ : Time::max();
  wake(outbox);
}

void Asking::abandon(Outbox& outbox) {
  if (stage_ != Stage::asked) return;
  stage_ = Stage::closing;
  outbox.effects.emplace_back(CloseLookup{request_id_, std::nullopt, 0, std::nullopt});
}

bool Asking::is_outstanding(ByteView request_id) const {
  return stage_ == Stage::asked && std::ranges::equal(request_id, request_id_);
}

Result<void> Answering::on_evaluate(v1::Evaluate request, Time now, Outbox& outbox) {
  if (request_id_) return Error::unexpected;
  if (!bucket_.ready(now)) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(bucket_.ready_at(now) - now).count();
    v1::Frame frame;
    *frame.mutable_busy() = busy(Error::quota_exhausted, static_cast<std::uint32_t>(wait),
                                 as_bytes(request.request_id()));
    outbox.send(frame);
    return {};
  }
  bucket_.spend(1, now);
  request_id_ = request.request_id();
  outbox.effects.emplace_back(AnswerLookup{std::move(request)});
  return {};
}

void Answering::answered(v1::Frame answer, Outbox& outbox) {
  if (!request_id_) return;
  if (answer.has_evaluated()) answer.mutable_evaluated()->set_request_id(*request_id_);
  if (answer.has_busy()) answer.mutable_busy()->set_request_id(*request_id_);
  if (answer.has_error()) answer.mutable_error()->set_request_id(*request_id_);
  request_id_.reset();
  outbox.send(answer);
}

}  // namespace bakhita::session
