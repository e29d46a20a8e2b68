// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "bakhita/v1/report.pb.h"
#include "node/intake/csv_table.h"

/// What the columns of the two CSV files mean.
namespace bakhita::intake {

/// `reports.csv`: one report a row. Fields with several values separate them by `;`.
std::span<const Column> report_columns();
/// `identifiers.csv`: one identifier a row, naming its report.
std::span<const Column> identifier_columns();

/// A report without its identifiers. Codes are copied into Code.code and validated by the node.
std::variant<v1::IncidentReport, Problem> report_of(const CsvTable& table, const CsvRow& row);
std::variant<v1::Identifier, Problem> identifier_of(const CsvTable& table, const CsvRow& row);

/// Enumerators by the lower-case end of their names: "life_at_risk", "bank_account", "recruiter".
std::optional<v1::Urgency> urgency_of(std::string_view name);
std::optional<v1::ReportStatus> status_of(std::string_view name);
std::optional<v1::SubjectRole> role_of(std::string_view name);
std::optional<v1::LegalCategory> legal_category_of(std::string_view name);
std::optional<v1::IdentifierType> type_of(std::string_view name);

}  // namespace bakhita::intake
