// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/audit_reading.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "protocol/community/charter.h"
#include "protocol/policy/record.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

constexpr std::uint64_t seconds_per_day = 86'400;
constexpr std::uint64_t step = 4'096;  // records that are opened at once
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

/// Countries of peers and members, as the trail names them: by the first digits of their node id.
class Countries {
 public:
  explicit Countries(const Desk& desk) {
    for (const store::Community& community : desk.members.communities())
      for (const v1::Member& member : community.newest.members())
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

class Filter {
 public:
  Filter(const admin::v1::AuditList& request, const Countries& countries)
      : request_(request),
        countries_(countries),
        first_(day_or(request.from(), 0)),
        last_(day_or(request.to(), ~std::uint64_t{0})) {}

  bool passes(const store::AuditEntry& entry) const {
    const std::uint64_t day = entry.time / seconds_per_day;
    const std::string& action = request_.action();
    const bool named = action.empty() || entry.action == action ||
                       (action.ends_with('.') && entry.action.starts_with(action));
    return named && day >= first_ && day <= last_ && entry.object.starts_with(request_.object()) &&
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

}  // namespace

admin::v1::AuditRecords list_audit(Desk& desk, const admin::v1::AuditList& request) {
  const Countries countries(desk);
  const Filter filter(request, countries);
  std::uint64_t end = end_of(request.after(), desk.audit.size());
  const std::uint32_t wanted = request.limit() == 0 ? page_rows_default : request.limit();
  const int rows = static_cast<int>(std::min(wanted, page_rows_max));
  desk.audit.commit({}, desk.entry(request.operator_(), "audit.read", request.object()));
  admin::v1::AuditRecords out;
  while (end > 0) {
    const std::uint64_t begin = end > step ? end - step : 0;
    const std::vector<store::AuditEntry> entries = desk.audit.read(begin, end);
    for (std::uint64_t at = end; at-- > begin;) {
      const store::AuditEntry& entry = entries.at(at - begin);
      if (!filter.passes(entry)) continue;
      if (out.records_size() == rows) {
        out.set_next(std::to_string(out.records(rows - 1).number()));
        return out;
      }
      add_row(at, entry, countries, out);
    }
    end = begin;
  }
  return out;
}

}  // namespace bakhita::desk
