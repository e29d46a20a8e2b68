// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/upkeep.h"

#include "node/desk/adoptions.h"
#include "node/desk/duties.h"
#include "node/desk/floors.h"
#include "node/desk/freshness.h"
#include "node/desk/live_locks.h"
#include "node/desk/matches.h"
#include "node/desk/open_indicators.h"
#include "node/desk/review.h"
#include "node/desk/withdrawing.h"
#include "node/store/sealing.h"

namespace bakhita::desk {
namespace {

constexpr std::string_view day_key = "upkeep-day";

/// Own locks first: they must not be thought alive when their bodies are gone.
void expire_all(Desk& desk, Lookups& lookups) {
  forget_expired_locks(desk);
  forget_recovered(desk);
  for (const store::FeedState& feed : desk.feeds.all())
    if (const std::uint64_t count = lookups.expire(feed.id); count > 0)
      desk.audit.commit(
          {}, desk.entry("node", "feed.expire", to_hex(feed.id.origin.bytes).substr(0, 16), {},
                         std::to_string(count) + " records"));
  raise_floors(desk);
  for (const store::FeedState& feed : desk.feeds.all()) lookups.settle_waiting(feed.id);
  desk.recalls.forget_expired(today(desk).day);
  const auto writing = desk.identifiers.keys().writing();
  MatchChanges changes;
  expire_waiting(desk, changes);
  expire_open(desk, changes);
  expire_advisories(desk, changes.batch);
  commit(desk, std::move(changes));
}

}  // namespace

void keep_up(Desk& desk, Lookups& lookups) {
  settle_adoptions(desk);
  review(desk, lookups, "node");
  const std::uint64_t day = today(desk).day;
  const auto done = desk.database.get(store::Table::meta, as_bytes(day_key));
  if (!done || ByteReader(*done).u64() != day) {
    expire_all(desk, lookups);
    store::Batch batch;
    batch.put(store::Table::meta, as_bytes(day_key), store::number_key(day));
    desk.database.commit(std::move(batch));
  }
  purge_deleted(desk);
  post_receipts(desk);
  cosign_own_feeds(desk);
}

}  // namespace bakhita::desk
