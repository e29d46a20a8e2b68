// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/old_copy.h"

#include <algorithm>

#include "keys/error.h"
#include "node/desk/sightings.h"

namespace bakhita::desk {
namespace {

using store::Table;

constexpr std::size_t drop_step_bytes = 4 << 20;
/// Reports, or identifiers, whose states are written at once.
constexpr std::size_t step = 1'024;

/// Table::meta: identifiers of whose reports some are gone.
constexpr std::string_view bereft_prefix = "bereft/";
Bytes bereft_key(const store::IdentifierHash& identifier) {
  return ByteWriter().text(bereft_prefix).raw(identifier).take();
}

std::string reports_text(const store::DroppedReports& dropped) {
  return std::to_string(dropped.count) + " reports";
}

/// Tokens that follow from evaluations which nothing opens: only the rows say whose they are.
void drop_wanted(Desk& desk) {
  store::Batch batch;
  desk.database.scan(Table::wanted, {}, {}, [&](ByteView key, ByteView identifier) {
    if (!desk.identifiers.keys().is_outdated(to_array<16>(identifier).value())) return true;
    batch.erase(Table::wanted, key);
    if (batch.size_bytes() > drop_step_bytes)
      desk.database.commit(std::exchange(batch, store::Batch()));
    return true;
  });
  desk.database.commit(std::move(batch));
}

void drop_identifiers(Desk& desk, LookupQueue& queue) {
  store::IdentifierKeys& keys = desk.identifiers.keys();
  LookupQueue::Edit edit(queue);
  store::Batch batch;
  std::vector<std::uint16_t> dropped;
  const auto write = [&] {
    batch.append(edit.take());
    desk.database.commit(std::exchange(batch, store::Batch()));
    keys.adopt(std::exchange(dropped, {}));
  };
  for (const std::uint16_t bucket : keys.outdated()) {
    batch.append(keys.drop(bucket, [&](ByteView queued) { edit.remove(queued); }));
    dropped.push_back(bucket);
    if (batch.size_bytes() > drop_step_bytes) write();
  }
  write();
}

/// Adds to the states what readable reports say and they do not know.
void restore_sightings(Desk& desk) {
  std::optional<SightingChanges> changes(std::in_place, desk);
  std::size_t count = 0;
  const auto write = [&] {
    store::Batch batch;
    changes->write_restored(batch);
    changes.emplace(desk);
    desk.database.commit(std::move(batch));
  };
  desk.reports.for_each_row({}, [&](ByteView, const storage::v1::ReportRow& row) {
    const auto head = desk.reports.find(row.id());
    const auto content = head ? desk.reports.load(head->number, head->version) : std::nullopt;
    if (content) changes->restore(head->number, *content);
    if (++count % step == 0) write();
    return true;
  });
  write();
}

enum class Keep : bool { shields, nothing };

/// Drops sightings of reports that are gone. True when the state had any.
bool drop_sightings(const Desk& desk, Keep keep, storage::v1::IdentifierState& state) {
  bool bereft = false;
  auto& sightings = *state.mutable_sightings();
  sightings.erase(std::remove_if(sightings.begin(), sightings.end(),
                                 [&](const storage::v1::Sighting& sighting) {
                                   if (desk.reports.holds(sighting.report())) return false;
                                   bereft = true;
                                   return keep == Keep::nothing || is_releasable(sighting.role());
                                 }),
                  sightings.end());
  return bereft;
}

void drop_lost_sightings(Desk& desk) {
  store::Batch batch;
  desk.identifiers.for_each(
      [&](const store::IdentifierHash& hash, const storage::v1::IdentifierState& stored) {
        storage::v1::IdentifierState state = stored;
        if (!drop_sightings(desk, Keep::shields, state)) return true;
        desk.identifiers.put(batch, hash, state);
        batch.put(Table::meta, bereft_key(hash), ByteView());
        if (batch.size_bytes() > drop_step_bytes)
          desk.database.commit(std::exchange(batch, store::Batch()));
        return true;
      });
  desk.database.commit(std::move(batch));
}

std::vector<store::IdentifierHash> next_bereft(const Desk& desk) {
  std::vector<store::IdentifierHash> out;
  desk.database.scan(Table::meta, as_bytes(bereft_prefix), {}, [&](ByteView key, ByteView) {
    out.push_back(to_array<16>(key.subspan(bereft_prefix.size())).value());
    return out.size() < step;
  });
  return out;
}

}  // namespace

void drop_unreadable(Desk& desk, LookupQueue& queue) {
  const std::size_t identifier_buckets = desk.identifiers.keys().outdated().size();
  const std::size_t report_buckets = desk.reports.outdated().size();
  if (identifier_buckets == 0 && report_buckets == 0) return;
  if (!desk.audit.is_ours())
    throw keys::KeyError(desk.keystore.file().string() +
                         ": is not the keystore of this database: it does not open the audit "
                         "trail; put the node's own one back");
  desk.anchor.suspend(
      "the keystore is newer than the database: an old copy of the data folder was put back, and "
      "keys under which it holds reports or identifiers were destroyed since");
  const auto exclusive = desk.identifiers.exclusive();
  if (identifier_buckets > 0) {
    drop_wanted(desk);
    drop_identifiers(desk, queue);
  }
  desk.reports.drop_outdated([&](store::Batch last) {
    desk.audit.commit(std::move(last),
                      desk.entry("node", "recovery.drop",
                                 std::to_string(report_buckets) + " buckets of reports, " +
                                     std::to_string(identifier_buckets) + " of identifiers",
                                 "their keys were destroyed after this copy was made"));
  });
}

void rebuild_states(Desk& desk) {
  const auto exclusive = desk.identifiers.exclusive();
  restore_sightings(desk);
  drop_lost_sightings(desk);
}

std::size_t settle_dropped(Desk& desk, const std::string& actor) {
  const auto exclusive = desk.identifiers.exclusive();
  std::size_t count = 0;
  for (auto bereft = next_bereft(desk); !bereft.empty(); bereft = next_bereft(desk)) {
    store::Batch batch;
    const auto states = desk.identifiers.load_many(bereft);
    for (std::size_t i = 0; i < bereft.size(); ++i) {
      bool named = false;
      if (auto state = states[i]) {
        drop_sightings(desk, Keep::nothing, *state);
        named = state->sightings_size() > 0;
        desk.identifiers.put(batch, bereft[i], *state);
      }
      const auto cause = named ? ReviewCause::change : ReviewCause::erasure;
      batch.put(Table::reviews, review_key(bereft[i], cause), ByteView());
      batch.erase(Table::meta, bereft_key(bereft[i]));
    }
    desk.database.commit(std::move(batch));
    count += bereft.size();
  }
  const store::DroppedReports dropped = desk.reports.dropped();
  store::Batch batch;
  store::Reports::forget_dropped(batch);
  desk.audit.commit(std::move(batch), desk.entry(actor, "recovery.settle", reports_text(dropped),
                                                 {}, std::to_string(count) + " identifiers"));
  return count;
}

}  // namespace bakhita::desk
