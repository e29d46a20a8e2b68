// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/matches.h"

#include <algorithm>
#include <set>

#include "node/desk/challenges.h"
#include "node/desk/names.h"
#include "node/desk/reading.h"
#include "protocol/policy/recall.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

using store::Table;

constexpr std::uint32_t page_default = 100, page_max = 10'000;

/// A match is named by the record that opened.
Bytes match_key(std::uint32_t feed, std::uint64_t index) { return to_key({feed, index}); }

Bytes index_key(ByteView identifier, ByteView match) {
  return ByteWriter().raw(identifier).raw(match).take();
}

/// Table::meta: the match of an identifier at an origin that waits for its successor under new
/// keys: u32 feed ‖ u64 index. The successor may be in a later generation of the feed.
constexpr std::string_view all_waiting = "rekeyed/";
Bytes waiting_prefix(ByteView identifier) {
  return ByteWriter().text(all_waiting).raw(identifier).take();
}
Bytes waiting_key(const storage::v1::StoredMatch& match) {
  return ByteWriter()
      .raw(waiting_prefix(as_bytes(match.identifier())))
      .text(match.community())
      .text(match.origin())
      .take();
}

/// Nothing when it is gone meanwhile.
std::optional<storage::v1::StoredMatch> open(const Desk& desk, ByteView key, ByteView row) {
  const auto plain = desk.identifiers.keys().open(Table::matches, key, row);
  if (!plain) return std::nullopt;
  storage::v1::StoredMatch out;
  if (!out.ParseFromArray(plain->data(), static_cast<int>(plain->size())))
    throw store::StorageError("a match's row is malformed");
  return out;
}

std::optional<storage::v1::StoredMatch> load(const Desk& desk, ByteView key) {
  const auto row = desk.database.get(Table::matches, key);
  return row ? open(desk, key, *row) : std::nullopt;
}

admin::v1::MatchView make_view(const Desk& desk, ByteView key,
                               const storage::v1::StoredMatch& match) {
  admin::v1::MatchView out;
  const NodeId origin{to_array<32>(as_bytes(match.origin())).value_or(ByteArray<32>{})};
  out.set_id(to_hex(key));
  if (const auto hash = to_array<16>(as_bytes(match.identifier())))
    if (const auto identifier = desk.identifiers.load(*hash))
      for (std::string& id : report_ids_of(desk, *identifier)) out.add_report_ids(std::move(id));
  out.set_country(country_of(desk, origin));
  out.set_node(to_hex(origin.bytes));
  out.set_community(to_hex(as_bytes(match.community())));
  *out.mutable_summary() = match.summary();
  const CodeList& codes = desk.codes.list(code_list::exploitation);
  for (std::uint32_t number : match.summary().exploitation()) {
    const auto code = codes.codes.find(number);
    out.add_exploitation(code == codes.codes.end() ? std::to_string(number) : code->second);
  }
  if (const auto type = identifier_type(static_cast<int>(match.summary().type())))
    out.set_type(std::string(name_of(*type)));
  out.set_open(match.open());
  out.set_ref(to_hex(as_bytes(match.summary().ref())));
  out.set_desk(match.summary().desk());
  out.set_found_at(time_text(match.found_at()));
  out.set_state(match.expiry_day() < desk.now() / 86'400 ? "expired" : "live");
  const auto community = to_array<16>(as_bytes(match.community())).value_or(ByteArray<16>{});
  for (admin::v1::DisputeView& dispute :
       disputes_of(desk, {{community}, origin, match.generation()}, match.index()))
    *out.add_disputes() = std::move(dispute);
  out.set_confidence(std::string(bakhita::name_of(
      confidence_of(match.summary(), static_cast<std::size_t>(out.disputes_size())))));
  return out;
}

void put(const Desk& desk, ByteView key, const storage::v1::StoredMatch& match,
         const std::string& action, MatchChanges& changes) {
  const auto identifier = to_array<16>(as_bytes(match.identifier())).value();
  changes.batch.put(Table::matches, key,
                    desk.identifiers.keys().seal(Table::matches, key, identifier,
                                                 as_bytes(match.SerializeAsString())));
  changes.batch.put(Table::match_index, index_key(identifier, key), ByteView());
  changes.entries.push_back(desk.entry("node", action, to_hex(key)));
}

/// The match goes, with all that it said; `how` is for the audit trail.
void end_match(const Desk& desk, ByteView key, const std::string& how, MatchChanges& changes) {
  const auto match = load(desk, key);
  if (!match) return;
  changes.batch.erase(Table::matches, key);
  changes.batch.erase(Table::match_index, index_key(as_bytes(match->identifier()), key));
  changes.entries.push_back(desk.entry("node", "match." + how, to_hex(key)));
}

/// Was the same indicator found again already, further on in the origin's feeds?
bool has_successor(const Desk& desk, const storage::v1::StoredMatch& match) {
  const Bytes identifier = to_bytes(as_bytes(match.identifier()));
  bool found = false;
  desk.database.scan(Table::match_index, identifier, {}, [&](ByteView key, ByteView) {
    const auto other = load(desk, key.subspan(identifier.size()));
    found = other && other->community() == match.community() && other->origin() == match.origin() &&
            std::pair(other->generation(), other->index()) >
                std::pair(match.generation(), match.index());
    return !found;
  });
  return found;
}

}  // namespace

void add_match(const Desk& desk, std::uint32_t feed, const storage::v1::StoredMatch& match,
               MatchChanges& changes) {
  const Bytes key = match_key(feed, match.index());
  if (desk.database.get(Table::matches, key)) return;
  put(desk, key, match, "match.found", changes);
  const Bytes waiting = waiting_key(match);
  if (const auto before = desk.database.get(Table::meta, waiting)) {
    end_match(desk, *before, "withdrawn", changes);
    changes.batch.erase(Table::meta, waiting);
  }
}

std::optional<store::IdentifierHash> await_successor(const Desk& desk, std::uint32_t feed,
                                                     std::uint64_t index, MatchChanges& changes) {
  const Bytes key = match_key(feed, index);
  const auto match = load(desk, key);
  if (!match) return std::nullopt;
  if (has_successor(desk, *match)) {
    end_match(desk, key, "withdrawn", changes);
    return std::nullopt;
  }
  changes.batch.put(Table::meta, waiting_key(*match), key);
  changes.entries.push_back(desk.entry("node", "match.rekeyed", to_hex(key)));
  return to_array<16>(as_bytes(match->identifier()));
}

void commit(Desk& desk, MatchChanges changes) {
  if (changes.entries.empty())
    desk.database.commit(std::move(changes.batch));
  else
    desk.audit.commit(std::move(changes.batch), changes.entries);
}

void withdraw_match(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                    MatchChanges& changes) {
  end_match(desk, match_key(feed, index), "withdrawn", changes);
}

void expire_match(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                  MatchChanges& changes) {
  end_match(desk, match_key(feed, index), "expired", changes);
}

void expire_matches_before(const Desk& desk, std::uint32_t feed, std::uint64_t first,
                           MatchChanges& changes) {
  const Bytes end = match_key(feed, first);
  desk.database.scan(Table::matches, ByteWriter().u32(feed).view(), {},
                     [&](ByteView key, ByteView) {
                       const bool is_before = std::ranges::lexicographical_compare(key, end);
                       if (is_before) end_match(desk, to_bytes(key), "expired", changes);
                       return is_before;
                     });
}

void end_waiting(const Desk& desk, const store::IdentifierHash& identifier, const FeedId& feed,
                 MatchChanges& changes) {
  const Bytes waiting = ByteWriter()
                            .raw(waiting_prefix(identifier))
                            .raw(feed.community.bytes)
                            .raw(feed.origin.bytes)
                            .take();
  const auto match = desk.database.get(Table::meta, waiting);
  if (!match) return;
  end_match(desk, *match, "withdrawn", changes);
  changes.batch.erase(Table::meta, waiting);
}

std::vector<store::IdentifierHash> waiting_at(const Desk& desk, const FeedId& feed) {
  std::vector<store::IdentifierHash> out;
  desk.database.scan(Table::meta, as_bytes(all_waiting), {}, [&](ByteView key, ByteView) {
    ByteReader in(key.subspan(all_waiting.size()));
    const ByteView identifier = in.raw(16), community = in.raw(16), origin = in.raw(32);
    if (in.finished() && std::ranges::equal(community, feed.community.bytes) &&
        std::ranges::equal(origin, feed.origin.bytes))
      out.push_back(to_array<16>(identifier).value());
    return true;
  });
  return out;
}

void expire_waiting(const Desk& desk, MatchChanges& changes) {
  desk.database.scan(Table::meta, as_bytes(all_waiting), {}, [&](ByteView waiting, ByteView key) {
    const auto match = load(desk, key);
    if (match && match->expiry_day() >= desk.now() / 86'400) return true;
    end_match(desk, key, "expired", changes);
    changes.batch.erase(Table::meta, waiting);
    return true;
  });
}

std::size_t forget_matches(const Desk& desk, const store::IdentifierHash& identifier,
                           store::Batch& batch) {
  std::size_t count = 0;
  desk.database.scan(Table::match_index, identifier, {}, [&](ByteView key, ByteView) {
    batch.erase(Table::matches, key.subspan(identifier.size()));
    batch.erase(Table::match_index, key);
    ++count;
    return true;
  });
  desk.database.scan(Table::meta, waiting_prefix(identifier), {}, [&](ByteView key, ByteView) {
    batch.erase(Table::meta, key);
    return true;
  });
  return count;
}

admin::v1::Matches list_matches(const Desk& desk, const admin::v1::MatchList& request) {
  const std::size_t limit =
      request.limit() == 0 ? page_default : std::min(request.limit(), page_max);
  const Bytes after = from_hex(request.after()).value_or(Bytes());
  std::set<Bytes> disputed;  // match keys: what members object to stands behind the rest
  for (const auto& [place, dispute] : desk.recalls.all_disputes())
    disputed.insert(match_key(place.feed, place.index));
  admin::v1::Matches out;
  const auto add_those = [&](bool are_disputed, const Bytes& from) {
    bool has_room = true;
    desk.database.scan(Table::matches, {}, from, [&](ByteView row_key, ByteView row) {
      if (as_text(row_key) == as_text(from)) return true;
      if (disputed.contains(to_bytes(row_key)) != are_disputed) return true;
      const auto match = open(desk, row_key, row);
      if (!match) return true;
      admin::v1::MatchView view = make_view(desk, row_key, *match);
      if (!request.country().empty() && view.country() != request.country()) return true;
      if (!request.report_id().empty() &&
          std::find(view.report_ids().begin(), view.report_ids().end(), request.report_id()) ==
              view.report_ids().end())
        return true;
      has_room = static_cast<std::size_t>(out.matches_size()) < limit;
      if (has_room)
        *out.add_matches() = std::move(view);
      else
        out.set_next(out.matches(out.matches_size() - 1).id());
      return has_room;
    });
    return has_room;
  };
  const bool among_disputed = !after.empty() && disputed.contains(after);
  if (among_disputed || add_those(false, after)) add_those(true, among_disputed ? after : Bytes());
  return out;
}

std::optional<admin::v1::MatchView> find_match(const Desk& desk, const std::string& id) {
  const store::Named named = store::named(desk.database, Table::matches, {}, id);
  const auto match = named.id ? load(desk, *named.id) : std::nullopt;
  return match ? std::optional(make_view(desk, *named.id, *match)) : std::nullopt;
}

std::optional<admin::v1::MatchView> match_of(const Desk& desk,
                                             const store::IdentifierHash& identifier,
                                             const NodeId& origin) {
  std::optional<admin::v1::MatchView> found;
  desk.database.scan(Table::match_index, identifier, {}, [&](ByteView key, ByteView) {
    const ByteView row_key = key.subspan(identifier.size());
    const auto match = load(desk, row_key);
    if (!match || match->origin() != as_text(origin.bytes)) return true;
    found = make_view(desk, row_key, *match);
    return false;
  });
  return found;
}

}  // namespace bakhita::desk
