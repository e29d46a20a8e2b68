// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/audit_reading.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "node/store/charters.h"
#include "protocol/community/charter.h"
#include "protocol/policy/record.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

constexpr std::uint64_t seconds_per_day = 86'400;
constexpr std::uint64_t step = 4'096;  // records that are opened at once
/// Looked at in one answer: who asks for little of a long trail goes on page by page.
constexpr std::uint64_t looked_at_max = 50 * step;
constexpr std::size_t id_beginning_min = 6;  // digits
constexpr std::uint32_t page_rows_default = 100, page_rows_max = 1'000;

std::uint64_t day_or(const std::string& date, std::uint64_t otherwise) {
  if (date.empty()) return otherwise;
  const std::uint32_t day = day_of(date);
  if (day == 0) throw BadAuditQuery(date + " is no date: write YYYY-MM-DD");
  return day;
}

/// Records from 0 up to, but without, this one are looked at.
std::uint64_t end_of(const std::string& after, std::uint64_t size) {
  if (after.empty()) return size;
  std::uint64_t out = 0;
  const char* end = after.data() + after.size();
  const auto [read, problem] = std::from_chars(after.data(), end, out);
  if (problem != std::errc() || read != end) throw BadAuditQuery(after + " is no record's number");
  return std::min(out, size);
}

/// Countries of peers, and of all that are or were members, as the trail names them: by the first
/// digits of their node id.
class Countries {
 public:
  explicit Countries(const Desk& desk) {
    for (const store::Community& community : desk.members.communities())
      for (const Bytes& package : store::charters(desk.database, community.id))
        if (const auto opened = open_package(package))
          for (const v1::Member& member : opened->charter.members())
            learn(node_of(member), member.country());
    for (const store::Peer& peer : desk.members.peers()) learn(peer.node, peer.card.country());
  }
  /// Empty: of no peer.
  std::string of(const std::string& actor) const {
    const auto found = countries_.find(actor);
    return found == countries_.end() ? "" : found->second;
  }

 private:
  void learn(const NodeId& node, const std::string& country) {
    countries_[to_hex(node.bytes).substr(0, 16)] = country;
  }
  std::map<std::string, std::string> countries_;
};

bool is_hex(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// An id of 8, 12, 16 or 32 bytes, as nodes make them.
bool is_made_id(const std::string& object) {
  const std::size_t size = object.size();
  return (size == 16 || size == 24 || size == 32 || size == 64) && is_hex(object);
}

/// Is that id meant? Ids that nodes make may be cut; those of reports are anything, such as
/// numbers.
bool is_meant(const std::string& asked, const std::string& object) {
  return asked.empty() || object == asked ||
         (asked.size() >= id_beginning_min && is_made_id(object) && object.starts_with(asked));
}

class Filter {
 public:
  Filter(const admin::v1::AuditList& request, const Countries& countries)
      : request_(request),
        countries_(countries),
        first_(day_or(request.from(), 0)),
        last_(day_or(request.to(), ~std::uint64_t{0})) {
    if (first_ > last_) throw BadAuditQuery("--from is behind --to: no day is meant");
  }

  bool passes(const store::AuditEntry& entry) const {
    const std::uint64_t day = entry.time / seconds_per_day;
    const std::string& action = request_.action();
    const bool named = action.empty() || entry.action == action ||
                       (action.ends_with('.') && entry.action.starts_with(action));
    return named && day >= first_ && day <= last_ && is_meant(request_.object(), entry.object) &&
           is_of(entry.actor);
  }

 private:
  bool is_of(const std::string& actor) const {
    return request_.actor().empty() || actor == request_.actor() ||
           countries_.of(actor) == request_.actor();
  }
  const admin::v1::AuditList& request_;
  const Countries& countries_;
  std::uint64_t first_, last_;
};

void show_decision(const Bytes& decision, admin::v1::AuditRecord& out) {
  const auto recorded = policy::decode_recorded(decision);
  out.set_rule(recorded ? recorded->rule : "unreadable");
  if (!recorded) return;
  out.set_count(recorded->count);
  if (!recorded->has_terms) return;
  out.set_community(to_hex(recorded->terms.community.bytes));
  out.set_charter(to_hex(recorded->terms.newest));
}

void add_row(std::uint64_t number, const store::AuditEntry& entry, const Countries& countries,
             admin::v1::AuditRecords& out) {
  admin::v1::AuditRecord& row = *out.add_records();
  row.set_number(number);
  row.set_at(time_text(entry.time));
  row.set_actor(entry.actor);
  row.set_country(countries.of(entry.actor));
  row.set_action(entry.action);
  row.set_object(entry.object);
  row.set_purpose(entry.purpose);
  row.set_outcome(entry.outcome);
  if (!entry.decision.empty()) show_decision(entry.decision, row);
}

/// What was asked for, as it stands in the trail. What met nothing may be an identifier: it is not
/// kept.
store::AuditEntry reading(const Desk& desk, const admin::v1::AuditList& request,
                          const admin::v1::AuditRecords& found) {
  std::string filters;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) filters += (filters.empty() ? "" : " ") + (name + ("=" + value));
  };
  const bool met = found.records_size() > 0;
  if (met) add("who", request.actor());
  if (met) add("what", request.action());
  add("from", request.from());
  add("to", request.to());
  add("after", request.after());
  return desk.entry(request.operator_(), "audit.read", met ? request.object() : "", filters,
                    met ? "ok" : "nothing met");
}

std::vector<store::AuditEntry> read(const Desk& desk, std::uint64_t begin, std::uint64_t end) {
  try {
    return desk.audit.read(begin, end);
  } catch (const store::StorageError& problem) {
    throw DamagedTrail(problem.what());
  }
}

admin::v1::AuditRecords find(const Desk& desk, const admin::v1::AuditList& request) {
  const Countries countries(desk);
  const Filter filter(request, countries);
  std::uint64_t end = end_of(request.after(), desk.audit.size());
  const std::uint64_t last = end > looked_at_max ? end - looked_at_max : 0;
  const std::uint32_t wanted = request.limit() == 0 ? page_rows_default : request.limit();
  const int rows = static_cast<int>(std::min(wanted, page_rows_max));
  admin::v1::AuditRecords out;
  while (end > last) {
    const std::uint64_t begin = end - std::min(step, end - last);
    const std::vector<store::AuditEntry> entries = read(desk, begin, end);
    for (std::uint64_t at = end; at-- > begin;) {
      const store::AuditEntry& entry = entries[at - begin];
      if (!filter.passes(entry)) continue;
      if (out.records_size() == rows) {
        out.set_next(std::to_string(out.records(rows - 1).number()));
        return out;
      }
      add_row(at, entry, countries, out);
    }
    end = begin;
  }
  if (last > 0) out.set_next(std::to_string(last));
  return out;
}

}  // namespace

admin::v1::AuditRecords list_audit(Desk& desk, const admin::v1::AuditList& request) {
  admin::v1::AuditRecords out = find(desk, request);
  desk.audit.commit({}, reading(desk, request, out));
  return out;
}

}  // namespace bakhita::desk
