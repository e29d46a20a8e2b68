// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <map>

#include "node/desk/advisories.h"
#include "node/desk/challenges.h"
#include "node/desk/deciding.h"
#include "node/desk/duties.h"
#include "node/desk/facts.h"
#include "node/desk/lookup_rows.h"
#include "node/desk/lookups.h"
#include "node/desk/open_indicators.h"

namespace bakhita::desk {
namespace {

using store::Batch;
using store::Table;

/// Records read at once while matching.
constexpr std::uint64_t match_step = 2'048;
/// Months back for which locks are matched: a record lives no longer, and each month of each origin
/// costs a pass over all evaluations, so that an origin must not invent them.
constexpr std::uint32_t periods_back_max = 36;
/// Expected tokens that are written at once.
constexpr std::size_t period_step_bytes = 4 << 20;
/// How far keys may be ahead of the charter: each costs a read for each identifier that is erased.
constexpr std::uint64_t key_epochs_ahead_max = 64;
constexpr std::uint64_t seconds_per_day = 86'400;

}  // namespace

bool Lookups::is_plausible(std::uint32_t period) const {
  const std::uint32_t now = period_of(desk_.now());
  return period <= now + 1 && period + periods_back_max >= now;
}

void Lookups::for_each_token(
    const store::FeedState& feed, std::uint32_t period,
    const std::function<void(const Bytes& wanted, ByteView identifier)>& visit) const {
  desk_.database.scan(
      Table::prks, ByteWriter().u32(feed.number).view(), {}, [&](ByteView key, ByteView row) {
        const auto prk = open_prk(key, row);
        if (!prk) return true;
        const Scope scope{feed.id.community, feed.id.origin, ByteReader(key.subspan(4)).u32(),
                          group_of(prk->type)};
        visit(wanted_key(feed.number, wanted_hash(make_token(prk->prk, scope, period))),
              key.subspan(8));
        return true;
      });
}

void Lookups::add_period(const store::FeedState& feed, std::uint32_t period) {
  const auto writing = desk_.identifiers.keys().writing();
  Batch batch;
  for_each_token(feed, period, [&](const Bytes& wanted, ByteView identifier) {
    batch.put(Table::wanted, wanted, identifier);
    if (batch.size_bytes() > period_step_bytes)
      desk_.database.commit(std::exchange(batch, Batch()));
  });
  // Last, so that a pass that was cut short is made again.
  batch.put(Table::meta, period_key(feed.number, period), ByteView());
  desk_.database.commit(std::move(batch));
}

void Lookups::drop_period(const store::FeedState& feed, std::uint32_t period) {
  const auto writing = desk_.identifiers.keys().writing();
  Batch batch;
  for_each_token(feed, period, [&](const Bytes& wanted, ByteView) {
    batch.erase(Table::wanted, wanted);
    if (batch.size_bytes() > period_step_bytes)
      desk_.database.commit(std::exchange(batch, Batch()));
  });
  batch.erase(Table::meta, period_key(feed.number, period));
  desk_.database.commit(std::move(batch));
}

void Lookups::try_open(const store::FeedState& feed, std::uint64_t index, const Record& record,
                       const store::IdentifierHash& identifier, MatchChanges& changes) const {
  const auto head = lock_head(record.body);
  if (!head || (head->group != 1 && head->group != 2) || index < feed.ended()) return;
  const auto community = desk_.members.community(feed.id.community);
  // What is held already is matched as long as the charter lets it be held, of a suspended peer
  // too.
  if (!community || decide(holding_question(desk_, *community, feed.id.origin, desk_.self),
                           *community) != policy::RuleId::allowed)
    return;
  if (record.header.expiry_day < desk_.now() / seconds_per_day) return;
  // What was taken back for good does not come again under the same token.
  if (is_buried(desk_, feed.id.community, feed.id.origin, head->token,
                std::pair(feed.id.generation, index))) {
    withdraw_match(desk_, feed.number, index, changes);
    changes.entries.push_back(
        desk_.entry("node", "recall.refused",
                    to_hex(feed.id.origin.bytes).substr(0, 16) + "/" + std::to_string(index)));
    return;
  }
  const auto prk = load_prk(prk_key(feed.number, head->epoch, identifier));
  if (!prk) return;
  const Scope scope{feed.id.community, feed.id.origin, head->epoch,
                    static_cast<std::uint8_t>(head->group)};
  const auto summary = open_lock(prk->prk, scope, record.header, record.body);
  if (!summary || static_cast<int>(summary->type()) != static_cast<int>(prk->type)) return;
  storage::v1::StoredMatch match;
  match.set_identifier(std::string(as_text(identifier)));
  match.set_community(std::string(as_text(feed.id.community.bytes)));
  match.set_origin(std::string(as_text(feed.id.origin.bytes)));
  match.set_generation(feed.id.generation);
  match.set_index(index);
  *match.mutable_summary() = *summary;
  match.set_found_at(desk_.now());
  match.set_expiry_day(record.header.expiry_day);
  add_match(desk_, feed.number, match, changes);
}

void Lookups::end_feed(const FeedId& feed) {
  const auto state = desk_.feeds.find(feed);
  if (!state) return;
  LookupQueue::Edit edit(queue_);
  std::vector<Bytes> rows;
  desk_.database.scan(Table::lookups, ByteWriter().u32(state->number).view(), {},
                      [&](ByteView key, ByteView) {
                        rows.push_back(to_bytes(key));
                        return true;
                      });
  for (const Bytes& row : rows) edit.remove(row);
  desk_.database.commit(edit.take());
}

/// The token of what is withdrawn for good is refused from here on.
void Lookups::bury_withdrawn(const FeedId& feed, std::uint64_t index, std::uint32_t until_day,
                             const v1::Withdraw& withdraw, MatchChanges& changes) const {
  if (!withdraw.final()) return;
  const FeedId source{feed.community, feed.origin,
                      withdraw.generation() == 0 ? feed.generation : withdraw.generation()};
  if (const auto record = desk_.feeds.record(source, withdraw.index()))
    bury_token(desk_, feed, index, *record, until_day, changes.batch);
}

/// A lock that goes because keys are new takes its match along when the match was found again.
std::optional<store::IdentifierHash> Lookups::end_withdrawn(std::uint32_t feed,
                                                            const v1::Withdraw& withdraw,
                                                            MatchChanges& changes) const {
  forget_open(desk_, feed, withdraw.index(), changes.batch);
  forget_advisory(desk_, feed, withdraw.index(), changes.batch);
  if (withdraw.reason() == v1::WITHDRAW_REASON_REKEYED)
    return await_successor(desk_, feed, withdraw.index(), changes);
  withdraw_match(desk_, feed, withdraw.index(), changes);
  forget_disputes(desk_, feed, withdraw.index(), changes.batch);
  return std::nullopt;
}

/// A lock and its successor under new keys are signed together. So where the feed is held whole and
/// the identifier was asked about under the newest of its keys, a match that still waits has no
/// successor: the origin has taken that back before anybody saw it.
void Lookups::settle_waiting(const FeedId& feed,
                             std::span<const store::IdentifierHash> identifiers) const {
  const auto state = desk_.feeds.find(feed);
  const auto community = desk_.members.community(feed.community);
  if (!state || !community || !state->caught_up() || identifiers.empty()) return;
  const std::uint32_t next_epoch = community->charter.key_epoch() + 1;
  if (origin_key(state->number, next_epoch, 1) || origin_key(state->number, next_epoch, 2)) return;
  MatchChanges changes;
  for (const store::IdentifierHash& identifier : identifiers)
    if (is_evaluated(identifier, feed)) end_waiting(desk_, identifier, feed, changes);
  commit(desk_, std::move(changes));
}

void Lookups::settle_waiting(const FeedId& feed) {
  const std::lock_guard one_pass(match_mutex_);
  const auto state = desk_.feeds.find(feed);
  if (!state || desk_.feeds.matched_size(feed) < state->size) return;
  const auto writing = desk_.identifiers.keys().writing();
  settle_waiting(feed, waiting_at(desk_, feed));
}

/// The key, unless its origin made it up. It may come before the charter that names its epoch, and
/// is not looked at again: a node that was away may be several removals behind.
void Lookups::learn_key(const store::FeedState& feed, const Record& record, Batch& batch) const {
  const auto community = desk_.members.community(feed.id.community);
  v1::OprfKey key;
  if (!community || !key.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())) ||
      key.epoch() > std::uint64_t{community->newest.key_epoch()} + key_epochs_ahead_max ||
      key.public_key().size() != 32 || (key.group() != 1 && key.group() != 2) ||
      !voprf::is_valid_element(as_bytes(key.public_key())))
    return;
  batch.put(Table::meta,
            origin_key_key(feed.number, key.epoch(), static_cast<std::uint8_t>(key.group())),
            as_bytes(key.public_key()));
}

/// Matches, objections and bodies of generations that take no records any more; the bodies are for
/// the caller to erase.
std::map<FeedId, std::vector<std::uint64_t>> Lookups::end_earlier(
    const FeedId& newer, std::span<const v1::Withdraw> withdrawals,
    std::vector<store::IdentifierHash>& waiting, MatchChanges& ended) const {
  std::map<FeedId, std::vector<std::uint64_t>> out;
  for (const v1::Withdraw& withdraw : withdrawals) {
    // Whoever gets the earlier generation later must know what it lacks for good.
    const store::FeedState feed =
        desk_.feeds.open({newer.community, newer.origin, withdraw.generation()});
    if (const auto waits = end_withdrawn(feed.number, withdraw, ended)) waiting.push_back(*waits);
    const std::uint64_t index = withdraw.index();
    end_challenges(desk_, feed.number, std::span(&index, 1), ended.batch);
    out[feed.id].push_back(index);
  }
  return out;
}

void Lookups::match(const FeedId& feed_id) {
  const std::lock_guard one_pass(match_mutex_);
  const auto state = desk_.feeds.find(feed_id);
  if (!state || feed_id.origin == desk_.self) return;
  std::set<std::uint32_t> known = periods(state->number);
  std::vector<store::IdentifierHash> waiting;
  for (std::uint64_t at = desk_.feeds.matched_size(feed_id); at < state->size;) {
    const auto range = desk_.feeds.read_held(feed_id, at, match_step);
    if (range.empty()) break;  // it begins at a floor since: the next pass goes on from there
    Batch batch;
    std::vector<Bytes> keys;
    std::vector<std::size_t> which;
    std::vector<std::uint64_t> gone;
    std::vector<v1::Withdraw> withdrawals, earlier;
    std::vector<Placed> challenges, open, advisories;
    MatchChanges ended;
    std::uint64_t done_size = 0;
    for (std::size_t i = 0; i < range.size(); ++i) {
      const Record& record = range[i];
      if (record.body.empty()) continue;
      if (record.header.kind == RecordKind::lock) {
        const auto head = lock_head(record.body);
        if (!head || !is_plausible(head->period)) continue;
        if (known.insert(head->period).second) add_period(*state, head->period);
        keys.push_back(wanted_key(state->number, wanted_hash(head->token)));
        which.push_back(i);
      } else if (record.header.kind == RecordKind::oprf_key) {
        learn_key(*state, record, batch);
      } else if (record.header.kind == RecordKind::policy) {
        v1::OriginPolicy policy;
        if (policy.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())))
          pace_.learn(state->number, policy, batch);
      } else if (record.header.kind == RecordKind::withdraw) {
        v1::Withdraw withdraw;
        if (!withdraw.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())))
          continue;
        done_size = at + i + 1;
        bury_withdrawn(feed_id, at + i, record.header.expiry_day, withdraw, ended);
        if (withdraw.generation() != 0) {
          if (withdraw.generation() < feed_id.generation) earlier.push_back(std::move(withdraw));
        } else if (withdraw.index() < at + i) {
          gone.push_back(withdraw.index());
          withdrawals.push_back(std::move(withdraw));
        }
      } else if (record.header.kind == RecordKind::challenge) {
        challenges.push_back({at + i, &record});
      } else if (record.header.kind == RecordKind::open) {
        open.push_back({at + i, &record});
      } else if (record.header.kind == RecordKind::advisory) {
        advisories.push_back({at + i, &record});
      }
    }
    const auto writing = desk_.identifiers.keys().writing();
    {  // First, so that what is opened below finds the match that waits for it.
      for (const v1::Withdraw& withdraw : withdrawals)
        if (const auto waits = end_withdrawn(state->number, withdraw, ended))
          waiting.push_back(*waits);
      end_challenges(desk_, state->number, gone, ended.batch);
      const auto gone_earlier = end_earlier(feed_id, earlier, waiting, ended);
      commit(desk_, std::move(ended));
      // Last, as a token that is refused from now on was read in its body.
      for (const auto& [feed, indexes] : gone_earlier) desk_.feeds.erase_bodies(feed, indexes, {});
    }
    MatchChanges changes;
    const auto wanted = desk_.database.get_many(Table::wanted, keys);
    // What was withdrawn within these very records is never shown.
    std::sort(gone.begin(), gone.end());
    const auto is_gone = [&gone](std::uint64_t index) {
      return std::binary_search(gone.begin(), gone.end(), index);
    };
    for (std::vector<Placed>* placed : {&challenges, &open, &advisories})
      std::erase_if(*placed, [&](const Placed& one) { return is_gone(one.index); });
    learn_challenges(desk_, *state, challenges, changes.batch);
    learn_open(desk_, *state, open, changes);
    learn_advisories(desk_, *state, advisories, changes.batch);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (wanted[i] && !is_gone(at + which[i]))
        if (const auto identifier = to_array<16>(*wanted[i]))
          try_open(*state, at + which[i], range[which[i]], *identifier, changes);
    commit(desk_, std::move(changes));
    at += range.size();
    desk_.feeds.set_matched_size(feed_id, at, batch);
    const auto alone = desk_.recalls.exclusive();
    note_done(desk_, state->number, done_size, batch);
    desk_.feeds.erase_bodies(feed_id, gone, std::move(batch));
  }
  const auto writing = desk_.identifiers.keys().writing();
  settle_waiting(feed_id, waiting);
}

void Lookups::match_open(std::span<const store::IdentifierHash> identifiers) {
  const std::lock_guard one_pass(match_mutex_);
  const auto writing = desk_.identifiers.keys().writing();
  MatchChanges changes;
  for (const store::IdentifierHash& identifier : identifiers)
    desk::match_open(desk_, identifier, changes);
  commit(desk_, std::move(changes));
}

std::uint64_t Lookups::expire(const FeedId& feed_id) {
  const std::lock_guard one_pass(match_mutex_);
  const auto feed = desk_.feeds.find(feed_id);
  if (!feed) return 0;
  const auto today = static_cast<std::uint32_t>(desk_.now() / seconds_per_day);
  if (feed->first > 0) {
    const auto writing = desk_.identifiers.keys().writing();
    MatchChanges changes;
    expire_matches_before(desk_, feed->number, feed->first, changes);
    forget_open_before(desk_, feed->number, feed->first, changes.batch);
    forget_advisories_before(desk_, feed->number, feed->first, changes.batch);
    end_challenges(desk_, feed->number, desk_.recalls.challenges_before(feed->number, feed->first),
                   changes.batch);
    commit(desk_, std::move(changes));
  }
  std::uint64_t count = 0;
  std::uint32_t oldest = period_of(desk_.now());
  for (std::uint64_t at = 0; at < feed->size;) {
    const store::Aged step = desk_.feeds.aged(feed_id, at, today);
    if (step.next <= at) break;  // the feed is shorter than it was: it is being had back
    at = step.next;
    if (step.oldest_live_hour)
      oldest = std::min(oldest, period_of(std::uint64_t{*step.oldest_live_hour} * 3'600));
    if (step.expired.empty()) continue;
    {
      const auto writing = desk_.identifiers.keys().writing();
      MatchChanges changes;
      for (std::uint64_t index : step.expired) {
        expire_match(desk_, feed->number, index, changes);
        forget_open(desk_, feed->number, index, changes.batch);
        forget_advisory(desk_, feed->number, index, changes.batch);
      }
      end_challenges(desk_, feed->number, step.expired, changes.batch);
      commit(desk_, std::move(changes));
    }
    desk_.feeds.erase_bodies(feed_id, step.expired, {});
    count += step.expired.size();
  }
  // A lock carries the month in which it was issued; one month of leeway for clocks and
  // corrections.
  for (std::uint32_t period : periods(feed->number))
    if (period + 1 < oldest) drop_period(*feed, period);
  return count;
}

}  // namespace bakhita::desk
