// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/withdrawing.h"

#include <algorithm>
#include <map>

#include "node/desk/advisories.h"
#include "node/desk/challenges.h"
#include "node/desk/deciding.h"
#include "node/desk/duties.h"
#include "node/desk/facts.h"
#include "node/desk/open_indicators.h"
#include "node/desk/own_feed.h"
#include "node/store/sealing.h"
#include "protocol/policy/withdrawal.h"

namespace bakhita::desk {
namespace {

using store::Table;

/// A batch of withdrawals is filled up to a multiple of this: one is not told from eight.
constexpr std::size_t withdrawals_multiple = 8;
/// Dummies among which the hiding ones are drawn.
constexpr std::size_t dummies_considered = 256;
/// States that are written at once.
constexpr std::size_t step = 1'024;

// Table::meta: own records that stand for nobody.
Bytes dummy_prefix(const FeedId& feed) {
  return ByteWriter().text("dummy/").raw(feed.community.bytes).u32(feed.generation).take();
}
Bytes dummy_key(const FeedId& feed, std::uint64_t index) {
  return ByteWriter().raw(dummy_prefix(feed)).u64(index).take();
}
std::uint64_t dummy_index(ByteView key) { return ByteReader(key.subspan(key.size() - 8)).u64(); }

/// What the origin keeps of a withdrawal, and the token that it will not use again.
void keep_recall(const Desk& desk, const store::FeedState& feed, std::uint64_t index,
                 const Withdrawal& withdrawal, const v1::Withdraw& body, std::uint32_t expiry_day,
                 store::Batch& batch) {
  if (withdrawal.final) {
    const FeedId source{feed.id.community, feed.id.origin, withdrawal.generation};
    if (const auto record = desk.feeds.record(source, withdrawal.index))
      bury_token(desk, feed.id, index, *record, expiry_day, batch);
  }
  if (withdrawal.cause.empty()) return;
  storage::v1::Recall row;
  row.set_record(withdrawal.index);
  row.set_generation(withdrawal.generation);
  row.set_reason(withdrawal.reason);
  row.set_done_by_day(body.done_by_day());
  row.set_final(withdrawal.final);
  row.set_at(desk.now());
  row.set_cause(withdrawal.cause);
  row.set_expiry_day(expiry_day);
  desk.recalls.put(batch, feed.number, index, row);
}

/// Some living dummies, in no order: out of those behind a drawn place, and then from the
/// beginning.
std::vector<std::uint64_t> draw_dummies(Desk& desk, const FeedId& feed, std::size_t count) {
  const std::uint64_t size = desk.feeds.open(feed).size;
  if (size == 0) return {};
  const std::uint64_t from = ByteReader(desk.random.bytes<8>()).u64() % size;
  std::vector<std::uint64_t> known;
  const auto gather = [&](ByteView begin, bool before) {
    desk.database.scan(Table::meta, dummy_prefix(feed), begin, [&](ByteView key, ByteView) {
      if (before && dummy_index(key) >= from) return false;
      known.push_back(dummy_index(key));
      return known.size() < dummies_considered;
    });
  };
  gather(dummy_key(feed, from), false);
  if (known.size() < dummies_considered) gather({}, true);
  count = std::min(count, known.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t draw = ByteReader(desk.random.bytes<8>()).u64();
    std::swap(known[i], known[i + draw % (known.size() - i)]);
  }
  known.resize(count);
  return known;
}

}  // namespace

std::string reason_name(v1::WithdrawReason reason) {
  return v1::WithdrawReason_Name(reason).substr(sizeof "WITHDRAW_REASON_" - 1);
}

std::string cause_of(const storage::v1::IdentifierState& state, v1::WithdrawReason reason) {
  if (reason == v1::WITHDRAW_REASON_REKEYED) return {};
  const policy::Facts facts = facts_of(state);
  if (facts.recalled != RecallKind::none) return std::string(name_of(facts.recalled));
  return facts.shielded_role ? "shielded-role" : reason_name(reason);
}

Today today(const Desk& desk) {
  const std::uint64_t now = desk.now();
  return {static_cast<std::uint32_t>(now / 3'600), static_cast<std::uint32_t>(now / 86'400),
          period_of(now)};
}

storage::v1::LiveLock* live_lock(storage::v1::IdentifierState& state,
                                 const CommunityId& community) {
  for (storage::v1::LiveLock& lock : *state.mutable_locks())
    if (lock.community() == as_text(community.bytes)) return &lock;
  return nullptr;
}

void forget_lock(storage::v1::IdentifierState& state, const CommunityId& community) {
  auto& locks = *state.mutable_locks();
  locks.erase(std::remove_if(locks.begin(), locks.end(),
                             [&](const storage::v1::LiveLock& lock) {
                               return lock.community() == as_text(community.bytes);
                             }),
              locks.end());
}

void note_dummy(store::Batch& batch, const FeedId& feed, std::uint64_t index,
                std::uint32_t expiry_day) {
  batch.put(Table::meta, dummy_key(feed, index), ByteWriter().u32(expiry_day).view());
}

Withdrawal take_back(const storage::v1::IdentifierState& state, const storage::v1::LiveLock& lock,
                     v1::WithdrawReason reason) {
  Withdrawal out;
  out.index = lock.index();
  out.reason = reason;
  out.generation = lock.generation();
  out.cause = cause_of(state, reason);
  if (!state.has_hold() || out.cause.empty()) return out;
  out.final = is_final(static_cast<RecallKind>(state.hold().kind()));
  out.done_by_day = state.hold().done_by_day();
  return out;
}

std::optional<v1::WithdrawReason> due_reason(const Desk& desk, policy::RuleId decided,
                                             const storage::v1::IdentifierState& state,
                                             const storage::v1::LiveLock& lock) {
  const auto reason =
      policy::must_withdraw(decided, facts_of(state), lock.summary(), summarise(desk, state));
  if (!reason && lock.open() && !state.open()) return v1::WITHDRAW_REASON_NARROWED;
  return reason;
}

std::vector<Record> make_withdrawals(Desk& desk, const FeedId& feed_id,
                                     std::vector<Withdrawal> withdrawals, std::uint64_t first,
                                     store::Batch& batch) {
  if (withdrawals.empty()) return {};
  std::sort(withdrawals.begin(), withdrawals.end(),
            [](const Withdrawal& a, const Withdrawal& b) { return a.index < b.index; });
  const Today now = today(desk);
  const std::uint32_t expiry_day = now.day + desk.retention_days;
  const store::FeedState feed = desk.feeds.open(feed_id);
  std::vector<Record> records;
  for (const Withdrawal& withdrawal : withdrawals) {
    v1::Withdraw body;
    body.set_index(withdrawal.index);
    if (withdrawal.generation != feed_id.generation) body.set_generation(withdrawal.generation);
    body.set_reason(withdrawal.reason);
    body.set_done_by_day(withdrawal.done_by_day >= now.day ? withdrawal.done_by_day
                                                           : now.day + withdrawal_days);
    body.set_final(withdrawal.final);
    body.set_salt(std::string(as_text(desk.random.bytes<32>())));
    keep_recall(desk, feed, first + records.size(), withdrawal, body, expiry_day, batch);
    const FeedId source{feed_id.community, feed_id.origin, withdrawal.generation};
    if (const auto known = desk.feeds.find(source))
      for (const auto forget : {forget_open, forget_advisory, forget_disputes})
        forget(desk, known->number, withdrawal.index, batch);
    records.push_back(make_record(RecordKind::withdraw, now.hour, expiry_day,
                                  to_bytes(as_bytes(body.SerializeAsString()))));
  }
  note_done(desk, feed.number, first + records.size(), batch);
  return records;
}

std::size_t withdraw_due(Desk& desk, const store::Community& community,
                         std::vector<ChangedState>& states, const std::string& actor) {
  const FeedId feed = feed_of(desk, community, desk.self);
  std::vector<Withdrawal> due;
  store::Feeds::Withdrawn gone;
  std::vector<store::AuditEntry> entries;
  store::Batch extra;
  for (auto& [hash, state] : states) {
    const storage::v1::LiveLock* lock = live_lock(state, community.id);
    if (lock == nullptr) continue;
    const policy::Question release = release_question(desk, community, state);
    const policy::RuleId decided = decide(release, community);
    const auto reason = due_reason(desk, decided, state, *lock);
    if (!reason) continue;
    due.push_back(take_back(state, *lock, *reason));
    gone[lock->generation()].push_back(lock->index());
    entries.push_back(
        with_decision(desk.entry(actor, "withdraw",
                                 to_hex(community.id.bytes) + "/" + std::to_string(lock->index()),
                                 {}, reason_name(*reason)),
                      release, &community, decided));
    forget_lock(state, community.id);
    desk.identifiers.put(extra, hash, state);
  }
  if (due.empty()) return 0;
  const std::size_t count = due.size();
  const std::size_t missing =
      (withdrawals_multiple - count % withdrawals_multiple) % withdrawals_multiple;
  for (std::uint64_t index : draw_dummies(desk, feed, missing)) {
    // It says of itself what one of the others says.
    Withdrawal hiding = due[ByteReader(desk.random.bytes<8>()).u64() % count];
    hiding.index = index;
    hiding.generation = feed.generation;
    hiding.cause.clear();
    due.push_back(std::move(hiding));
    gone[feed.generation].push_back(index);
    extra.erase(Table::meta, dummy_key(feed, index));
  }
  desk.audit.commit({}, entries);
  std::vector<Record> records;
  const std::uint64_t size = desk.feeds.open(feed).size;
  if (size == 0) add_close(desk, feed, records);
  for (Record& record : make_withdrawals(desk, feed, std::move(due), size + records.size(), extra))
    records.push_back(std::move(record));
  append_own(desk, feed, records, std::move(extra), gone);
  return count;
}

std::size_t forget_expired_locks(Desk& desk) {
  const std::uint32_t day = today(desk).day;
  std::vector<store::IdentifierHash> due;
  const auto hold_is_over = [day](const storage::v1::IdentifierState& state) {
    return state.hold().until_day() > 0 && state.hold().until_day() < day;
  };
  const auto is_over = [day](const storage::v1::LiveLock& lock) { return lock.expiry_day() < day; };
  desk.identifiers.for_each(
      [&](const store::IdentifierHash& hash, const storage::v1::IdentifierState& state) {
        if (hold_is_over(state) || std::any_of(state.locks().begin(), state.locks().end(), is_over))
          due.push_back(hash);
        return true;
      });
  std::size_t count = 0;
  for (std::size_t at = 0; at < due.size(); at += step) {
    const auto exclusive = desk.identifiers.exclusive();
    store::Batch batch;
    std::vector<store::AuditEntry> entries;
    for (std::size_t i = at; i < std::min(due.size(), at + step); ++i) {
      auto state = desk.identifiers.load(due[i]);
      if (!state) continue;
      auto& locks = *state->mutable_locks();
      for (const storage::v1::LiveLock& lock : locks)
        if (is_over(lock))
          entries.push_back(
              desk.entry("node", "lock.expired",
                         to_hex(as_bytes(lock.community())) + "/" + std::to_string(lock.index())));
      locks.erase(std::remove_if(locks.begin(), locks.end(), is_over), locks.end());
      if (hold_is_over(*state)) state->clear_hold();
      desk.identifiers.put(batch, due[i], *state);
    }
    count += entries.size();
    if (entries.empty())
      desk.database.commit(std::move(batch));
    else
      desk.audit.commit(std::move(batch), entries);
  }
  store::Batch dummies;
  desk.database.scan(Table::meta, as_bytes("dummy/"), {}, [&](ByteView key, ByteView value) {
    if (ByteReader(value).u32() < day) dummies.erase(Table::meta, key);
    return true;
  });
  desk.database.commit(std::move(dummies));
  return count;
}

}  // namespace bakhita::desk
