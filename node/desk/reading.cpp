// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/reading.h"

#include <algorithm>
#include <set>

#include "node/desk/exporting.h"

namespace bakhita::desk {
namespace {

constexpr std::uint32_t page_rows_default = 50;
constexpr std::uint32_t page_rows_max = 1'000;

admin::v1::ReportView make_view(const Desk& desk, const storage::v1::StoredReport& stored,
                                std::uint32_t versions) {
  admin::v1::ReportView out;
  *out.mutable_report() = stored.report();
  out.set_versions(versions);
  for (int i = 0; i < stored.report().identifiers_size(); ++i) {
    const v1::Identifier& identifier = stored.report().identifiers(i);
    auto* view = out.add_identifiers();
    *view->mutable_identifier() = identifier;
    view->set_canonical(display(stored.canonical(i)));
    view->set_refused(stored.refused(i));
    view->set_shielded(!is_releasable(identifier.role()));
    if (stored.canonical(i).empty()) continue;
    const auto type = identifier_type(static_cast<int>(identifier.type()));
    const auto state = desk.identifiers.load(desk.identifiers.hash(*type, stored.canonical(i)));
    view->set_benign(state && state->benign());
    view->set_published(state && state->locks_size() > 0);
  }
  return out;
}

std::string urgency_name(v1::Urgency urgency) {
  std::string out = v1::Urgency_Name(urgency).substr(8);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string status_name(v1::ReportStatus status) {
  std::string out = v1::ReportStatus_Name(status).substr(14);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool passes(const admin::v1::ReportList& filter, const storage::v1::ReportRow& row) {
  const std::string day = row.received_at().substr(0, 10);
  const auto holds = [](const auto& list, const std::string& value) {
    return value.empty() || std::find(list.begin(), list.end(), value) != list.end();
  };
  return (filter.received_from().empty() || day >= filter.received_from()) &&
         (filter.received_until().empty() || day <= filter.received_until()) &&
         holds(row.exploitation(), filter.exploitation()) &&
         holds(row.platforms(), filter.platform()) &&
         (filter.urgency().empty() || urgency_name(row.urgency()) == filter.urgency()) &&
         (filter.status().empty() || status_name(row.status()) == filter.status());
}

}  // namespace

std::optional<admin::v1::ReportView> show_report(Desk& desk, const admin::v1::ReportShow& request) {
  const auto head = desk.reports.find(request.id());
  // What was typed in vain may be an identifier: it is not kept.
  desk.audit.commit({}, desk.entry(request.operator_(), "report.read", head ? request.id() : "",
                                   request.reason(), head ? "ok" : "not found"));
  if (!head) return std::nullopt;
  const auto stored =
      desk.reports.load(head->number, request.version() == 0 ? head->version : request.version());
  if (!stored) return std::nullopt;
  return make_view(desk, *stored, head->version);
}

admin::v1::ReportRows list_reports(Desk& desk, const admin::v1::ReportList& request) {
  desk.audit.commit({}, desk.entry(request.operator_(), "report.list"));
  const std::uint32_t limit =
      request.limit() == 0 ? page_rows_default : std::min(request.limit(), page_rows_max);
  admin::v1::ReportRows out;
  const Bytes after = from_hex(request.after()).value_or(Bytes());
  Bytes last;
  desk.reports.for_each_row(after, [&](ByteView position, const storage::v1::ReportRow& row) {
    if (!passes(request, row)) return true;
    if (static_cast<std::uint32_t>(out.rows_size()) == limit) {
      out.set_next(to_hex(last));
      return false;
    }
    last = to_bytes(position);
    auto* listed = out.add_rows();
    listed->set_id(row.id());
    listed->set_version(row.version());
    listed->set_received_at(row.received_at());
    for (const std::string& code : row.exploitation()) listed->add_exploitation_types(code);
    listed->set_urgency(urgency_name(row.urgency()));
    listed->set_status(status_name(row.status()));
    listed->set_identifiers(row.identifiers());
    return true;
  });
  return out;
}

admin::v1::SearchHits search_reports(Desk& desk, const admin::v1::ReportSearch& request) {
  admin::v1::SearchHits out;
  const auto only = identifier_type(static_cast<int>(request.type()));
  for (IdentifierType type : all_identifier_types) {
    if (only && type != *only) continue;
    const Canonical form = canonicalise(*desk.tables, type, request.value(),
                                        request.region().empty() ? desk.country : request.region());
    const auto* canonical = std::get_if<std::string>(&form);
    if (canonical == nullptr) continue;
    const auto state = desk.identifiers.load(desk.identifiers.hash(type, *canonical));
    if (!state) continue;
    for (const storage::v1::Sighting& sighting : state->sightings()) {
      const auto row = desk.reports.row(sighting.report());
      if (!row) continue;
      auto* hit = out.add_hits();
      hit->set_report_id(row->id());
      hit->set_type(std::string(name_of(type)));
      hit->set_role(v1::SubjectRole_Name(sighting.role()).substr(13));
    }
  }
  desk.audit.commit({}, desk.entry(request.operator_(), "report.search", {}, {},
                                   std::to_string(out.hits_size()) + " hits"));
  return out;
}

void export_reports(Desk& desk, const admin::v1::ReportExport& request,
                    const std::function<void(const admin::v1::ReportView&)>& take) {
  const policy::Explanation why =
      decide_export(desk, policy::FileKind::reports, desk.self, nullptr,
                    desk.entry(request.operator_(), "report.export", {}, request.reason()));
  if (!why.allowed) throw ExportRefused(why.text);
  desk.reports.for_each_row({}, [&](ByteView, const storage::v1::ReportRow& row) {
    const auto head = desk.reports.find(row.id());
    const auto stored = head ? desk.reports.load(head->number, head->version) : std::nullopt;
    if (stored) take(make_view(desk, *stored, head->version));
    return true;
  });
}

std::vector<std::string> report_ids_of(const Desk& desk,
                                       const storage::v1::IdentifierState& state) {
  std::set<std::string> out;
  for (const storage::v1::Sighting& sighting : state.sightings())
    if (is_releasable(sighting.role()))
      if (const auto row = desk.reports.row(sighting.report())) out.insert(row->id());
  return {out.begin(), out.end()};
}

}  // namespace bakhita::desk
