// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/open_indicators.h"

#include <algorithm>
#include <map>

#include "node/desk/duties.h"
#include "node/desk/facts.h"
#include "node/desk/open_feeds.h"
#include "node/desk/reading.h"
#include "node/desk/withdrawing.h"
#include "protocol/feed/open.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

using store::Table;

constexpr std::uint32_t page_default = 1'000, page_max = 10'000;

/// Table::meta: "open-at/" ‖ u32 feed ‖ u64 index → keyed hash[16] of the identifier ‖ u32 day to
/// which it counts.
constexpr std::string_view by_record = "open-at/";
Bytes record_key(const RecordName& record) {
  return ByteWriter().text(by_record).raw(to_key(record)).take();
}
Bytes feed_prefix(std::uint32_t feed) { return ByteWriter().text(by_record).u32(feed).take(); }
struct Row {
  store::IdentifierHash identifier{};
  std::uint32_t until_day = 0;
};
Bytes encode(const Row& row) { return ByteWriter().raw(row.identifier).u32(row.until_day).take(); }
Row parse_row(ByteView row) {
  ByteReader in(row);
  const auto identifier = to_array<16>(in.raw(16));
  const std::uint32_t until_day = in.u32();
  if (!identifier || !in.finished())
    throw store::StorageError("the row of an open indicator is malformed");
  return {*identifier, until_day};
}
std::optional<Row> row_of(const Desk& desk, const RecordName& record) {
  const auto row = desk.database.get(Table::meta, record_key(record));
  return row ? std::optional(parse_row(*row)) : std::nullopt;
}

/// Table::meta: "open/" ‖ keyed hash[16] of the identifier ‖ u32 feed ‖ u64 index → community[16] ‖
/// origin[32] ‖ u32 generation; of others' feeds, and of each only the newest record.
Bytes identifier_prefix(const store::IdentifierHash& identifier) {
  return ByteWriter().text("open/").raw(identifier).take();
}
Bytes identifier_key(const store::IdentifierHash& identifier, const RecordName& record) {
  return ByteWriter().raw(identifier_prefix(identifier)).raw(to_key(record)).take();
}
Bytes encode(const FeedId& feed) {
  return ByteWriter().raw(feed.community.bytes).raw(feed.origin.bytes).u32(feed.generation).take();
}
FeedId parse_feed(ByteView row) {
  ByteReader in(row);
  const auto community = to_array<16>(in.raw(16));
  const auto origin = to_array<32>(in.raw(32));
  const std::uint32_t generation = in.u32();
  if (!community || !origin || !in.finished())
    throw store::StorageError("the row of an open indicator's identifier is malformed");
  return {{*community}, {*origin}, generation};
}

/// A member's record that stands for an identifier.
struct Standing {
  RecordName name;
  std::uint32_t generation = 0;
};
/// One, in whichever generation of the member's feed: it could open as many as it likes.
std::optional<Standing> standing_for(const Desk& desk, const store::IdentifierHash& identifier,
                                     const FeedId& of) {
  const Bytes prefix = identifier_prefix(identifier);
  std::optional<Standing> out;
  desk.database.scan(Table::meta, prefix, {}, [&](ByteView key, ByteView value) {
    const FeedId feed = parse_feed(value);
    if (feed.community == of.community && feed.origin == of.origin)
      out = Standing{record_named(key.subspan(prefix.size())), feed.generation};
    return !out;
  });
  return out;
}

std::size_t count_of(const Desk& desk, std::uint32_t feed) {
  std::size_t count = 0;
  desk.database.scan(Table::meta, feed_prefix(feed), {},
                     [&](ByteView, ByteView) { return ++count < open_indicators_max; });
  return count;
}

/// What a member published readable, when it may stand: well formed, canonical by this node's
/// tables, and not taken back for good before.
std::optional<v1::OpenIndicator> standing(const Desk& desk, const FeedId& feed,
                                          const Placed& placed) {
  auto out = parse_open(placed.record->body);
  if (!out) return std::nullopt;
  const auto type = static_cast<IdentifierType>(out->type());
  const Canonical form = canonicalise(*desk.tables, type, out->canonical(), {});
  const auto* canonical = std::get_if<std::string>(&form);
  if (canonical == nullptr || *canonical != out->canonical() ||
      is_buried(desk, feed.community, feed.origin, open_token(type, out->canonical()),
                std::pair(feed.generation, placed.index)))
    return std::nullopt;
  return *out;
}

void add_open_match(const Desk& desk, const store::FeedState& origin, std::uint64_t index,
                    const v1::OpenIndicator& open, const Row& row, MatchChanges& changes) {
  const auto held = desk.identifiers.load(row.identifier);
  if (!held || !may_look_up(*held)) return;
  storage::v1::StoredMatch match;
  match.set_identifier(text(row.identifier));
  match.set_community(text(origin.id.community.bytes));
  match.set_origin(text(origin.id.origin.bytes));
  match.set_generation(origin.id.generation);
  match.set_index(index);
  *match.mutable_summary() = open.summary();
  match.set_found_at(desk.now());
  match.set_expiry_day(row.until_day);
  match.set_open(true);
  add_match(desk, origin.number, match, changes);
}

void forget(const RecordName& name, const Row& row, store::Batch& batch) {
  batch.erase(Table::meta, record_key(name));
  batch.erase(Table::meta, identifier_key(row.identifier, name));
}

/// What the feed says of one value, last.
struct Said {
  std::uint64_t index = 0;
  v1::OpenIndicator open;
  Row row;
};

/// Takes the place of what the member said of the value before, and of its match.
void keep(const Desk& desk, const store::FeedState& origin, const Said& said,
          const std::optional<Standing>& before, MatchChanges& changes) {
  if (before) {
    if (const auto row = row_of(desk, before->name)) forget(before->name, *row, changes.batch);
    withdraw_match(desk, before->name.feed, before->name.index, changes);
  }
  const RecordName name{origin.number, said.index};
  changes.batch.put(Table::meta, record_key(name), encode(said.row));
  changes.batch.put(Table::meta, identifier_key(said.row.identifier, name), encode(origin.id));
  add_open_match(desk, origin, said.index, said.open, said.row, changes);
}

admin::v1::IndicatorView view_of(const Desk& desk, const store::FeedState& origin,
                                 const RecordName& name, const Row& row, const Record& record,
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
  out.set_until(time_text(std::uint64_t{row.until_day} * 86'400).substr(0, 10));
  const auto own = out.ours() ? desk.identifiers.load(row.identifier) : std::nullopt;
  if (own)
    for (std::string& id : report_ids_of(desk, *own)) out.add_report_ids(std::move(id));
  else if (const auto match = find_match(desk, out.id()))
    *out.mutable_report_ids() = match->report_ids();
  return out;
}

}  // namespace

void learn_open(const Desk& desk, const store::FeedState& origin, std::span<const Placed> records,
                MatchChanges& changes) {
  const auto community = desk.members.community(origin.id.community);
  if (records.empty() || !community || !may_read(desk, origin)) return;
  std::map<store::IdentifierHash, Said> newest;
  for (const Placed& placed : records) {
    const std::uint32_t until_day = counts_until(desk, *community, placed.record->header);
    if (until_day < today(desk).day) continue;
    auto open = standing(desk, origin.id, placed);
    if (!open) continue;
    const auto hash =
        desk.identifiers.hash(static_cast<IdentifierType>(open->type()), open->canonical());
    newest.insert_or_assign(hash, Said{placed.index, std::move(*open), {hash, until_day}});
  }
  std::size_t count = count_of(desk, origin.number);
  for (const auto& [identifier, said] : newest) {
    const auto before = standing_for(desk, identifier, origin.id);
    if (before && std::pair(before->generation, before->name.index) >=
                      std::pair(origin.id.generation, said.index))
      continue;  // read again, or of a generation that has ended
    const bool adds_one = !before || before->name.feed != origin.number;
    if (adds_one && count == open_indicators_max) continue;
    if (adds_one) ++count;
    keep(desk, origin, said, before, changes);
  }
}

void note_own_open(store::Batch& batch, const RecordName& record,
                   const store::IdentifierHash& identifier, std::uint32_t expiry_day) {
  batch.put(Table::meta, record_key(record), encode(Row{identifier, expiry_day}));
}

std::size_t open_room(const Desk& desk, const FeedId& own) {
  const auto feed = desk.feeds.find(own);
  return open_indicators_max - (feed ? count_of(desk, feed->number) : 0);
}

void forget_open(const Desk& desk, std::uint32_t feed, std::uint64_t index, store::Batch& batch) {
  const RecordName name{feed, index};
  if (const auto row = row_of(desk, name)) forget(name, *row, batch);
}

void expire_open(const Desk& desk, MatchChanges& changes) {
  const std::uint32_t day = today(desk).day;
  desk.database.scan(Table::meta, as_bytes(by_record), {}, [&](ByteView key, ByteView value) {
    const Row row = parse_row(value);
    if (row.until_day >= day) return true;
    const RecordName name = record_named(key.subspan(by_record.size()));
    forget(name, row, changes.batch);
    expire_match(desk, name.feed, name.index, changes);
    return true;
  });
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
  std::vector<std::pair<RecordName, FeedId>> names;
  desk.database.scan(Table::meta, prefix, {}, [&](ByteView key, ByteView feed) {
    names.emplace_back(record_named(key.subspan(prefix.size())), parse_feed(feed));
    return true;
  });
  for (const auto& [name, feed] : names) {
    const auto row = row_of(desk, name);
    const auto origin = desk.feeds.find(feed);
    if (!row || row->until_day < today(desk).day || !origin || !may_read(desk, *origin)) continue;
    const auto record = desk.feeds.record(feed, name.index);
    if (!record) continue;
    if (const auto open = standing(desk, feed, {name.index, &*record}))
      add_open_match(desk, *origin, name.index, *open, *row, changes);
  }
}

admin::v1::Indicators list_open(const Desk& desk, const admin::v1::IndicatorList& request) {
  const std::size_t limit =
      request.limit() == 0 ? page_default : std::min(request.limit(), page_max);
  const auto after = from_hex(request.after()).value_or(Bytes());
  const Bytes from = after.size() == 12 ? record_key(record_named(after)) : Bytes();
  const std::uint32_t day = today(desk).day;
  OpenFeeds feeds(desk);
  admin::v1::Indicators out;
  desk.database.scan(Table::meta, as_bytes(by_record), from, [&](ByteView key, ByteView value) {
    if (as_text(key) == as_text(from)) return true;
    const RecordName name = record_named(key.subspan(by_record.size()));
    const Row row = parse_row(value);
    const store::FeedState* origin = feeds.find(name.feed);
    if (origin == nullptr || row.until_day < day ||
        (!request.country().empty() && request.country() != country_of(desk, origin->id.origin)))
      return true;
    const auto record = desk.feeds.record(origin->id, name.index);
    const auto open = record ? parse_open(record->body) : Error::not_found;
    if (!open) return true;
    if (static_cast<std::size_t>(out.indicators_size()) == limit) {
      out.set_next(out.indicators(out.indicators_size() - 1).id());
      return false;
    }
    *out.add_indicators() = view_of(desk, *origin, name, row, *record, *open);
    return true;
  });
  return out;
}

}  // namespace bakhita::desk
