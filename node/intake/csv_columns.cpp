// SPDX-License-Identifier: EUPL-1.2
#include "node/intake/csv_columns.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/time_util.h>

#include <array>
#include <charconv>

#include "node/intake/limits.h"
#include "protocol/nearest_name.h"

namespace bakhita::intake {
namespace {

constexpr std::array report_columns_all{Column{"report_id", true},
                                        Column{"received_at", true},
                                        Column{"language"},
                                        Column{"urgency", true},
                                        Column{"status"},
                                        Column{"acts"},
                                        Column{"means"},
                                        Column{"purposes"},
                                        Column{"exploitation_types", true},
                                        Column{"forced_labour_industry"},
                                        Column{"methods_of_recruitment"},
                                        Column{"recruitment_platforms"},
                                        Column{"methods_of_control"},
                                        Column{"victim_count"},
                                        Column{"victim_age_bands"},
                                        Column{"country_of_origin"},
                                        Column{"country_of_exploitation"},
                                        Column{"source_evaluation", true},
                                        Column{"information_evaluation", true},
                                        Column{"handling", true},
                                        Column{"tlp"},
                                        Column{"pap"},
                                        Column{"intake_channel"},
                                        Column{"reporter_ref"},
                                        Column{"review_on"},
                                        Column{"erase_on"},
                                        Column{"narrative"}};

constexpr std::array identifier_columns_all{
    Column{"report_id", true},    Column{"type", true},     Column{"value", true},
    Column{"subject_role", true}, Column{"legal_category"}, Column{"first_seen"},
    Column{"last_seen"},          Column{"region"},         Column{"subject_ref"}};

/// "SUBJECT_ROLE_" ‖ upper-case name.
std::string enumerator(std::string_view prefix, std::string_view name) {
  std::string out(prefix);
  for (const char c : name) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

bool is_lower_name(std::string_view name) {
  return !name.empty() && name.size() <= 40 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

template <class Enum>
using EnumParser = bool (*)(google::protobuf::ConstStringParam, Enum*);

template <class Enum>
std::optional<Enum> parse_enum(std::string_view prefix, std::string_view name,
                               EnumParser<Enum> parse) {
  Enum value{};
  if (!is_lower_name(name) || !parse(enumerator(prefix, name), &value)) return std::nullopt;
  if (static_cast<int>(value) == 0) return std::nullopt;  // "unspecified" is said by an empty field
  return value;
}

std::vector<std::string> names_of(const google::protobuf::EnumDescriptor* type,
                                  std::string_view prefix) {
  std::vector<std::string> names;
  for (int i = 1; i < type->value_count(); ++i) {
    std::string name = type->value(i)->name().substr(prefix.size());
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    names.push_back(std::move(name));
  }
  return names;
}

/// Names what would have been right; the wrong value itself may be data in the wrong column.
std::string expected_one_of(std::string_view typed, const std::vector<std::string>& names) {
  const std::string near = nearest_name(typed, names);
  if (!near.empty()) return "unknown name; did you mean `" + near + "`?";
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return "unknown name, expected one of " + list;
}

/// Reads the fields of one row and keeps the first problem.
class RowReader {
 public:
  RowReader(const CsvTable& table, const CsvRow& row) : table_(table), row_(row) {}

  std::string text(std::string_view column) const { return std::string(table_.text(row_, column)); }

  std::vector<std::string> list(std::string_view column) {
    std::vector<std::string> entries;
    std::string_view rest = table_.text(row_, column);
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      if (end > 0) entries.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (entries.size() > list_entries_max) {
        fail(column, "more than 100 values");
        break;
      }
    }
    return entries;
  }

  void codes(std::string_view column, google::protobuf::RepeatedPtrField<v1::Code>* out) {
    for (std::string& entry : list(column)) out->Add()->set_code(std::move(entry));
  }

  template <class Enum>
  Enum named(std::string_view column, std::optional<Enum> (*parse)(std::string_view),
             const google::protobuf::EnumDescriptor* type, std::string_view prefix) {
    const std::string_view name = table_.text(row_, column);
    if (name.empty()) return Enum{};
    if (const auto value = parse(name)) return *value;
    fail(column, expected_one_of(name, names_of(type, prefix)));
    return Enum{};
  }

  std::uint32_t count(std::string_view column) {
    const std::string_view digits = table_.text(row_, column);
    std::uint32_t value = 0;
    if (digits.empty()) return 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) fail(column, "is no number");
    return value;
  }

  void time(std::string_view column, google::protobuf::Timestamp* out) {
    const std::string written = text(column);
    if (!google::protobuf::util::TimeUtil::FromString(written, out))
      fail(column, "is no time such as 2026-04-26T15:57:00Z");
  }

  void require(std::string_view column) {
    if (table_.text(row_, column).empty()) fail(column, "is empty");
  }

  void fail(std::string_view column, std::string reason) {
    if (!problem_) problem_ = table_.problem_at(row_, column, std::move(reason));
  }
  const std::optional<Problem>& problem() const { return problem_; }

 private:
  const CsvTable& table_;
  const CsvRow& row_;
  std::optional<Problem> problem_;
};

void add_places(RowReader& row, std::string_view column, const char* kind,
                v1::IncidentReport& report) {
  for (const std::string& country : row.list(column)) {
    v1::Place* place = report.add_places();
    place->set_kind(kind);
    place->set_country(country);
  }
}

void add_victims(RowReader& row, v1::IncidentReport& report) {
  const std::uint32_t count = row.count("victim_count");
  const std::vector<std::string> bands = row.list("victim_age_bands");
  if (count == 0 && bands.empty()) return;
  v1::VictimGroup* group = report.add_victims();
  group->set_count(count);
  for (const std::string& band : bands) group->add_age_bands(band);
}

void add_codes(RowReader& row, v1::IncidentReport& report) {
  row.codes("acts", report.mutable_acts());
  row.codes("means", report.mutable_means());
  row.codes("purposes", report.mutable_purposes());
  row.codes("exploitation_types", report.mutable_exploitation_types());
  row.codes("forced_labour_industry", report.mutable_labour_industries());
  row.codes("methods_of_recruitment", report.mutable_recruitment_methods());
  row.codes("methods_of_control", report.mutable_control_methods());
}

}  // namespace

std::span<const Column> report_columns() { return report_columns_all; }
std::span<const Column> identifier_columns() { return identifier_columns_all; }

std::optional<v1::Urgency> urgency_of(std::string_view name) {
  return parse_enum<v1::Urgency>("URGENCY_", name, v1::Urgency_Parse);
}
std::optional<v1::ReportStatus> status_of(std::string_view name) {
  return parse_enum<v1::ReportStatus>("REPORT_STATUS_", name, v1::ReportStatus_Parse);
}
std::optional<v1::SubjectRole> role_of(std::string_view name) {
  return parse_enum<v1::SubjectRole>("SUBJECT_ROLE_", name, v1::SubjectRole_Parse);
}
std::optional<v1::LegalCategory> legal_category_of(std::string_view name) {
  return parse_enum<v1::LegalCategory>("LEGAL_CATEGORY_", name, v1::LegalCategory_Parse);
}
std::optional<v1::IdentifierType> type_of(std::string_view name) {
  return parse_enum<v1::IdentifierType>("IDENTIFIER_TYPE_", name, v1::IdentifierType_Parse);
}

std::variant<v1::IncidentReport, Problem> report_of(const CsvTable& table, const CsvRow& csv) {
  RowReader row(table, csv);
  v1::IncidentReport report;
  row.require("report_id");
  report.set_id(row.text("report_id"));
  row.time("received_at", report.mutable_received_at());
  report.set_language(row.text("language"));
  report.set_urgency(row.named("urgency", urgency_of, v1::Urgency_descriptor(), "URGENCY_"));
  report.set_status(
      row.named("status", status_of, v1::ReportStatus_descriptor(), "REPORT_STATUS_"));
  add_codes(row, report);
  for (std::string& platform : row.list("recruitment_platforms"))
    report.add_platforms(std::move(platform));
  add_victims(row, report);
  add_places(row, "country_of_origin", "origin", report);
  add_places(row, "country_of_exploitation", "exploitation", report);
  report.set_source_evaluation(row.text("source_evaluation"));
  report.set_information_evaluation(row.text("information_evaluation"));
  report.set_handling(row.text("handling"));
  report.set_tlp(row.text("tlp"));
  report.set_pap(row.text("pap"));
  report.set_intake_channel(row.text("intake_channel"));
  report.set_reporter_ref(row.text("reporter_ref"));
  if (!row.text("review_on").empty())
    report.mutable_retention()->set_review_on(row.text("review_on"));
  if (!row.text("erase_on").empty()) report.mutable_retention()->set_erase_on(row.text("erase_on"));
  report.set_narrative(row.text("narrative"));
  if (row.problem()) return *row.problem();
  return report;
}

std::variant<v1::Identifier, Problem> identifier_of(const CsvTable& table, const CsvRow& csv) {
  RowReader row(table, csv);
  v1::Identifier identifier;
  row.require("type");
  row.require("value");
  row.require("subject_role");
  identifier.set_type(
      row.named("type", type_of, v1::IdentifierType_descriptor(), "IDENTIFIER_TYPE_"));
  identifier.set_value(row.text("value"));
  identifier.set_role(
      row.named("subject_role", role_of, v1::SubjectRole_descriptor(), "SUBJECT_ROLE_"));
  identifier.set_legal_category(row.named("legal_category", legal_category_of,
                                          v1::LegalCategory_descriptor(), "LEGAL_CATEGORY_"));
  identifier.set_first_seen(row.text("first_seen"));
  identifier.set_last_seen(row.text("last_seen"));
  identifier.set_region(row.text("region"));
  identifier.set_subject_ref(row.text("subject_ref"));
  if (row.problem()) return *row.problem();
  return identifier;
}

}  // namespace bakhita::intake
