// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/import.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <set>

#include "node/desk/sightings.h"
#include "node/desk/validation.h"

namespace bakhita::desk {

namespace {

storage::v1::ReportRow make_row(const v1::IncidentReport& report) {
  storage::v1::ReportRow row;
  row.set_id(report.id());
  row.set_received_at(google::protobuf::util::TimeUtil::ToString(report.received_at()));
  for (const v1::Code& code : report.exploitation_types()) row.add_exploitation(code.code());
  for (const std::string& platform : report.platforms()) row.add_platforms(platform);
  row.set_urgency(report.urgency());
  row.set_status(report.status());
  row.set_identifiers(static_cast<std::uint32_t>(report.identifiers_size()));
  return row;
}

void set_defaults(v1::IncidentReport& report) {
  if (report.urgency() == v1::URGENCY_UNSPECIFIED) report.set_urgency(v1::URGENCY_ROUTINE);
  if (report.status() == v1::REPORT_STATUS_UNSPECIFIED) report.set_status(v1::REPORT_STATUS_ACTIVE);
  if (report.handling().empty()) report.set_handling("H1");
  if (report.tlp().empty()) report.set_tlp("AMBER");
  if (report.pap().empty()) report.set_pap("RED");
}

}  // namespace

Importer::Importer(Desk& desk, std::string source, std::string actor, bool strict)
    : desk_(desk), source_(std::move(source)), actor_(std::move(actor)), strict_(strict) {}

Importer::Prepared Importer::prepare(const admin::v1::ImportRow& row) {
  Prepared out{row.place(), {}, {}};
  v1::IncidentReport& report = *out.content.mutable_report();
  report = row.report();
  out.problem = validate(desk_.codes, report);
  if (!out.problem.empty()) return out;
  report.clear_version();
  set_defaults(report);
  for (const v1::Identifier& identifier : report.identifiers()) {
    const auto type = identifier_type(static_cast<int>(identifier.type()));
    const Canonical form =
        canonicalise(*desk_.tables, *type, identifier.value(),
                     identifier.region().empty() ? desk_.country : identifier.region());
    const auto* canonical = std::get_if<std::string>(&form);
    out.content.add_canonical(canonical != nullptr ? *canonical : "");
    out.content.add_refused(canonical != nullptr ? ""
                                                 : std::string(describe(std::get<Refusal>(form))));
  }
  return out;
}

void Importer::add(const admin::v1::ImportRows& rows) {
  std::vector<Prepared> batch;
  for (const admin::v1::ImportRow& row : rows.rows()) {
    Prepared prepared = prepare(row);
    if (!prepared.problem.empty()) {
      auto* reject = progress_.add_rejects();
      reject->set_place(prepared.place);
      reject->set_reason(prepared.problem);
      continue;
    }
    if (strict_) {
      progress_.set_unchanged(progress_.unchanged() + 1);
      continue;
    }
    batch.push_back(std::move(prepared));
    if (batch.size() == import_batch_rows) commit(std::exchange(batch, {}));
  }
  commit(std::move(batch));
}

void Importer::commit(std::vector<Prepared> prepared) {
  if (prepared.empty()) return;
  auto exclusive = desk_.identifiers.exclusive();
  // A row that another of the same batch follows must be stored before it: it waits for the next
  // write.
  std::vector<Prepared> later;
  std::set<std::string> ids;
  SightingChanges changes(desk_);
  store::Batch batch;
  std::uint64_t written = 0;
  for (Prepared& row : prepared) {
    const v1::IncidentReport& report = row.content.report();
    if (!ids.insert(report.id()).second) {
      later.push_back(std::move(row));
      continue;
    }
    const auto head = desk_.reports.find(report.id());
    if (head && head->digest == desk_.reports.digest(row.content)) {
      progress_.set_unchanged(progress_.unchanged() + 1);
      continue;
    }
    if (head)
      if (const auto before = desk_.reports.load(head->number, head->version))
        changes.remove(head->number, *before);
    const store::ReportHead stored = desk_.reports.put(batch, head, row.content, make_row(report));
    const ImportCounts counts = changes.add(stored.number, row.content);
    progress_.set_identifiers(progress_.identifiers() + counts.identifiers);
    progress_.set_shielded(progress_.shielded() + counts.shielded);
    progress_.set_benign(progress_.benign() + counts.benign);
    for (int i = 0; i < report.identifiers_size(); ++i) {
      const auto type = identifier_type(static_cast<int>(report.identifiers(i).type()));
      ++by_type_[*type];
      if (row.content.refused(i).empty()) continue;
      progress_.set_invalid(progress_.invalid() + 1);
      auto* invalid = progress_.add_invalid_identifiers();
      invalid->set_place(row.place);
      invalid->set_identifier(static_cast<std::uint32_t>(i) + 1);
      invalid->set_reason(report.id() + ": " + std::string(name_of(*type)) + ": " +
                          row.content.refused(i));
    }
    if (head)
      progress_.set_changed(progress_.changed() + 1);
    else
      progress_.set_created(progress_.created() + 1);
    ++written;
  }
  if (written > 0) {
    changes.write(batch);
    desk_.audit.commit(std::move(batch), desk_.entry(actor_, "report.import", source_, {},
                                                     std::to_string(written) + " reports"));
  }
  exclusive.unlock();
  commit(std::move(later));
}

admin::v1::ImportProgress Importer::progress() {
  admin::v1::ImportProgress out = progress_;
  for (const auto& [type, count] : by_type_) {
    auto* row = out.add_by_type();
    row->set_type(std::string(name_of(type)));
    row->set_count(count);
  }
  progress_.clear_rejects();
  progress_.clear_invalid_identifiers();
  return out;
}

}  // namespace bakhita::desk
