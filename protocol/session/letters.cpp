// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/letters.h"

#include <algorithm>

#include "protocol/letter/letter.h"
#include "protocol/lookup/pause.h"
#include "protocol/session/error_code.h"

namespace bakhita::session {
namespace {

constexpr std::uint32_t retry_seconds = 60;

Bytes name_of(ByteView sealed) { return to_bytes(receipt_of(sealed)); }

}  // namespace

void Carrying::wake(Outbox& outbox) {
  woken_ = true;
  choose(outbox);
}

void Carrying::choose(Outbox& outbox) {
  if (stage_ != Stage::idle || !std::exchange(woken_, false)) return;
  stage_ = Stage::choosing;
  outbox.effects.emplace_back(ChooseLetter{});
}

void Carrying::chosen(std::optional<Bytes> sealed, Time now, Outbox& outbox) {
  stage_ = Stage::idle;
  if (!sealed) return choose(outbox);
  stage_ = Stage::sent;
  id_ = name_of(*sealed);
  deadline_ = now + settings_.answer_time_max;
  v1::Frame frame;
  frame.mutable_letter()->set_sealed(std::string(as_text(*sealed)));
  outbox.send(frame);
}

Result<void> Carrying::on_receipt(ByteView id, Outbox& outbox) {
  if (!is_outstanding(id)) return Error::unexpected;
  close({id_, true, 0, std::nullopt}, outbox);
  woken_ = true;
  return {};
}

Result<void> Carrying::on_refusal(ByteView id, std::uint32_t retry_after,
                                  std::optional<Error> error, Time now, Outbox& outbox) {
  if (!is_outstanding(id)) return Error::unexpected;
  retry_after = std::min(retry_after, pause_max);
  if (retry_after == 0)
    woken_ = true;
  else
    wake_at_ = now + std::chrono::seconds{retry_after};
  close({id_, false, retry_after, error.value_or(Error::refused)}, outbox);
  return {};
}

void Carrying::close(CloseLetter done, Outbox& outbox) {
  stage_ = Stage::closing;
  outbox.effects.emplace_back(std::move(done));
}

void Carrying::closed(Outbox& outbox) {
  stage_ = Stage::idle;
  choose(outbox);
}

void Carrying::tick(Time now, Outbox& outbox) {
  if (now < wake_at_) return;
  wake_at_ = Time::max();
  wake(outbox);
}

bool Carrying::is_outstanding(ByteView id) const {
  return stage_ == Stage::sent && std::ranges::equal(id, id_);
}

Result<void> Taking::on_letter(v1::SealedLetter letter, Time now, Outbox& outbox) {
  if (id_) return Error::unexpected;
  const Bytes id = name_of(as_bytes(letter.sealed()));
  if (!bucket_.ready(now)) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(bucket_.ready_at(now) - now).count();
    v1::Frame frame;
    *frame.mutable_busy() = busy(Error::quota_exhausted, static_cast<std::uint32_t>(wait), id);
    outbox.send(frame);
    return {};
  }
  bucket_.spend(1, now);
  id_ = id;
  outbox.effects.emplace_back(TakeLetter{to_bytes(as_bytes(letter.sealed()))});
  return {};
}

void Taking::taken(Result<void> done, Outbox& outbox) {
  if (!id_) return;
  v1::Frame frame;
  if (done)
    frame.mutable_letter_receipt()->set_id(std::string(as_text(*id_)));
  else if (done.error() == Error::quota_exhausted)
    *frame.mutable_busy() = busy(done.error(), retry_seconds, *id_);
  else
    *frame.mutable_error() = protocol_error(done.error(), *id_);
  id_.reset();
  outbox.send(frame);
}

}  // namespace bakhita::session
