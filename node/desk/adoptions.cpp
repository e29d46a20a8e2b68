// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/adoptions.h"

#include <algorithm>
#include <map>

#include "node/desk/reading.h"
#include "node/desk/review.h"
#include "node/desk/sightings.h"
#include "protocol/identifier/canonical.h"

namespace bakhita::desk {
namespace {

using store::Table;

/// Table::meta: "adopted/" ‖ keyed hash[16] of the identifier ‖ u32 feed ‖ u64 index of the
/// advisory → nothing. Two advisories may name one value.
constexpr std::string_view by_identifier = "adopted/";
Bytes identifier_prefix(const store::IdentifierHash& identifier) {
  return ByteWriter().text(by_identifier).raw(identifier).take();
}
/// Table::meta: "adopted-from/" ‖ u32 feed ‖ u64 index → the values' keyed hashes.
constexpr std::string_view by_advisory = "adopted-from/";
Bytes advisory_key(const RecordName& name) {
  return ByteWriter().text(by_advisory).raw(to_key(name)).take();
}

std::vector<store::IdentifierHash> values_of(const Desk& desk, const v1::Advisory& advisory) {
  std::vector<store::IdentifierHash> out;
  for (const v1::CanonicalValue& value : advisory.values())
    out.push_back(
        desk.identifiers.hash(static_cast<IdentifierType>(value.type()), value.canonical()));
  return out;
}

/// Is the value adopted from another advisory than this one?
bool is_adopted_besides(const Desk& desk, const store::IdentifierHash& identifier,
                        const RecordName& name) {
  const Bytes prefix = identifier_prefix(identifier);
  bool found = false;
  desk.database.scan(Table::meta, prefix, {}, [&](ByteView key, ByteView) {
    found = record_named(key.subspan(prefix.size())) != name;
    return !found;
  });
  return found;
}

/// Writes whether matching leaves the value alone; what follows is for the review.
void set_benign(const Desk& desk, const store::IdentifierHash& hash, bool benign,
                store::Batch& batch) {
  auto state = desk.identifiers.load(hash);
  if (!state) return;
  state->set_benign(benign || is_benign(*desk.tables, static_cast<IdentifierType>(state->type()),
                                        state->canonical()));
  desk.identifiers.put(batch, hash, *state);
  batch.put(Table::reviews, review_key(hash, ReviewCause::change), ByteView());
}

void drop(Desk& desk, const RecordName& name, ByteView hashes, const store::AuditEntry& entry) {
  const auto writing = desk.identifiers.keys().writing();
  store::Batch batch;
  batch.erase(Table::meta, advisory_key(name));
  ByteReader in(hashes);
  while (!in.finished()) {
    const auto hash = to_array<16>(in.raw(16));
    if (!hash) throw store::StorageError("the row of an adopted advisory is malformed");
    batch.erase(Table::meta, ByteWriter().raw(identifier_prefix(*hash)).raw(to_key(name)).view());
    set_benign(desk, *hash, is_adopted_besides(desk, *hash, name), batch);
  }
  desk.audit.commit(std::move(batch), entry);
}

}  // namespace

std::vector<std::string> reports_against(const Desk& desk, const v1::Advisory& advisory) {
  std::vector<std::string> out;
  for (const store::IdentifierHash& hash : values_of(desk, advisory))
    if (const auto state = desk.identifiers.load(hash))
      for (std::string& id : report_ids_of(desk, *state))
        if (std::ranges::find(out, id) == out.end()) out.push_back(std::move(id));
  return out;
}

bool is_adopted(const Desk& desk, const store::IdentifierHash& identifier) {
  bool found = false;
  desk.database.scan(Table::meta, identifier_prefix(identifier), {}, [&](ByteView, ByteView) {
    found = true;
    return false;
  });
  return found;
}

bool is_adopted(const Desk& desk, const RecordName& advisory) {
  return desk.database.get(Table::meta, advisory_key(advisory)).has_value();
}

std::optional<admin::v1::AdvisoryView> adopt_advisory(Desk& desk, Lookups& lookups,
                                                      const admin::v1::AdvisoryChange& request) {
  const auto advisory = find_advisory(desk, request.id());
  if (!advisory) return std::nullopt;
  if (advisory->body.values().empty())
    throw AdvisoryRefused("a prevention notice names no values: there is nothing to adopt");
  {
    const auto exclusive = desk.identifiers.exclusive();
    const std::size_t reports = reports_against(desk, advisory->body).size();
    if (reports > 0 && !request.despite_reports())
      throw AdvisoryRefused(std::to_string(reports) +
                            " own reports name its values on the suspect's side (advisory show); "
                            "they would be flagged no more: say --despite-reports, and why");
    const auto writing = desk.identifiers.keys().writing();
    store::Batch batch;
    ByteWriter hashes;
    for (const store::IdentifierHash& hash : values_of(desk, advisory->body)) {
      hashes.raw(hash);
      batch.put(Table::meta,
                ByteWriter().raw(identifier_prefix(hash)).raw(to_key(advisory->name)).view(),
                ByteView());
      set_benign(desk, hash, true, batch);
    }
    batch.put(Table::meta, advisory_key(advisory->name), hashes.view());
    desk.audit.commit(std::move(batch),
                      desk.entry(request.operator_(), "advisory.adopt", to_id(advisory->name),
                                 request.reason(), std::to_string(reports) + " own reports"));
  }
  review(desk, lookups, request.operator_());
  return view_of(desk, *advisory);
}

std::optional<admin::v1::AdvisoryView> drop_advisory(Desk& desk,
                                                     const admin::v1::AdvisoryChange& request) {
  const auto exclusive = desk.identifiers.exclusive();
  const auto advisory = find_advisory(desk, request.id());
  if (!advisory) return std::nullopt;
  const auto hashes = desk.database.get(Table::meta, advisory_key(advisory->name));
  if (!hashes) throw AdvisoryRefused("it is not adopted here");
  drop(desk, advisory->name, *hashes,
       desk.entry(request.operator_(), "advisory.drop", to_id(advisory->name), request.reason()));
  return view_of(desk, *advisory);
}

void settle_adoptions(Desk& desk) {
  const auto exclusive = desk.identifiers.exclusive();
  std::map<RecordName, Bytes> over;
  std::optional<OpenFeeds> feeds;  // asked for only where something is adopted
  desk.database.scan(Table::meta, as_bytes(by_advisory), {}, [&](ByteView key, ByteView hashes) {
    const RecordName name = record_named(key.subspan(by_advisory.size()));
    if (!feeds) feeds.emplace(desk);
    if (!find_advisory(desk, *feeds, name)) over.emplace(name, to_bytes(hashes));
    return true;
  });
  for (const auto& [name, hashes] : over)
    drop(desk, name, hashes, desk.entry("node", "advisory.over", to_id(name)));
}

}  // namespace bakhita::desk
