// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/serving.h"

#include "protocol/feed/merkle.h"
#include "protocol/session/error_code.h"
#include "protocol/session/shape.h"

namespace bakhita::session {
namespace {

/// A Clock is cut before this, so that any number of heads fits.
constexpr std::size_t clock_size_max = 64 * 1024;
constexpr std::uint32_t retry_seconds = 60;
constexpr std::size_t told_max = 16'384;

}  // namespace

void Serving::announce(Outbox& outbox) {
  if (listing_) {
    list_again_ = true;
    return;
  }
  listing_ = true;
  outbox.effects.emplace_back(ListHeads{});
}

/// Statements that are told once are remembered for the session, up to a bound; then all over
/// again.
bool Serving::first_time(const std::string& statement) {
  if (told_.size() > told_max) told_.clear();
  return told_.insert(sha256(as_bytes(statement))).second;
}

void Serving::tell(v1::Clock statements, v1::Frame& frame, Outbox& outbox) {
  const auto sent_when_full = [&] {
    if (frame.clock().ByteSizeLong() < clock_size_max) return;
    outbox.send(frame);
    frame.Clear();
  };
  if (!statements.audit_mark().empty() && first_time(statements.audit_mark()))
    frame.mutable_clock()->set_audit_mark(statements.audit_mark());
  for (std::string& mark : *statements.mutable_kept_audit_marks())
    if (first_time(mark)) frame.mutable_clock()->add_kept_audit_marks(std::move(mark));
  for (std::string& card : *statements.mutable_cards())
    if (first_time(card)) {
      frame.mutable_clock()->add_cards(std::move(card));
      sent_when_full();
    }
  for (v1::Acceptance& acceptance : *statements.mutable_acceptances())
    if (first_time(acceptance.SerializeAsString())) {
      *frame.mutable_clock()->add_acceptances() = std::move(acceptance);
      sent_when_full();
    }
  for (v1::SplitView& proof : *statements.mutable_split_views())
    if (first_time(proof.SerializeAsString())) {
      *frame.mutable_clock()->add_split_views() = std::move(proof);
      sent_when_full();
    }
}

void Serving::listed(std::vector<v1::FeedHead> heads, v1::Clock statements, Outbox& outbox) {
  v1::Frame frame;
  tell(std::move(statements), frame, outbox);
  for (v1::FeedHead& head : heads) {
    const Seen now{head.size(), sha256(as_bytes(head.note() + head.cosignature()))};
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
  const bool in_place = data->has_start() ? want_->may_start() : data->from() == want_->from();
  if (feed_of(*data) != feed_of(*want_) || !in_place || records == 0 ||
      data->from() >= want_->to() || records > want_->to() - data->from()) {
    outbox.failed = true;
    return;
  }
  want_->set_from(data->from() + records);
  want_->clear_may_start();
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
