// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/review.h"

#include "node/desk/adoptions.h"
#include "node/desk/advisories.h"
#include "node/desk/facts.h"
#include "node/desk/sightings.h"
#include "node/desk/withdrawing.h"

namespace bakhita::desk {
namespace {

using store::Table;

/// Identifiers that are looked at together: their withdrawals become one batch.
constexpr std::size_t review_step = 4'096;

struct Due {
  std::vector<store::IdentifierHash> all, erased;
};

Due next_reviews(const Desk& desk) {
  Due out;
  desk.database.scan(Table::reviews, {}, {}, [&](ByteView key, ByteView) {
    const auto hash = to_array<16>(key.first(16)).value();
    if (out.all.empty() || out.all.back() != hash) {
      if (out.all.size() == review_step) return false;
      out.all.push_back(hash);
    }
    if (as_text(key) == as_text(review_key(hash, ReviewCause::erasure))) out.erased.push_back(hash);
    return true;
  });
  return out;
}

/// Nobody may ask for it any more, and nothing of earlier questions may stay.
bool is_forgotten(const Desk& desk, const store::IdentifierHash& hash,
                  const std::optional<storage::v1::IdentifierState>& state) {
  return !state || facts_of(*state).shielded_role || is_adopted(desk, hash);
}

std::size_t review_some(Desk& desk, Lookups& lookups, const Due& due, const std::string& actor) {
  std::vector<ChangedState> states, shielded;
  std::vector<store::IdentifierHash> forgotten;
  const auto loaded = desk.identifiers.load_many(due.all);
  for (std::size_t i = 0; i < due.all.size(); ++i) {
    if (is_forgotten(desk, due.all[i], loaded[i]) || loaded[i]->sightings_size() == 0)
      forgotten.push_back(due.all[i]);
    if (loaded[i] && loaded[i]->locks_size() > 0) states.emplace_back(due.all[i], *loaded[i]);
    if (loaded[i] && facts_of(*loaded[i]).shielded_role)
      shielded.emplace_back(due.all[i], *loaded[i]);
  }
  lookups.match_open(due.all);
  std::size_t withdrawn = withdraw_advisories(desk, shielded, actor);
  for (const store::Community& community : desk.members.communities())
    if (community.accepted_by(desk.self)) withdrawn += withdraw_due(desk, community, states, actor);
  // The keys of what was erased or forgotten go last: a crash before that leaves the reviews.
  std::vector<store::IdentifierHash> rekeyed = due.erased;
  {
    store::Batch unused;
    LookupQueue::Edit looking(lookups.queue());
    for (const auto& hash : lookups.forget(forgotten, unused, looking)) rekeyed.push_back(hash);
  }
  store::IdentifierKeys::Replacement keys(desk.identifiers.keys(), rekeyed);
  store::Batch batch = keys.rows();
  LookupQueue::Edit edit(lookups.queue());
  const std::size_t count = lookups.forget(forgotten, batch, edit).size();
  batch.append(edit.take());
  for (const store::IdentifierHash& hash : due.all)
    for (ReviewCause cause : {ReviewCause::change, ReviewCause::erasure})
      batch.erase(Table::reviews, review_key(hash, cause));
  if (count > 0)
    desk.audit.commit(std::move(batch), desk.entry(actor, "lookup.forget", {}, {},
                                                   std::to_string(count) + " identifiers"));
  else
    desk.database.commit(std::move(batch));
  keys.destroy_old_keys();
  return withdrawn;
}

}  // namespace

std::size_t review(Desk& desk, Lookups& lookups, const std::string& actor) {
  std::size_t withdrawn = 0;
  for (;;) {
    const auto exclusive = desk.identifiers.exclusive();
    const Due due = next_reviews(desk);
    if (due.all.empty()) return withdrawn;
    withdrawn += review_some(desk, lookups, due, actor);
  }
}

std::optional<admin::v1::ReportErased> erase_report(Desk& desk, Lookups& lookups,
                                                    const admin::v1::ReportErase& request) {
  admin::v1::ReportErased out;
  out.set_id(request.id());
  {
    const auto exclusive = desk.identifiers.exclusive();
    const auto head = desk.reports.find(request.id());
    if (!head) return std::nullopt;
    SightingChanges changes(desk);
    for (std::uint32_t version = 1; version <= head->version; ++version)
      if (const auto stored = desk.reports.load(head->number, version))
        changes.remove(head->number, *stored);
    store::Batch batch;
    changes.write(batch, ReviewCause::erasure);
    out.set_rekeyed(static_cast<std::uint32_t>(
        desk.reports.erase(request.id(), std::move(batch), [&](store::Batch all) {
          desk.audit.commit(std::move(all), desk.entry(request.operator_(), "report.erase",
                                                       request.id(), request.reason()));
        })));
  }
  out.set_withdrawn(static_cast<std::uint32_t>(review(desk, lookups, request.operator_())));
  out.set_complete(true);
  return out;
}

}  // namespace bakhita::desk
