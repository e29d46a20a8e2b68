// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/advisories.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "node/desk/adoptions.h"
#include "node/desk/deciding.h"
#include "node/desk/facts.h"
#include "node/desk/own_feed.h"
#include "node/desk/sightings.h"
#include "node/desk/withdrawing.h"
#include "node/store/short_id.h"
#include "protocol/feed/open.h"
#include "protocol/policy/withdrawal.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

using store::Table;

/// Table::meta: "advisory/" ‖ u32 feed ‖ u64 index → u32 day to which it counts ‖, of an own one,
/// the keyed hashes[16] of its values.
constexpr std::string_view prefix = "advisory/";
constexpr std::uint32_t page_default = 1'000, page_max = 10'000;
constexpr std::uint64_t read_step = 2'048;
Bytes key_of(const RecordName& name) { return ByteWriter().text(prefix).raw(to_key(name)).take(); }
Bytes feed_prefix(std::uint32_t feed) { return ByteWriter().text(prefix).u32(feed).take(); }
struct Row {
  std::uint32_t until_day = 0;
  std::vector<store::IdentifierHash> values;
};
Bytes encode(const Row& row) {
  ByteWriter out;
  out.u32(row.until_day);
  for (const store::IdentifierHash& value : row.values) out.raw(value);
  return out.take();
}
Row parse_row(ByteView row) {
  ByteReader in(row);
  Row out;
  out.until_day = in.u32();
  while (!in.finished()) {
    const auto value = to_array<16>(in.raw(16));
    if (!value) throw store::StorageError("the row of an advisory is malformed");
    out.values.push_back(*value);
  }
  return out;
}
Row own_row(const Desk& desk, const v1::Advisory& advisory, std::uint32_t until_day) {
  Row out{until_day, {}};
  for (const v1::CanonicalValue& value : advisory.values())
    out.values.push_back(
        desk.identifiers.hash(static_cast<IdentifierType>(value.type()), value.canonical()));
  return out;
}

constexpr std::array<std::string_view, 4> kind_names{"", "prevention", "helpline",
                                                     "verified-recruiter"};
constexpr std::array<std::string_view, 6> tlp_names{"",      "CLEAR",        "GREEN",
                                                    "AMBER", "AMBER+STRICT", "RED"};

template <std::size_t N>
int number_named(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? 0 : static_cast<int>(found - names.begin());
}

std::optional<HeldAdvisory> load(const Desk& desk, OpenFeeds& feeds, const RecordName& name,
                                 const Row& row) {
  const store::FeedState* feed = feeds.find(name.feed);
  if (feed == nullptr || row.until_day < today(desk).day) return std::nullopt;
  auto record = desk.feeds.record(feed->id, name.index);
  if (!record) return std::nullopt;
  auto body = parse_advisory(record->body);
  if (!body) return std::nullopt;
  return HeldAdvisory{name, *feed, record->header, row.until_day, std::move(*body)};
}

v1::Advisory written(const Desk& desk, const admin::v1::AdvisoryNew& request) {
  v1::Advisory out;
  out.set_kind(static_cast<v1::AdvisoryKind>(number_named(kind_names, request.kind())));
  out.set_language(request.language());
  out.set_title(request.title());
  out.set_text(request.text());
  out.set_tlp(static_cast<std::uint32_t>(number_named(tlp_names, request.tlp())));
  for (const admin::v1::WrittenValue& value : request.values()) {
    const auto type = identifier_type(static_cast<int>(value.type()));
    if (!type) throw AdvisoryRefused("a value's type is unknown");
    const Canonical form = canonicalise(*desk.tables, *type, value.value(),
                                        request.region().empty() ? desk.country : request.region());
    const auto* canonical = std::get_if<std::string>(&form);
    if (canonical == nullptr)
      throw AdvisoryRefused("the " + std::string(name_of(*type)) + " has no canonical form: " +
                            std::string(describe(std::get<Refusal>(form))));
    v1::CanonicalValue& named = *out.add_values();
    named.set_type(value.type());
    named.set_canonical(*canonical);
  }
  if (const std::string problem = problem_of(out); !problem.empty()) throw AdvisoryRefused(problem);
  return out;
}

/// A report that names a value as a helpline's is no reason to keep silent; one that names it as a
/// victim's, witness's or reporter's is.
bool is_protected(const storage::v1::IdentifierState& state) {
  return static_cast<RecallKind>(state.hold().kind()) == RecallKind::victim ||
         std::ranges::any_of(state.sightings(), [](const storage::v1::Sighting& sighting) {
           return !is_releasable(sighting.role()) && sighting.role() != v1::SUBJECT_ROLE_HELPLINE;
         });
}
bool names_protected_person(const Desk& desk, const std::vector<store::IdentifierHash>& values) {
  return std::ranges::any_of(values, [&](const store::IdentifierHash& value) {
    const auto known = desk.identifiers.load(value);
    return known && is_protected(*known);
  });
}

policy::Question question_of(const Desk& desk, const store::Community& community,
                             const v1::Advisory& advisory, std::uint32_t days) {
  policy::Question out = publication_question(desk, community);
  out.act = policy::Act::advisory;
  out.marks.handling = 0;
  out.marks.pap = 1;
  out.marks.tlp = advisory.tlp();
  out.retention_days = days;
  out.facts.shielded_role = names_protected_person(desk, own_row(desk, advisory, 0).values);
  return out;
}

std::size_t count_of(const Desk& desk, std::uint32_t feed) {
  std::size_t count = 0;
  desk.database.scan(Table::meta, feed_prefix(feed), {},
                     [&](ByteView, ByteView) { return ++count < advisories_max; });
  return count;
}

/// Why it is refused there; empty when it was published, and `out` has it.
std::string publish_in(Desk& desk, const store::Community& community, v1::Advisory advisory,
                       const admin::v1::AdvisoryNew& request, admin::v1::Advisories& out) {
  const std::uint32_t most = std::min(desk.retention_days, community.charter.retention_days());
  const std::uint32_t days = request.days() == 0 ? most : request.days();
  policy::Question question = question_of(desk, community, advisory, days);
  const bool second = !request.approver().empty() && request.approver() != request.operator_();
  question.persons = second ? 2 : 1;
  question.persons_needed = desk.approvals < 2 ? 1 : 2;
  const policy::RuleId decided = decide(question, community);
  store::AuditEntry entry = with_decision(
      desk.entry(request.operator_(), "advisory.publish", to_hex(community.id.bytes),
                 request.approver().empty() ? std::string() : "approved by " + request.approver()),
      question, &community, decided);
  const FeedId feed = feed_of(desk, community, desk.self);
  const std::uint32_t number = desk.feeds.open(feed).number;
  std::string refused;
  if (decided != policy::RuleId::allowed)
    refused = explain(question, community, decided).text;
  else if (count_of(desk, number) == advisories_max)
    refused = "members keep no more than " + std::to_string(advisories_max) +
              " advisories of one member; end some first";
  if (!refused.empty()) entry.outcome = refused;
  desk.audit.commit({}, entry);
  if (!refused.empty()) return refused;
  advisory.set_salt(text(desk.random.bytes<32>()));
  const Today now = today(desk);
  std::vector<Record> records;
  const std::uint64_t size = desk.feeds.open(feed).size;
  if (size == 0) add_close(desk, feed, records);
  const RecordName name{number, size + records.size()};
  records.push_back(make_record(RecordKind::advisory, now.hour, now.day + days,
                                to_bytes(as_bytes(advisory.SerializeAsString()))));
  store::Batch batch;
  batch.put(Table::meta, key_of(name), encode(own_row(desk, advisory, now.day + days)));
  append_own(desk, feed, records, std::move(batch));
  OpenFeeds feeds(desk);
  *out.add_advisories() = view_of(desk, find_advisory(desk, feeds, name).value());
  return {};
}

/// Of an own advisory. Whoever takes it back, and why: members read the same reason, or they would
/// know that a value is a victim's.
Withdrawal withdrawal_of(std::uint32_t generation, std::uint64_t index) {
  Withdrawal out;
  out.index = index;
  out.reason = policy::withdraw_reason(policy::RuleId::shielded_role, {});
  out.generation = generation;
  return out;
}

void take_back(Desk& desk, const store::Community& community, std::vector<Withdrawal> withdrawals,
               const std::vector<store::AuditEntry>& entries) {
  const FeedId feed = feed_of(desk, community, desk.self);
  store::Feeds::Withdrawn gone;
  for (const Withdrawal& one : withdrawals) gone[one.generation].push_back(one.index);
  store::Batch batch;
  std::vector<Record> records;
  const std::uint64_t size = desk.feeds.open(feed).size;
  if (size == 0) add_close(desk, feed, records);
  for (Record& record :
       make_withdrawals(desk, feed, std::move(withdrawals), size + records.size(), batch))
    records.push_back(std::move(record));
  desk.audit.commit({}, entries);
  append_own(desk, feed, records, std::move(batch), gone);
}

/// Own feeds of a community, in all generations.
std::vector<store::FeedState> own_feeds(const Desk& desk, const CommunityId& community) {
  std::vector<store::FeedState> out = desk.feeds.all();
  std::erase_if(out, [&](const store::FeedState& feed) {
    return feed.id.origin != desk.self || feed.id.community != community;
  });
  return out;
}

}  // namespace

admin::v1::Advisories publish_advisory(Desk& desk, const admin::v1::AdvisoryNew& request) {
  const v1::Advisory advisory = written(desk, request);
  const auto exclusive = desk.identifiers.exclusive();
  admin::v1::Advisories out;
  for (const store::Community& community : desk.members.communities()) {
    if (!request.community().empty() && community.charter.name() != request.community()) continue;
    const std::string refused = publish_in(desk, community, advisory, request, out);
    if (refused.empty()) continue;
    admin::v1::AdvisoryRefusal& refusal = *out.add_refused();
    refusal.set_community(community.charter.name());
    refusal.set_reason(refused);
  }
  if (!out.advisories().empty()) return out;
  if (out.refused().empty())
    throw AdvisoryRefused(request.community().empty()
                              ? "this node is in no community yet"
                              : "this node is in no community of that name");
  if (out.refused_size() == 1) throw AdvisoryRefused(out.refused(0).reason());
  std::string all;
  for (const admin::v1::AdvisoryRefusal& refusal : out.refused())
    all += (all.empty() ? "" : "; ") + refusal.community() + ": " + refusal.reason();
  throw AdvisoryRefused(all);
}

bool end_advisory(Desk& desk, const admin::v1::AdvisoryChange& request) {
  const auto exclusive = desk.identifiers.exclusive();
  const auto advisory = find_advisory(desk, request.id());
  if (!advisory || advisory->feed.id.origin != desk.self) return false;
  const auto community = desk.members.community(advisory->feed.id.community);
  if (!community) return false;
  take_back(
      desk, *community, {withdrawal_of(advisory->feed.id.generation, advisory->name.index)},
      {desk.entry(request.operator_(), "advisory.end", to_id(advisory->name), request.reason())});
  return true;
}

std::size_t withdraw_advisories(Desk& desk, const std::vector<ChangedState>& states,
                                const std::string& actor) {
  std::map<store::IdentifierHash, const storage::v1::IdentifierState*> protected_ones;
  for (const auto& [hash, state] : states)
    if (is_protected(state)) protected_ones.emplace(hash, &state);
  if (protected_ones.empty()) return 0;
  std::size_t count = 0;
  for (const store::Community& community : desk.members.communities()) {
    std::vector<Withdrawal> due;
    std::vector<store::AuditEntry> entries;
    for (const store::FeedState& feed : own_feeds(desk, community.id))
      desk.database.scan(
          Table::meta, feed_prefix(feed.number), {}, [&](ByteView key, ByteView row) {
            const Row parsed = parse_row(row);
            const auto named = std::ranges::find_if(
                parsed.values, [&](const auto& value) { return protected_ones.contains(value); });
            if (named == parsed.values.end()) return true;
            const RecordName name = record_named(key.subspan(prefix.size()));
            Withdrawal withdrawal = withdrawal_of(feed.id.generation, name.index);
            withdrawal.cause = cause_of(*protected_ones.at(*named), withdrawal.reason);
            policy::Question question = publication_question(desk, community);
            question.act = policy::Act::advisory;
            question.facts.shielded_role = true;
            entries.push_back(with_decision(desk.entry(actor, "advisory.withdraw", to_id(name), {},
                                                       reason_name(withdrawal.reason)),
                                            question, &community, decide(question, community)));
            due.push_back(std::move(withdrawal));
            return true;
          });
    count += due.size();
    if (!due.empty()) take_back(desk, community, std::move(due), entries);
  }
  return count;
}

void find_own_advisories(Desk& desk) {
  for (const store::Community& community : desk.members.communities()) {
    std::set<std::pair<std::uint32_t, std::uint64_t>> withdrawn;  // generation, index
    std::map<std::pair<std::uint32_t, std::uint64_t>, Row> found;
    store::Batch batch;
    const auto feeds = own_feeds(desk, community.id);
    for (const store::FeedState& feed : feeds) {
      for (std::uint64_t at = feed.first; at < feed.size;) {
        const auto records = desk.feeds.read_held(feed.id, at, read_step);
        if (records.empty()) break;
        for (const Record& record : records) {
          const std::uint64_t index = at++;
          v1::Withdraw withdraw;
          if (record.header.kind == RecordKind::withdraw &&
              withdraw.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())))
            withdrawn.emplace(
                withdraw.generation() == 0 ? feed.id.generation : withdraw.generation(),
                withdraw.index());
          const auto advisory = record.header.kind == RecordKind::advisory
                                    ? parse_advisory(record.body)
                                    : Error::not_found;
          if (advisory && record.header.expiry_day >= today(desk).day)
            found[{feed.id.generation, index}] = own_row(desk, *advisory, record.header.expiry_day);
        }
      }
      forget_advisories_before(desk, feed.number, feed.size, batch);
    }
    for (const store::FeedState& feed : feeds)
      for (const auto& [place, row] : found) {
        if (place.first != feed.id.generation || withdrawn.contains(place)) continue;
        batch.put(Table::meta, key_of({feed.number, place.second}), encode(row));
        for (const store::IdentifierHash& value : row.values)
          batch.put(Table::reviews, review_key(value, ReviewCause::change), ByteView());
      }
    desk.database.commit(std::move(batch));
  }
}

std::optional<HeldAdvisory> find_advisory(const Desk& desk, const std::string& id) {
  const store::Named named = store::named(desk.database, Table::meta, as_bytes(prefix), id);
  OpenFeeds feeds(desk);
  return named.id ? find_advisory(desk, feeds, record_named(*named.id)) : std::nullopt;
}

std::optional<HeldAdvisory> find_advisory(const Desk& desk, OpenFeeds& feeds,
                                          const RecordName& name) {
  const auto row = desk.database.get(Table::meta, key_of(name));
  return row ? load(desk, feeds, name, parse_row(*row)) : std::nullopt;
}

admin::v1::AdvisoryView view_of(const Desk& desk, const HeldAdvisory& advisory) {
  admin::v1::AdvisoryView out;
  out.set_id(to_id(advisory.name));
  out.set_country(country_of(desk, advisory.feed.id.origin));
  if (const auto community = desk.members.community(advisory.feed.id.community))
    out.set_community(community->charter.name());
  out.set_ours(advisory.feed.id.origin == desk.self);
  out.set_kind(std::string(kind_names[static_cast<std::size_t>(advisory.body.kind())]));
  out.set_language(advisory.body.language());
  out.set_title(advisory.body.title());
  out.set_text(advisory.body.text());
  out.set_tlp(std::string(tlp_names[advisory.body.tlp()]));
  for (const v1::CanonicalValue& value : advisory.body.values())
    out.add_values(std::string(name_of(static_cast<IdentifierType>(value.type()))) + ":" +
                   display(value.canonical()));
  out.set_since(time_text(std::uint64_t{advisory.header.issued_hour} * 3'600));
  out.set_until(time_text(std::uint64_t{advisory.until_day} * 86'400).substr(0, 10));
  out.set_adopted(is_adopted(desk, advisory.name));
  for (std::string& id : reports_against(desk, advisory.body)) out.add_report_ids(std::move(id));
  return out;
}

admin::v1::Advisories list_advisories(const Desk& desk, const admin::v1::AdvisoryList& request) {
  const std::size_t limit =
      request.limit() == 0 ? page_default : std::min(request.limit(), page_max);
  const auto after = from_hex(request.after()).value_or(Bytes());
  const Bytes from = after.size() == 12 ? key_of(record_named(after)) : Bytes();
  OpenFeeds feeds(desk);
  admin::v1::Advisories out;
  desk.database.scan(Table::meta, as_bytes(prefix), from, [&](ByteView key, ByteView row) {
    if (as_text(key) == as_text(from)) return true;
    const auto advisory =
        load(desk, feeds, record_named(key.subspan(prefix.size())), parse_row(row));
    if (!advisory) return true;
    admin::v1::AdvisoryView view = view_of(desk, *advisory);
    if ((!request.country().empty() && view.country() != request.country()) ||
        (!request.kind().empty() && view.kind() != request.kind()))
      return true;
    if (static_cast<std::size_t>(out.advisories_size()) == limit) {
      out.set_next(out.advisories(out.advisories_size() - 1).id());
      return false;
    }
    view.clear_text();
    *out.add_advisories() = std::move(view);
    return true;
  });
  return out;
}

void learn_advisories(const Desk& desk, const store::FeedState& origin,
                      std::span<const Placed> records, store::Batch& batch) {
  const auto community = desk.members.community(origin.id.community);
  if (records.empty() || !community || !may_read(desk, origin)) return;
  std::size_t count = count_of(desk, origin.number);
  for (const Placed& placed : records) {
    const Bytes key = key_of({origin.number, placed.index});
    const std::uint32_t until_day = counts_until(desk, *community, placed.record->header);
    if (count == advisories_max) return;
    if (until_day < today(desk).day || !parse_advisory(placed.record->body) ||
        desk.database.get(Table::meta, key))
      continue;
    batch.put(Table::meta, key, encode(Row{until_day, {}}));
    ++count;
  }
}

void forget_advisory(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                     store::Batch& batch) {
  const Bytes key = key_of({feed, index});
  if (desk.database.get(Table::meta, key)) batch.erase(Table::meta, key);
}

void expire_advisories(const Desk& desk, store::Batch& batch) {
  const std::uint32_t day = today(desk).day;
  desk.database.scan(Table::meta, as_bytes(prefix), {}, [&](ByteView key, ByteView row) {
    if (parse_row(row).until_day < day) batch.erase(Table::meta, key);
    return true;
  });
}

void forget_advisories_before(const Desk& desk, std::uint32_t feed, std::uint64_t first,
                              store::Batch& batch) {
  desk.database.scan(Table::meta, feed_prefix(feed), {}, [&](ByteView key, ByteView) {
    const bool is_before = record_named(key.subspan(prefix.size())).index < first;
    if (is_before) batch.erase(Table::meta, key);
    return is_before;
  });
}

}  // namespace bakhita::desk
