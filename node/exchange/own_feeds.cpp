// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/names.h"
#include "node/exchange/exchange_host.h"
#include "node/exchange/ranges.h"

/// How feeds of our own are had back from peers in recovery mode, where something is held already.
/// What a peer says of where it begins is signed by nobody: what is held stays until the peer has
/// shown records that belong in its place.
namespace bakhita::exchange {
namespace {

/// So often is a peer asked: sessions end.
constexpr int asked_max = 3;

}  // namespace

/// An own feed that was lost is had back whole where a peer holds it whole, and from its floor on
/// where none does. What lies before a floor is only gone after if this recovery brought the rest.
void ExchangeHost::take_back_from(const NodeId& peer, const FeedId& feed, const Announced& told) {
  if (listeners_.is_serving()) return;
  const auto own = desk_.feeds.find(feed);
  if (!own || own->size == 0 || own->frozen) return;
  bool begins_before = told.first < own->first && told.size >= own->note_size;
  bool begins_behind = told.first > own->size;
  {
    const std::lock_guard lock(mutex_);
    begins_before = begins_before && begun_at_floor_.contains(feed);
    begins_behind = begins_behind && !somebody_has_more(feed, *own);
  }
  if (begins_before) retake_from(peer, feed, Retake::begins_before);
  if (begins_behind) retake_from(peer, feed, Retake::begins_behind);
}

std::optional<ExchangeHost::Retaking> ExchangeHost::retaking(const NodeId& peer,
                                                             const FeedId& feed) const {
  const std::lock_guard lock(mutex_);
  const auto asked = retaken_.find({peer, feed});
  return asked == retaken_.end() ? std::nullopt : asked->second;
}

/// Once for each peer and feed: one that cannot show what it says must not hinder what others
/// bring.
void ExchangeHost::retake_from(const NodeId& peer, const FeedId& feed, Retake why) {
  const std::lock_guard lock(mutex_);
  retaken_.try_emplace({peer, feed}, Retaking{.why = why});
}

void ExchangeHost::end_retaking(const NodeId& peer, const FeedId& feed) {
  const std::lock_guard lock(mutex_);
  retaken_[{peer, feed}].reset();
}

std::optional<v1::Want> ExchangeHost::want_again(const NodeId& peer, const FeedId& feed,
                                                 const Announced& told, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  const auto asked = retaken_.find({peer, feed});
  if (asked == retaken_.end() || !asked->second || asked->second->asked == asked_max ||
      !upstreams_.take(feed, peer, desk_.now()))
    return std::nullopt;
  Retaking& again = *asked->second;
  ++again.asked;
  if (again.why == Retake::other_past)
    return make_want(feed, again.is_other ? 0 : again.compared, end, false);
  return make_want(feed, 0, end, told.first > 0);
}

/// Another past of our own feed, which we signed as well: the first of its records that are others
/// show that it is one.
std::optional<v1::Want> ExchangeHost::compare_past(const NodeId& peer, const FeedId& feed,
                                                   const store::Range& range,
                                                   const PublicKey& key) {
  const auto others = desk_.feeds.contradicts(feed, range, key);
  const auto state = desk_.feeds.find(feed);
  const std::uint64_t compared = range.from + range.count();
  if (!others || (!*others && compared >= state->size)) {
    end_retaking(peer, feed);
    const std::lock_guard lock(mutex_);
    upstreams_.contradicted(feed, peer, desk_.now());
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  upstreams_.progressed(feed, peer, desk_.now());
  retaken_[{peer, feed}] =
      Retaking{.why = Retake::other_past, .compared = compared, .is_other = *others};
  return make_want(feed, *others ? 0 : compared, std::max(compared, state->size) + 1, false);
}

/// In the place of what is held, when that is what the peer was asked for.
Result<store::FeedState> ExchangeHost::take_range(const NodeId& peer, const FeedId& feed,
                                                  const store::Range& range, const PublicKey& key) {
  const auto today = static_cast<std::uint32_t>(desk_.now() / 86'400);
  const auto again = retaking(peer, feed);
  const bool is_own = feed.origin == desk_.self;
  const auto note_start = [&](Result<store::FeedState> taken) {
    const std::lock_guard lock(mutex_);
    if (taken && range.start && is_own) begun_at_floor_.insert(feed);
    return taken;
  };
  if (!again || (range.from > 0 && !range.start))
    return note_start(desk_.feeds.accept(feed, range, key, today));
  end_retaking(peer, feed);
  const auto held = desk_.feeds.find(feed);
  const bool is_shown =
      again->why == Retake::begins_behind   ? range.start && range.start->first > held->size
      : again->why == Retake::begins_before ? !range.start || range.start->first < held->first
                                            : again->is_other && !range.start;
  if (!is_shown) {
    const std::lock_guard lock(mutex_);
    upstreams_.contradicted(feed, peer, desk_.now());
    return Error::unexpected;
  }
  return note_start(desk_.feeds.replace(feed, range, key, today));
}

}  // namespace bakhita::exchange
