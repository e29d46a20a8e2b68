// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/asking_pace.h"

#include <algorithm>
#include <limits>

#include "bakhita/storage/v1/desk.pb.h"
#include "node/store/sealing.h"

namespace bakhita::desk {
namespace {

using store::Table;

/// Accounts count in doubles, which are exact up to here.
constexpr std::uint64_t quota_max = std::uint64_t{1} << 53;

// Table::quotas: "p" ‖ feed ‖ group → the origin's GroupQuota; "a" ‖ feed ‖ group → our account
// there; "h" ‖ peer → until when it is not asked.
Bytes policy_key(std::uint32_t feed, std::uint8_t group) {
  return ByteWriter().text("p").u32(feed).u8(group).take();
}
Bytes account_key(std::uint32_t feed, std::uint8_t group) {
  return ByteWriter().text("a").u32(feed).u8(group).take();
}
Bytes hold_key(const NodeId& peer) { return ByteWriter().text("h").raw(peer.bytes).take(); }

}  // namespace

void AskingPace::learn(std::uint32_t feed, const v1::OriginPolicy& policy,
                       store::Batch& batch) const {
  for (v1::GroupQuota quota : policy.quotas()) {
    if (quota.group() != 1 && quota.group() != 2) continue;
    quota.set_per_day(std::min(quota.per_day(), quota_max));
    quota.set_burst(std::min(quota.burst(), quota_max));
    quota.set_per_epoch(std::min(quota.per_epoch(), quota_max));
    batch.put(Table::quotas, policy_key(feed, static_cast<std::uint8_t>(quota.group())),
              as_bytes(quota.SerializeAsString()));
  }
}

std::optional<QuotaLimits> AskingPace::limits(const Name& name) const {
  const auto row = database_.get(Table::quotas, policy_key(name.first, name.second));
  if (!row) return std::nullopt;
  v1::GroupQuota quota;
  if (!quota.ParseFromArray(row->data(), static_cast<int>(row->size())))
    throw store::StorageError("an origin's quota is malformed");
  return QuotaLimits{quota.per_day(), quota.burst(), quota.per_epoch()};
}

QuotaAccount AskingPace::account(const Name& name, const QuotaLimits& limits, std::uint32_t epoch,
                                 std::uint64_t now) const {
  const auto known = accounts_.find(name);
  // A clock that ran back would refill nothing for as long: the origin counts anyway.
  const auto sound = [&](const QuotaAccount& held) {
    return held.updated > now ? fresh_account(limits, epoch, now) : held;
  };
  if (known != accounts_.end()) return sound(known->second);
  const auto row = database_.get(Table::quotas, account_key(name.first, name.second));
  if (!row) return fresh_account(limits, epoch, now);
  storage::v1::QuotaState stored;
  if (!stored.ParseFromArray(row->data(), static_cast<int>(row->size())))
    throw store::StorageError("an account at an origin is malformed");
  return sound({stored.tokens(), stored.updated(), stored.used_epoch(), stored.epoch(),
                stored.onboarding()});
}

std::uint64_t AskingPace::room(std::uint32_t feed, std::uint8_t group, std::uint32_t epoch,
                               std::uint64_t now) const {
  const std::lock_guard lock(mutex_);
  const Name name{feed, group};
  const auto known = limits(name);
  if (!known) return std::numeric_limits<std::uint64_t>::max();
  QuotaAccount held = account(name, *known, epoch, now);
  return elements_left(held, *known, epoch, now);
}

void AskingPace::spend(std::uint32_t feed, std::uint8_t group, std::uint32_t epoch,
                       std::uint64_t elements, std::uint64_t now) {
  const std::lock_guard lock(mutex_);
  const Name name{feed, group};
  const auto known = limits(name);
  if (!known) return;
  QuotaAccount held = account(name, *known, epoch, now);
  take(held, *known, epoch, elements, now);
  accounts_[name] = held;
}

void AskingPace::correct(std::uint32_t feed, std::uint8_t group, std::uint32_t epoch,
                         std::uint64_t left, std::uint64_t now, store::Batch& batch) {
  const std::lock_guard lock(mutex_);
  const Name name{feed, group};
  const auto known = limits(name);
  if (!known) return;
  QuotaAccount held = account(name, *known, epoch, now);
  // Beyond a full bucket it is a grant that the origin gave beside it.
  held.tokens = static_cast<double>(std::min(left, known->burst));
  held.onboarding = left - std::min(left, known->burst);
  held.updated = now;
  accounts_[name] = held;
  storage::v1::QuotaState row;
  row.set_tokens(held.tokens);
  row.set_updated(held.updated);
  row.set_used_epoch(held.used_epoch);
  row.set_epoch(held.epoch);
  row.set_onboarding(held.onboarding);
  batch.put(Table::quotas, account_key(feed, group), as_bytes(row.SerializeAsString()));
}

std::uint64_t AskingPace::held_until(const NodeId& peer) const {
  const auto row = database_.get(Table::quotas, hold_key(peer));
  return row ? ByteReader(*row).u64() : 0;
}

void AskingPace::hold(const NodeId& peer, std::uint64_t until) {
  store::Batch batch;
  batch.put(Table::quotas, hold_key(peer), store::number_key(until));
  database_.commit(std::move(batch));
}

}  // namespace bakhita::desk
