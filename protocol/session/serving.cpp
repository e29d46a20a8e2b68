// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/serving.h"

#include <functional>

#include "protocol/session/error_code.h"
#include "protocol/session/shape.h"

namespace bakhita::session {
namespace {

/// A Clock is cut before this, so that any number of heads fits.
constexpr std::size_t clock_size_max = 64 * 1024;
constexpr std::uint32_t retry_seconds = 60;

}  // namespace

void Serving::announce(Outbox& outbox) {
  if (listing_) {
    list_again_ = true;
    return;
  }
  listing_ = true;
  outbox.effects.emplace_back(ListHeads{});
}

void Serving::listed(std::vector<v1::FeedHead> heads, Outbox& outbox) {
  v1::Frame frame;
  for (v1::FeedHead& head : heads) {
    const Seen now{head.size(), std::hash<std::string>()(head.note() + head.cosignature())};
    const auto [seen, first] = seen_.try_emplace(feed_of(head), now);
    if (!first && seen->second == now) continue;
    seen->second = now;
    *frame.mutable_clock()->add_heads() = std::move(head);
    if (frame.clock().ByteSizeLong() < clock_size_max) continue;
    outbox.send(frame);
    frame.Clear();
  }
  if (frame.has_clock()) outbox.send(frame);
  listing_ = false;
  if (std::exchange(list_again_, false)) announce(outbox);
}

Result<void> Serving::on_want(v1::Want want, Outbox& outbox) {
  if (want_) return Error::unexpected;
  want_ = std::move(want);
  read_on(outbox);
  return {};
}

void Serving::range_read(Result<v1::Data> data, Outbox& outbox) {
  reading_ = false;
  v1::Frame frame;
  if (!data) {
    *frame.mutable_busy() = busy(data.error(), retry_seconds);
    want_.reset();
    outbox.send(frame);
    return;
  }
  const std::uint64_t records = records_in(*data);
  if (feed_of(*data) != feed_of(*want_) || data->from() != want_->from() || records == 0 ||
      records > want_->to() - want_->from()) {
    outbox.failed = true;
    return;
  }
  want_->set_from(want_->from() + records);
  if (want_->from() == want_->to()) want_.reset();
  *frame.mutable_data() = std::move(*data);
  outbox.send(frame);
  read_on(outbox);
}

void Serving::read_on(Outbox& outbox) {
  if (!want_ || reading_ || outbox.output.unsent() >= settings_.unsent_size_max) return;
  reading_ = true;
  outbox.effects.emplace_back(ReadRange{*want_});
}

}  // namespace bakhita::session
