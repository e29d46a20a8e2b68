// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"

/// Reading reports. Every read is in the audit trail before its answer is given.
namespace bakhita::desk {

std::optional<admin::v1::ReportView> show_report(Desk& desk, const admin::v1::ReportShow& request);
admin::v1::ReportRows list_reports(Desk& desk, const admin::v1::ReportList& request);
/// In any written form, through the blind index.
admin::v1::SearchHits search_reports(Desk& desk, const admin::v1::ReportSearch& request);
/// One audit record, then every report, newest first. Throws ExportRefused (exporting.h).
void export_reports(Desk& desk, const admin::v1::ReportExport& request,
                    const std::function<void(const admin::v1::ReportView&)>& take);
/// Authority's ids of the reports in which the identifier has a releasable role.
std::vector<std::string> report_ids_of(const Desk& desk, const storage::v1::IdentifierState& state);

}  // namespace bakhita::desk
