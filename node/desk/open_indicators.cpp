// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/open_indicators.h"

#include <algorithm>

#include "node/desk/deciding.h"
#include "node/desk/duties.h"
#include "node/desk/facts.h"
#include "node/desk/withdrawing.h"
#include "protocol/feed/open.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

using store::Table;

constexpr std::uint32_t page_default = 1'000, page_max = 10'000;

/// Table::meta: "open-at/" ‖ u32 feed ‖ u64 index → keyed hash[16] of the identifier.
constexpr std::string_view by_record = "open-at/";
Bytes record_key(const RecordName& record) {
  return ByteWriter().text(by_record).raw(to_key(record)).take();
}
Bytes feed_prefix(std::uint32_t feed) { return ByteWriter().text(by_record).u32(feed).take(); }

/// Table::meta: "open/" ‖ keyed hash[16] of the identifier ‖ u32 feed ‖ u64 index → nothing; of
/// others' feeds.
Bytes identifier_prefix(const store::IdentifierHash& identifier) {
  return ByteWriter().text("open/").raw(identifier).take();
}
Bytes identifier_key(const store::IdentifierHash& identifier, const RecordName& record) {
  return ByteWriter().raw(identifier_prefix(identifier)).raw(to_key(record)).take();
}

std::size_t count_of(const Desk& desk, std::uint32_t feed) {
  std::size_t count = 0;
  desk.database.scan(Table::meta, feed_prefix(feed), {},
                     [&](ByteView, ByteView) { return ++count < open_indicators_max; });
  return count;
}

/// What a member published readable, when it may stand: well formed, canonical by this node's
/// tables, alive, held under the charter, and not taken back for good before.
std::optional<v1::OpenIndicator> standing(const Desk& desk, const FeedId& feed,
                                          const Placed& placed) {
  auto out = parse_open(placed.record->body);
  if (!out || placed.record->header.expiry_day < today(desk).day) return std::nullopt;
  const auto type = static_cast<IdentifierType>(out->type());
  const Canonical form = canonicalise(*desk.tables, type, out->canonical(), {});
  const auto* canonical = std::get_if<std::string>(&form);
  if (canonical == nullptr || *canonical != out->canonical() ||
      is_buried(desk, feed.community, feed.origin, open_token(type, out->canonical()),
                std::pair(feed.generation, placed.index)))
    return std::nullopt;
  const auto community = desk.members.community(feed.community);
  if (!community || decide(holding_question(desk, *community, feed.origin, desk.self),
                           *community) != policy::RuleId::allowed)
    return std::nullopt;
  return *out;
}

void add_open_match(const Desk& desk, const store::FeedState& origin, const Placed& placed,
                    const v1::OpenIndicator& open, const store::IdentifierHash& identifier,
                    MatchChanges& changes) {
  const auto held = desk.identifiers.load(identifier);
  if (!held || !may_look_up(*held)) return;
  storage::v1::StoredMatch match;
  match.set_identifier(text(identifier));
  match.set_community(text(origin.id.community.bytes));
  match.set_origin(text(origin.id.origin.bytes));
  match.set_generation(origin.id.generation);
  match.set_index(placed.index);
  *match.mutable_summary() = open.summary();
  match.set_found_at(desk.now());
  match.set_expiry_day(placed.record->header.expiry_day);
  match.set_open(true);
  add_match(desk, origin.number, match, changes);
}

admin::v1::IndicatorView view_of(const Desk& desk, const store::FeedState& origin,
                                 const RecordName& name, const Record& record,
                                 const v1::OpenIndicator& open) {
  admin::v1::IndicatorView out;
  out.set_id(to_id(name));
  out.set_country(country_of(desk, origin.id.origin));
  out.set_ours(origin.id.origin == desk.self);
  if (const auto community = desk.members.community(origin.id.community))
    out.set_community(community->charter.name());
  out.set_type(std::string(name_of(static_cast<IdentifierType>(open.type()))));
  out.set_value(display(open.canonical()));
  const CodeList& codes = desk.codes.list(code_list::exploitation);
  for (std::uint32_t number : open.summary().exploitation()) {
    const auto code = codes.codes.find(number);
    out.add_exploitation(code == codes.codes.end() ? std::to_string(number) : code->second);
  }
  *out.mutable_summary() = open.summary();
  out.set_since(time_text(std::uint64_t{record.header.issued_hour} * 3'600));
  out.set_until(time_text(std::uint64_t{record.header.expiry_day} * 86'400).substr(0, 10));
  if (const auto match = find_match(desk, out.id()))
    *out.mutable_report_ids() = match->report_ids();
  return out;
}

}  // namespace

void learn_open(const Desk& desk, const store::FeedState& origin, std::span<const Placed> records,
                MatchChanges& changes) {
  if (records.empty()) return;
  std::size_t count = count_of(desk, origin.number);
  for (const Placed& placed : records) {
    if (count == open_indicators_max) return;
    const auto open = standing(desk, origin.id, placed);
    if (!open) continue;
    const RecordName name{origin.number, placed.index};
    const store::IdentifierHash identifier =
        desk.identifiers.hash(static_cast<IdentifierType>(open->type()), open->canonical());
    changes.batch.put(Table::meta, record_key(name), identifier);
    changes.batch.put(Table::meta, identifier_key(identifier, name), ByteView());
    add_open_match(desk, origin, placed, *open, identifier, changes);
    ++count;
  }
}

void note_own_open(store::Batch& batch, const RecordName& record,
                   const store::IdentifierHash& identifier) {
  batch.put(Table::meta, record_key(record), identifier);
}

void forget_open(const Desk& desk, std::uint32_t feed, std::uint64_t index, store::Batch& batch) {
  const RecordName name{feed, index};
  const auto identifier = desk.database.get(Table::meta, record_key(name));
  if (!identifier) return;
  batch.erase(Table::meta, record_key(name));
  if (const auto hash = to_array<16>(*identifier))
    batch.erase(Table::meta, identifier_key(*hash, name));
}

void forget_open_before(const Desk& desk, std::uint32_t feed, std::uint64_t first,
                        store::Batch& batch) {
  desk.database.scan(Table::meta, feed_prefix(feed), {}, [&](ByteView key, ByteView) {
    const RecordName name = record_named(key.subspan(by_record.size()));
    if (name.index < first) forget_open(desk, feed, name.index, batch);
    return name.index < first;
  });
}

bool is_open_elsewhere(const Desk& desk, v1::IdentifierType type,
                       const store::IdentifierHash& identifier) {
  if (!is_infrastructure(static_cast<IdentifierType>(type))) return false;
  bool found = false;
  desk.database.scan(Table::meta, identifier_prefix(identifier), {}, [&](ByteView, ByteView) {
    found = true;
    return false;
  });
  return found;
}

void match_open(const Desk& desk, const store::IdentifierHash& identifier, MatchChanges& changes) {
  const Bytes prefix = identifier_prefix(identifier);
  std::vector<RecordName> names;
  desk.database.scan(Table::meta, prefix, {}, [&](ByteView key, ByteView) {
    names.push_back(record_named(key.subspan(prefix.size())));
    return true;
  });
  for (const RecordName& name : names) {
    const auto origin = feed_numbered(desk, name.feed);
    const auto record = origin ? desk.feeds.record(origin->id, name.index) : std::nullopt;
    if (!record) continue;
    const Placed placed{name.index, &*record};
    if (const auto open = standing(desk, origin->id, placed))
      add_open_match(desk, *origin, placed, *open, identifier, changes);
  }
}

admin::v1::Indicators list_open(const Desk& desk, const admin::v1::IndicatorList& request) {
  const std::size_t limit =
      request.limit() == 0 ? page_default : std::min(request.limit(), page_max);
  const auto after = from_hex(request.after()).value_or(Bytes());
  const Bytes from = after.size() == 12 ? record_key(record_named(after)) : Bytes();
  const std::uint32_t day = today(desk).day;
  admin::v1::Indicators out;
  desk.database.scan(Table::meta, as_bytes(by_record), from, [&](ByteView key, ByteView) {
    if (as_text(key) == as_text(from)) return true;
    const RecordName name = record_named(key.subspan(by_record.size()));
    const auto origin = feed_numbered(desk, name.feed);
    if (!origin ||
        (!request.country().empty() && request.country() != country_of(desk, origin->id.origin)))
      return true;
    const auto record = desk.feeds.record(origin->id, name.index);
    const auto open = record ? parse_open(record->body) : Error::not_found;
    if (!open || record->header.expiry_day < day) return true;
    if (static_cast<std::size_t>(out.indicators_size()) == limit) {
      out.set_next(out.indicators(out.indicators_size() - 1).id());
      return false;
    }
    *out.add_indicators() = view_of(desk, *origin, name, *record, *open);
    return true;
  });
  return out;
}

}  // namespace bakhita::desk
