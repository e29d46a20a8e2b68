// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "node/desk/ceilings.h"
#include "node/desk/freshness.h"
#include "node/desk/names.h"
#include "node/desk/recalls.h"
#include "node/exchange/exchange_host.h"
#include "node/exchange/ranges.h"
#include "protocol/feed/generation.h"
#include "protocol/limits.h"

/// How feeds travel: heads are compared, ranges asked for, served and taken.
namespace bakhita::exchange {
namespace {

using desk::text;

std::optional<FeedId> feed_named(const std::string& community, const std::string& origin,
                                 std::uint32_t generation) {
  const auto c = to_array<16>(as_bytes(community));
  const auto o = to_array<32>(as_bytes(origin));
  if (!c || !o) return std::nullopt;
  return FeedId{{*c}, {*o}, generation};
}

/// The first of the keys that signed the note; the first of all when none did.
PublicKey key_of_note(const std::vector<PublicKey>& keys, const FeedId& feed,
                      std::string_view note) {
  for (const PublicKey& key : keys)
    if (open_checkpoint(note, feed, key)) return key;
  return keys.front();
}

}  // namespace

Result<std::vector<v1::Want>> ExchangeHost::wanted(const NodeId& peer, const v1::Clock& clock) {
  learn_statements(peer, clock);
  for (const v1::FeedHead& head : clock.heads()) {
    const auto feed = feed_named(head.community(), head.origin(), head.generation());
    if (!feed) return Error::malformed;
    if (head.size() == 0) continue;
    if (const auto compared = compare(peer, *feed, head); !compared) return compared.error();
  }
  return wants_from(peer);
}

/// Error: the peer broke the protocol.
Result<void> ExchangeHost::compare(const NodeId& peer, const FeedId& feed,
                                   const v1::FeedHead& head) {
  const auto origin = origin_for(peer, feed, desk_.self);
  if (!origin) return {};
  if (origin->is_self) {
    check_own_head(peer, feed, head);
    return {};
  }
  if (!is_credible(feed)) return {};
  // Nothing is kept of a feed before its origin's signature is seen, for the size that is told.
  const auto told = open_checkpoint(head.note(), feed, origin->log_keys.front());
  if (!told || told->size != head.size()) {
    if (peer != feed.origin) return {};
    return told ? Error::malformed : told.error();
  }
  const store::FeedState state = desk_.feeds.open(feed);
  const auto same = desk_.feeds.compare(feed, head.note(), origin->log_keys.front());
  if (!same && same.error() == Error::split_view) split_view_found(peer, feed);
  // A relay may know a newer key of the origin's than we do; the origin must use the one on its
  // card.
  else if (!same && peer == feed.origin)
    return same.error();
  if (!same) return {};
  // By a key that we do not know yet, it says nothing to us.
  static_cast<void>(desk::learn_cosignature(desk_, state, head, origin->log_keys.front()));
  note_announced(peer, feed, head);
  return {};
}

/// A peer that holds more of our feed than we do, signed by us, has seen a future that we lost. One
/// that holds another past shows that we signed twice.
void ExchangeHost::check_own_head(const NodeId& peer, const FeedId& feed,
                                  const v1::FeedHead& head) {
  const PublicKey key = key_of_note(own_keys(), feed, head.note());
  const auto signed_head = open_checkpoint(head.note(), feed, key);
  if (!signed_head) return;
  {
    const std::lock_guard lock(mutex_);
    own_heads_.held[feed][peer] = {signed_head->size, head.first()};
  }
  const store::FeedState own = desk_.feeds.open(feed);
  desk::note_told(desk_, peer, feed, signed_head->size);
  const bool has_ended = own.closed_size && own.note_size >= *own.closed_size;
  if (signed_head->size > own.note_size && !has_ended) {
    listeners_.recovery_needed("a peer holds " + std::to_string(signed_head->size) +
                               " records of our feed, signed by us; we have " +
                               std::to_string(own.note_size));
    // A tail that was never signed gives way to what was.
    const std::unique_lock held(own_feeds_, std::try_to_lock);
    if (held && own.size > own.note_size) desk_.feeds.begin_again(feed);
  }
  // The same checkpoint by a former key of ours must not take the place of the one by the present.
  if (*signed_head != Checkpoint{feed, own.note_size, own.note_root}) {
    const auto same = desk_.feeds.compare(feed, head.note(), key);
    if (!same && same.error() == Error::split_view) return split_view_found(peer, feed);
  }
  take_back_from(peer, feed, {signed_head->size, head.first()});
  note_announced(peer, feed, head);
}

std::vector<v1::Want> ExchangeHost::wants_from(const NodeId& peer) {
  if (!listeners_.has_room()) return {};
  std::map<FeedId, Announced> announced;
  {
    const std::lock_guard lock(mutex_);
    const auto contact = contacts_.find(peer);
    if (contact != contacts_.end()) announced = contact->second.announced;
  }
  std::vector<v1::Want> out;
  for (const auto& [feed, told] : announced) {
    if (out.size() == limits::clock_heads_max) break;  // the next call goes on
    if (auto want = want_of(peer, feed, told)) out.push_back(std::move(*want));
  }
  return out;
}

/// A generation is opened by a first record that ends the one before; the name of the next alone
/// costs its origin nothing. So of the newest ones only some may still be without records.
bool ExchangeHost::is_credible(const FeedId& feed) const {
  constexpr std::uint32_t empty_generations_max = 16;
  const FeedId newest = desk_.feeds.newest(feed.community, feed.origin);
  if (feed.generation <= newest.generation) return true;
  if (feed.generation > newest.generation + 1) return false;
  FeedId empty = newest;
  while (empty.generation > 1 && newest.generation - empty.generation < empty_generations_max) {
    const auto state = desk_.feeds.find(empty);
    if (state && state->size > 0) return true;
    --empty.generation;
  }
  return newest.generation - empty.generation < empty_generations_max;
}

/// Does a neighbour hold what follows on what we hold? The caller holds the mutex.
bool ExchangeHost::somebody_has_more(const FeedId& feed, const store::FeedState& state) const {
  return state.size > 0 && std::ranges::any_of(contacts_, [&](const auto& contact) {
           const auto told = contact.second.announced.find(feed);
           return told != contact.second.announced.end() && told->second.first <= state.size &&
                  told->second.size > state.size && told->second.size >= state.note_size &&
                  upstreams_.may_bring(feed, contact.first, desk_.now());
         });
}

std::optional<v1::Want> ExchangeHost::want_of(const NodeId& peer, const FeedId& feed,
                                              const Announced& told) {
  const auto origin = origin_for(peer, feed, desk_.self);
  const auto state = desk_.feeds.find(feed);
  if (!origin || !state || state->frozen) return std::nullopt;
  // An own feed is only fetched when it was lost; records that wait for our signature stay.
  if (origin->is_self && (listeners_.is_serving() || state->size > state->note_size))
    return std::nullopt;
  const std::uint64_t end = std::min(told.size, state->closed_size.value_or(told.size));
  // A head behind the newest note cannot prove its records against it.
  const bool is_news =
      end > state->size && told.size >= state->note_size && !desk::is_full(desk_, feed);
  if (origin->is_self)
    if (auto again = want_again(peer, feed, told, end)) return again;
  const std::lock_guard lock(mutex_);
  if (is_news) {
    const bool starts = told.first > state->size;
    if (starts && (!state->may_start(told.first) || somebody_has_more(feed, *state)))
      return std::nullopt;
    if (!upstreams_.take(feed, peer, desk_.now())) return std::nullopt;
    return make_want(feed, starts ? 0 : state->size, end, !origin->is_self || starts);
  }
  upstreams_.release(feed, peer);
  const bool has_missing = told.first <= state->first_missing && state->first_missing < told.size;
  if (state->missing == 0 || !state->caught_up() || !has_missing ||
      !upstreams_.may_fill(feed, peer, desk_.now()))
    return std::nullopt;
  return make_want(feed, state->first_missing,
                   std::min(state->size, state->first_missing + limits::data_records_max), false);
}

Result<v1::Data> ExchangeHost::read(const NodeId& peer, const v1::Want& want) {
  const auto feed = feed_named(want.community(), want.origin(), want.generation());
  if (!feed) return Error::malformed;
  if (!origin_for(peer, *feed, peer)) return refuse_relay(peer, *feed);
  // In recovery mode its own feed is given back to it, and nothing else.
  if (feed->origin != peer && !listeners_.is_serving()) return Error::not_found;
  if (want.to() <= want.from()) return Error::malformed;
  desk::note_served(desk_, peer, *feed, want.to());
  const auto range =
      desk_.feeds.read(*feed, want.from(), want.to() - want.from(), want.may_start());
  if (!range) return range.error();
  note_relay(peer, *feed);
  return to_data(*feed, *range);
}

Result<std::optional<v1::Want>> ExchangeHost::accept(const NodeId& peer,
                                                     std::vector<v1::Data> frames) {
  std::optional<v1::Want> next;
  for (const v1::Data& data : frames) {
    const auto feed = feed_named(data.community(), data.origin(), data.generation());
    if (!feed) return Error::malformed;
    const auto range = to_range(data);
    if (!range) return range.error();
    auto accepted = accept_one(peer, *feed, *range);
    if (!accepted) return accepted.error();
    next = std::move(*accepted);
  }
  if (!next) listeners_.work_arrived();
  return next;
}

Result<std::optional<v1::Want>> ExchangeHost::accept_one(const NodeId& peer, const FeedId& feed,
                                                         const store::Range& range) {
  const auto origin = origin_for(peer, feed, desk_.self);
  if (!origin || (origin->is_self && listeners_.is_serving()) || !listeners_.has_room())
    return std::optional<v1::Want>();
  const store::FeedState state = desk_.feeds.open(feed);
  if (state.frozen) return std::optional<v1::Want>();
  std::unique_lock<std::mutex> own_feed;
  if (origin->is_self) {
    own_feed = std::unique_lock(own_feeds_, std::try_to_lock);
    // Another session's turn, or recovery is being finished; or it was since this was looked at.
    if (!own_feed || listeners_.is_serving()) return std::optional<v1::Want>();
    if (const auto again = retaking(peer, feed)) {
      const bool is_compared = again->why == Retake::other_past && !again->is_other;
      const PublicKey key = key_of_note(origin->log_keys, feed, range.note);
      if (is_compared && !range.start && range.from == again->compared && range.from < state.size)
        return compare_past(peer, feed, range, key);
      if (range.from == 0 || range.start) return accept_next(peer, feed, range, *origin);
    }
  }
  if (range.from + range.count() <= state.size) {  // bodies that were missing, or nothing new
    const auto filled = desk_.feeds.fill(feed, range);
    if (!filled) return filled.error();
    const auto now = desk_.feeds.find(feed);
    if (*filled == 0 || now->missing == 0) return std::optional<v1::Want>();
    return std::optional(
        make_want(feed, now->first_missing,
                  std::min(now->size, now->first_missing + limits::data_records_max), false));
  }
  if (desk::is_full(desk_, feed)) return std::optional<v1::Want>();
  // Another neighbour brought some of these meanwhile: go on behind them.
  const bool in_place =
      range.start ? state.may_start(range.start->first) : range.from == state.size;
  if (!in_place)
    return state.caught_up() ? std::optional<v1::Want>()
                             : std::optional(make_want(feed, state.size, state.note_size, false));
  return accept_next(peer, feed, range, *origin);
}

Result<std::optional<v1::Want>> ExchangeHost::accept_next(const NodeId& peer, const FeedId& feed,
                                                          const store::Range& range,
                                                          const Origin& origin) {
  if ((range.from == 0 || range.start) && feed.generation > 1)
    if (const auto begun = check_generation(feed, range); !begun) return begun.error();
  // Others must sign by their newest key; what is left of our own may be by a former one.
  const PublicKey key =
      origin.is_self ? key_of_note(origin.log_keys, feed, range.note) : origin.log_keys.front();
  const auto state = take_range(peer, feed, range, key);
  if (!state) {
    // A relay may not have heard of a rotation yet: another neighbour has.
    const bool old_note = state.error() == Error::bad_signature && peer != feed.origin;
    if (state.error() == Error::unexpected || old_note) return std::optional<v1::Want>();
    if (state.error() == Error::split_view) {
      split_view_found(peer, feed);
      return std::optional<v1::Want>();
    }
    // A start is judged by what came with it, and not by anything that we hold.
    if (range.start) {
      refuse_start(peer, feed, state.error());
      return state.error();
    }
    // What we kept of our own feed may not be what we signed later: have the peer show where.
    const bool other_past = state.error() == Error::wrong_root || state.error() == Error::bad_proof;
    if (origin.is_self && range.from > 0 && other_past) {
      retake_from(peer, feed, Retake::other_past);
      if (retaking(peer, feed))
        return std::optional(make_want(feed, 0, range.from + range.count(), false));
    }
    // A relay that holds the other of two feeds that the origin signed has done nothing wrong.
    if (peer != feed.origin && other_past) {
      const std::lock_guard lock(mutex_);
      upstreams_.contradicted(feed, peer, desk_.now());
      return std::optional<v1::Want>();
    }
    return state.error();
  }
  records_received_ += range.count();
  const std::lock_guard lock(mutex_);
  upstreams_.progressed(feed, peer, desk_.now());
  const std::uint64_t end =
      std::min(state->note_size, state->closed_size.value_or(state->note_size));
  if (state->size < end) return std::optional(make_want(feed, state->size, end, false));
  upstreams_.release(feed);
  return std::optional<v1::Want>();
}

/// The peer is named where the operators look, and for a while not asked for this feed again.
void ExchangeHost::refuse_start(const NodeId& peer, const FeedId& feed, Error why) {
  desk_.audit.commit({}, desk_.entry(to_hex(peer.bytes).substr(0, 16), "feed.start-refused",
                                     to_hex(feed.origin.bytes).substr(0, 16),
                                     to_hex(feed.community.bytes), std::string(describe(why))));
  const std::lock_guard lock(mutex_);
  upstreams_.contradicted(feed, peer, desk_.now());
}

/// The first record of a later generation ends the one before.
Result<void> ExchangeHost::check_generation(const FeedId& feed, const store::Range& range) {
  const ByteView headers = range.start ? range.start->closing.header : range.headers;
  const ByteView bodies = range.start ? range.start->closing.body : range.bodies;
  if (headers.size() < header_size) return Error::malformed;
  const auto header = parse_header(headers.first(header_size));
  if (!header) return header.error();
  if (bodies.size() < header->body_size) return Error::malformed;
  const auto ended = open_close(feed, *header, bodies.first(header->body_size));
  if (!ended) return ended.error();
  desk_.feeds.close(ended->feed, ended->size);
  lookups_.end_feed(ended->feed);
  return {};
}

}  // namespace bakhita::exchange
