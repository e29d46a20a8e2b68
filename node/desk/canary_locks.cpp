// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/canary_locks.h"

#include <algorithm>

#include "node/desk/deciding.h"
#include "node/desk/facts.h"
#include "node/desk/withdrawing.h"
#include "node/store/sealing.h"
#include "protocol/feed/canary.h"

namespace bakhita::desk {
namespace {

/// Missing, and this node may add to its feed. They are nobody's: no rule about content asks.
bool are_missing(const Desk& desk, const store::Community& community, const FeedId& feed) {
  return desk.database.get(store::Table::meta, published_canaries_key(feed)) !=
             published_canaries(community.charter.key_epoch(), today(desk).period) &&
         decide(publication_question(desk, community), community) == policy::RuleId::allowed;
}

std::uint64_t month_start(std::uint64_t now) {
  std::uint64_t day = now / 86'400;
  while (day > 0 && period_of((day - 1) * 86'400) == period_of(now)) --day;
  return day * 86'400;
}

}  // namespace

Bytes published_canaries_key(const FeedId& feed) {
  return ByteWriter().text("own-canary/").raw(feed.community.bytes).u32(feed.generation).take();
}
Bytes published_canaries(std::uint32_t epoch, std::uint32_t period) {
  return ByteWriter().u32(epoch).u32(period).take();
}

std::uint64_t draw_canary_time(const Desk& desk, ByteView purpose) {
  const auto key = to_array<32>(desk.keystore.derive("canary-times").view()).value();
  return ByteReader(store::keyed_hash(key, purpose)).u64() % canary_draw_time;
}

std::map<Token, Record> make_missing_canaries(Desk& desk, const store::Community& community,
                                              const FeedId& feed, store::Batch& batch) {
  std::map<Token, Record> out;
  if (!are_missing(desk, community, feed)) return out;
  const Today now = today(desk);
  const ByteArray<32> secret = community_secret(desk, community.id, community.charter.key_epoch());
  for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
    const Scope scope = scope_of(community, desk.self, group);
    const Prk prk = make_prk(secret, evaluate_directly(own_oprf_key(desk, community, group).secret,
                                                       canary_input(secret, scope, now.period)));
    // As long as any other lock: nothing tells them apart.
    out.emplace(
        make_token(prk, scope, now.period),
        make_lock(prk, scope, now.period, desk.random.bytes<32>(),
                  canary_summary(group, desk.random.bytes<16>()), now.hour,
                  now.day + std::min(desk.retention_days, community.charter.retention_days())));
  }
  batch.put(store::Table::meta, published_canaries_key(feed),
            published_canaries(community.charter.key_epoch(), now.period));
  return out;
}

bool canaries_are_due(const Desk& desk, const store::Community& community, const FeedId& feed) {
  if (!are_missing(desk, community, feed) || desk.reports.dropped().count > 0) return false;
  const std::uint64_t drawn = draw_canary_time(
      desk, ByteWriter().raw(published_canaries_key(feed)).u32(today(desk).period).view());
  return desk.now() >= month_start(desk.now()) + drawn;
}

}  // namespace bakhita::desk
