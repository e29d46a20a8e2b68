// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/matches.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "node/desk/reading.h"
#include "node/store/sealing.h"

namespace bakhita::desk {
namespace {

using store::Table;

constexpr std::uint32_t page_default = 100, page_max = 10'000;

Bytes match_key(std::uint32_t feed, std::uint64_t index) {
  return ByteWriter().u32(feed).u64(index).take();
}

ByteArray<32> seal_key(const Desk& desk) {
  return to_array<32>(desk.keystore.derive("matches").view()).value();
}

/// Table::meta: the match of an identifier in a feed that waits for its successor under new keys.
Bytes waiting_key(std::uint32_t feed, ByteView identifier) {
  return ByteWriter().text("rekeyed/").u32(feed).raw(identifier).take();
}

Bytes place(ByteView key) { return ByteWriter().text("matches").raw(key).take(); }

storage::v1::StoredMatch open(const ByteArray<32>& key, ByteView row_key, ByteView row) {
  const Bytes plain = store::unseal(key, row, place(row_key));
  storage::v1::StoredMatch out;
  if (!out.ParseFromArray(plain.data(), static_cast<int>(plain.size())))
    throw store::StorageError("a match's row is malformed");
  return out;
}

admin::v1::MatchView make_view(const Desk& desk, ByteView key,
                               const storage::v1::StoredMatch& match) {
  admin::v1::MatchView out;
  const NodeId origin{to_array<32>(as_bytes(match.origin())).value_or(ByteArray<32>{})};
  out.set_id(to_hex(key));
  if (const auto hash = to_array<16>(as_bytes(match.identifier())))
    if (const auto identifier = desk.identifiers.load(*hash))
      for (std::string& id : report_ids_of(desk, *identifier)) out.add_report_ids(std::move(id));
  const auto peer = desk.members.peer(origin);
  out.set_country(peer ? peer->card.country() : to_hex(origin.bytes).substr(0, 16));
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
  out.set_ref(to_hex(as_bytes(match.summary().ref())));
  out.set_desk(match.summary().desk());
  out.set_found_at(google::protobuf::util::TimeUtil::ToString(
      google::protobuf::util::TimeUtil::SecondsToTimestamp(
          static_cast<std::int64_t>(match.found_at()))));
  const bool expired = match.expiry_day() < desk.now() / 86'400;
  out.set_state(match.state() == "live" && expired ? "expired" : match.state());
  return out;
}

void put(const Desk& desk, ByteView key, const storage::v1::StoredMatch& match,
         const std::string& action, MatchChanges& changes) {
  changes.batch.put(Table::matches, key,
                    store::seal(seal_key(desk), as_bytes(match.SerializeAsString()), place(key)));
  changes.entries.push_back(desk.entry("node", action, to_hex(key)));
}

}  // namespace

void add_match(const Desk& desk, std::uint32_t feed, const storage::v1::StoredMatch& match,
               MatchChanges& changes) {
  const Bytes key = match_key(feed, match.index());
  if (desk.database.get(Table::matches, key)) return;
  put(desk, key, match, "match.found", changes);
  const Bytes waiting = waiting_key(feed, as_bytes(match.identifier()));
  if (const auto before = desk.database.get(Table::meta, waiting)) {
    withdraw_match(desk, feed, ByteReader(*before).u64(), changes);
    changes.batch.erase(Table::meta, waiting);
  }
}

void await_successor(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                     MatchChanges& changes) {
  const Bytes key = match_key(feed, index);
  const auto row = desk.database.get(Table::matches, key);
  if (!row) return;
  const storage::v1::StoredMatch match = open(seal_key(desk), key, *row);
  if (match.state() != "live") return;
  changes.batch.put(Table::meta, waiting_key(feed, as_bytes(match.identifier())),
                    ByteWriter().u64(index).view());
  changes.entries.push_back(desk.entry("node", "match.rekeyed", to_hex(key)));
}

void commit(Desk& desk, MatchChanges changes) {
  if (!changes.entries.empty()) desk.audit.commit(std::move(changes.batch), changes.entries);
}

void withdraw_match(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                    MatchChanges& changes) {
  const Bytes key = match_key(feed, index);
  const auto row = desk.database.get(Table::matches, key);
  if (!row) return;
  storage::v1::StoredMatch match = open(seal_key(desk), key, *row);
  match.set_state("withdrawn");
  match.mutable_summary()->clear_exploitation();
  put(desk, key, match, "match.withdrawn", changes);
}

admin::v1::Matches list_matches(const Desk& desk, const admin::v1::MatchList& request) {
  const std::uint32_t limit =
      request.limit() == 0 ? page_default : std::min(request.limit(), page_max);
  const Bytes after = from_hex(request.after()).value_or(Bytes());
  const ByteArray<32> key = seal_key(desk);
  admin::v1::Matches out;
  desk.database.scan(Table::matches, {}, after, [&](ByteView row_key, ByteView row) {
    if (as_text(row_key) == as_text(after)) return true;
    const auto match = open(key, row_key, row);
    if (match.state() != "live") return true;
    admin::v1::MatchView view = make_view(desk, row_key, match);
    if (!request.country().empty() && view.country() != request.country()) return true;
    if (!request.report_id().empty() &&
        std::find(view.report_ids().begin(), view.report_ids().end(), request.report_id()) ==
            view.report_ids().end())
      return true;
    if (static_cast<std::uint32_t>(out.matches_size()) == limit) {
      out.set_next(out.matches(out.matches_size() - 1).id());
      return false;
    }
    *out.add_matches() = std::move(view);
    return true;
  });
  return out;
}

std::optional<admin::v1::MatchView> find_match(const Desk& desk, const std::string& id) {
  std::optional<admin::v1::MatchView> found;
  bool unique = true;
  const ByteArray<32> key = seal_key(desk);
  desk.database.scan(Table::matches, {}, {}, [&](ByteView row_key, ByteView row) {
    if (!to_hex(row_key).starts_with(id)) return true;
    unique = !found;
    found = make_view(desk, row_key, open(key, row_key, row));
    return unique;
  });
  return unique ? found : std::nullopt;
}

std::optional<admin::v1::MatchView> match_of(const Desk& desk,
                                             const store::IdentifierHash& identifier,
                                             const NodeId& origin) {
  std::optional<admin::v1::MatchView> found;
  const ByteArray<32> key = seal_key(desk);
  desk.database.scan(Table::matches, {}, {}, [&](ByteView row_key, ByteView row) {
    const auto match = open(key, row_key, row);
    if (match.state() != "live" || match.identifier() != as_text(identifier) ||
        match.origin() != as_text(origin.bytes))
      return true;
    found = make_view(desk, row_key, match);
    return false;
  });
  return found;
}

std::uint64_t count_matches(const Desk& desk) {
  return desk.database.approximate_count(Table::matches);
}

}  // namespace bakhita::desk
