// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/advisories.h"

#include <algorithm>
#include <array>

#include "node/desk/adoptions.h"
#include "node/desk/deciding.h"
#include "node/desk/facts.h"
#include "node/desk/own_feed.h"
#include "node/desk/sightings.h"
#include "node/desk/withdrawing.h"
#include "node/store/short_id.h"
#include "protocol/feed/open.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

using store::Table;

/// Table::meta: "advisory/" ‖ u32 feed ‖ u64 index → nothing.
constexpr std::string_view prefix = "advisory/";
constexpr std::uint32_t page_default = 1'000, page_max = 10'000;
Bytes key_of(const RecordName& name) { return ByteWriter().text(prefix).raw(to_key(name)).take(); }

constexpr std::array<std::string_view, 4> kind_names{"", "prevention", "helpline",
                                                     "verified-recruiter"};
constexpr std::array<std::string_view, 6> tlp_names{"",      "CLEAR",        "GREEN",
                                                    "AMBER", "AMBER+STRICT", "RED"};

template <std::size_t N>
int number_named(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? 0 : static_cast<int>(found - names.begin());
}

std::optional<HeldAdvisory> load(const Desk& desk, const RecordName& name) {
  const auto feed = feed_numbered(desk, name.feed);
  const auto record = feed ? desk.feeds.record(feed->id, name.index) : std::nullopt;
  if (!record || record->header.expiry_day < today(desk).day) return std::nullopt;
  auto body = parse_advisory(record->body);
  if (!body) return std::nullopt;
  return HeldAdvisory{name, *feed, record->header, std::move(*body)};
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
bool names_protected_person(const Desk& desk, const v1::Advisory& advisory) {
  for (const v1::CanonicalValue& value : advisory.values()) {
    const auto known = desk.identifiers.load(
        desk.identifiers.hash(static_cast<IdentifierType>(value.type()), value.canonical()));
    if (!known) continue;
    if (static_cast<RecallKind>(known->hold().kind()) == RecallKind::victim) return true;
    for (const storage::v1::Sighting& sighting : known->sightings())
      if (!is_releasable(sighting.role()) && sighting.role() != v1::SUBJECT_ROLE_HELPLINE)
        return true;
  }
  return false;
}

policy::Question question_of(const Desk& desk, const store::Community& community,
                             const v1::Advisory& advisory, std::uint32_t days,
                             const admin::v1::AdvisoryNew& request) {
  policy::Question out = publication_question(desk, community);
  out.act = policy::Act::advisory;
  const bool second = !request.approver().empty() && request.approver() != request.operator_();
  out.persons = second ? 2 : 1;
  out.persons_needed = desk.approvals < 2 ? 1 : 2;
  out.marks.handling = 0;
  out.marks.pap = 1;
  out.marks.tlp = advisory.tlp();
  out.retention_days = days;
  out.facts.shielded_role = names_protected_person(desk, advisory);
  return out;
}

std::size_t count_of(const Desk& desk, std::uint32_t feed) {
  std::size_t count = 0;
  desk.database.scan(Table::meta, ByteWriter().text(prefix).u32(feed).view(), {},
                     [&](ByteView, ByteView) { return ++count < advisories_max; });
  return count;
}

/// Nothing when the policy says no; `refused` is then why.
std::optional<admin::v1::AdvisoryView> publish_in(Desk& desk, const store::Community& community,
                                                  v1::Advisory advisory,
                                                  const admin::v1::AdvisoryNew& request,
                                                  std::string& refused) {
  const std::uint32_t most = std::min(desk.retention_days, community.charter.retention_days());
  const std::uint32_t days = request.days() == 0 ? most : request.days();
  const policy::Question question = question_of(desk, community, advisory, days, request);
  const policy::RuleId decided = decide(question, community);
  store::AuditEntry entry = with_decision(
      desk.entry(request.operator_(), "advisory.publish", to_hex(community.id.bytes),
                 request.approver().empty() ? std::string() : "approved by " + request.approver()),
      question, &community, decided);
  const FeedId feed = feed_of(desk, community, desk.self);
  const std::uint32_t number = desk.feeds.open(feed).number;
  if (decided != policy::RuleId::allowed) {
    refused = entry.outcome = explain(question, community, decided).text;
    desk.audit.commit({}, entry);
    return std::nullopt;
  }
  if (count_of(desk, number) == advisories_max)
    throw AdvisoryRefused("members keep no more than " + std::to_string(advisories_max) +
                          " advisories of one member; end some first");
  advisory.set_salt(text(desk.random.bytes<32>()));
  const Today now = today(desk);
  std::vector<Record> records;
  const std::uint64_t size = desk.feeds.open(feed).size;
  if (size == 0) add_close(desk, feed, records);
  const RecordName name{number, size + records.size()};
  records.push_back(make_record(RecordKind::advisory, now.hour, now.day + days,
                                to_bytes(as_bytes(advisory.SerializeAsString()))));
  store::Batch batch;
  batch.put(Table::meta, key_of(name), ByteView());
  desk.audit.commit({}, entry);
  append_own(desk, feed, records, std::move(batch));
  return view_of(desk, load(desk, name).value());
}

}  // namespace

admin::v1::Advisories publish_advisory(Desk& desk, const admin::v1::AdvisoryNew& request) {
  const v1::Advisory advisory = written(desk, request);
  const auto exclusive = desk.identifiers.exclusive();
  admin::v1::Advisories out;
  std::string refused = request.community().empty() ? "this node is in no community yet"
                                                    : "this node is in no community of that name";
  for (const store::Community& community : desk.members.communities())
    if (request.community().empty() || community.charter.name() == request.community())
      if (auto view = publish_in(desk, community, advisory, request, refused))
        *out.add_advisories() = std::move(*view);
  if (out.advisories().empty()) throw AdvisoryRefused(refused);
  return out;
}

bool end_advisory(Desk& desk, const admin::v1::AdvisoryChange& request) {
  const auto exclusive = desk.identifiers.exclusive();
  const auto advisory = find_advisory(desk, request.id());
  if (!advisory || advisory->feed.id.origin != desk.self) return false;
  const auto community = desk.members.community(advisory->feed.id.community);
  if (!community) return false;
  const FeedId own = feed_of(desk, *community, desk.self);
  store::Batch batch;
  std::vector<Record> records;
  const std::uint64_t size = desk.feeds.open(own).size;
  if (size == 0) add_close(desk, own, records);
  Withdrawal withdrawal;
  withdrawal.index = advisory->name.index;
  withdrawal.generation = advisory->feed.id.generation;
  withdrawal.reason = v1::WITHDRAW_REASON_RECTIFIED;
  for (Record& record : make_withdrawals(desk, own, {withdrawal}, size + records.size(), batch))
    records.push_back(std::move(record));
  desk.audit.commit(
      {}, desk.entry(request.operator_(), "advisory.end", to_id(advisory->name), request.reason()));
  append_own(desk, own, records, std::move(batch), {{withdrawal.generation, {withdrawal.index}}});
  return true;
}

std::optional<HeldAdvisory> find_advisory(const Desk& desk, const std::string& id) {
  const store::Named named = store::named(desk.database, Table::meta, as_bytes(prefix), id);
  return named.id ? load(desk, record_named(*named.id)) : std::nullopt;
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
  out.set_until(time_text(std::uint64_t{advisory.header.expiry_day} * 86'400).substr(0, 10));
  out.set_adopted(is_adopted(desk, advisory.name));
  for (std::string& id : reports_against(desk, advisory.body)) out.add_report_ids(std::move(id));
  return out;
}

admin::v1::Advisories list_advisories(const Desk& desk, const admin::v1::AdvisoryList& request) {
  const std::size_t limit =
      request.limit() == 0 ? page_default : std::min(request.limit(), page_max);
  const auto after = from_hex(request.after()).value_or(Bytes());
  const Bytes from = after.size() == 12 ? key_of(record_named(after)) : Bytes();
  admin::v1::Advisories out;
  desk.database.scan(Table::meta, as_bytes(prefix), from, [&](ByteView key, ByteView) {
    if (as_text(key) == as_text(from)) return true;
    const auto advisory = load(desk, record_named(key.subspan(prefix.size())));
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
  if (records.empty()) return;
  const auto community = desk.members.community(origin.id.community);
  if (!community || decide(holding_question(desk, *community, origin.id.origin, desk.self),
                           *community) != policy::RuleId::allowed)
    return;
  std::size_t count = count_of(desk, origin.number);
  for (const Placed& placed : records) {
    if (count == advisories_max) return;
    if (!parse_advisory(placed.record->body)) continue;
    batch.put(Table::meta, key_of({origin.number, placed.index}), ByteView());
    ++count;
  }
}

void forget_advisory(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                     store::Batch& batch) {
  const Bytes key = key_of({feed, index});
  if (desk.database.get(Table::meta, key)) batch.erase(Table::meta, key);
}

void forget_advisories_before(const Desk& desk, std::uint32_t feed, std::uint64_t first,
                              store::Batch& batch) {
  desk.database.scan(
      Table::meta, ByteWriter().text(prefix).u32(feed).view(), {}, [&](ByteView key, ByteView) {
        const bool is_before = record_named(key.subspan(prefix.size())).index < first;
        if (is_before) batch.erase(Table::meta, key);
        return is_before;
      });
}

}  // namespace bakhita::desk
