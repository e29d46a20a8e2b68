// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/governing.h"

namespace bakhita::session {
namespace {

/// Packages of the peer that wait for the host: a charter has few predecessors and proposals.
constexpr std::size_t waiting_max = 64;
/// Then all are told over again.
constexpr std::size_t told_max = 1'024;

}  // namespace

void Governing::announce(Outbox& outbox) {
  if (std::exchange(listing_, true)) {
    list_again_ = true;
    return;
  }
  outbox.effects.emplace_back(ListCharters{});
}

void Governing::listed(std::vector<CharterNews> news, Outbox& outbox) {
  listing_ = false;
  if (told_.size() > told_max) told_.clear();
  for (const CharterNews& piece : news) {
    if (!told_.insert(piece.key).second) continue;
    v1::Frame frame;
    frame.mutable_charter_notice()->set_package(std::string(as_text(piece.package)));
    outbox.send(frame);
  }
  if (std::exchange(list_again_, false)) announce(outbox);
}

Result<void> Governing::on_package(v1::CharterNotice notice, Outbox& outbox) {
  if (waiting_.size() >= waiting_max) return Error::too_large;
  waiting_.push_back(std::move(*notice.mutable_package()));
  learn_next(outbox);
  return {};
}

void Governing::learned(Outbox& outbox) {
  learning_ = false;
  learn_next(outbox);
}

void Governing::learn_next(Outbox& outbox) {
  if (learning_ || waiting_.empty()) return;
  learning_ = true;
  outbox.effects.emplace_back(LearnCharter{to_bytes(as_bytes(waiting_.front()))});
  waiting_.pop_front();
}

}  // namespace bakhita::session
