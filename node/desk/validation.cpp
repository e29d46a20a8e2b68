// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/validation.h"

#include <charconv>
#include <chrono>

#include "protocol/limits.h"
#include "protocol/nearest_name.h"

namespace bakhita::desk {
namespace {

using Codes = google::protobuf::RepeatedPtrField<v1::Code>;

constexpr std::size_t id_size_max = 128;

std::string check_codes(const CodeLists& lists, std::string_view list_name, const char* field,
                        Codes& codes) {
  const CodeList& list = lists.list(list_name);
  for (v1::Code& code : codes) {
    if (!code.system().empty() && code.system() != list_name)
      continue;  // another list's code is kept as it is
    if (!list.numbers.contains(code.code())) {
      const std::string near = nearest_name(code.code(), lists.codes(list_name));
      return std::string(field) + ": no code of " + std::string(list_name) + " " + list.version +
             (near.empty() ? "" : "; did you mean " + near + "?");
    }
    code.set_system(std::string(list_name));
    code.set_version(list.version);
  }
  return {};
}

bool one_of(std::string_view value, std::initializer_list<std::string_view> allowed) {
  for (std::string_view candidate : allowed)
    if (value == candidate) return true;
  return false;
}

std::string check_marks(const v1::IncidentReport& report) {
  if (!one_of(report.source_evaluation(), {"", "A", "B", "C", "X"}))
    return "source_evaluation: expected A, B, C or X";
  if (!one_of(report.information_evaluation(), {"", "1", "2", "3", "4"}))
    return "information_evaluation: expected 1 to 4";
  if (!one_of(report.handling(), {"", "H0", "H1", "H2", "H3"}))
    return "handling: expected H0, H1, H2 or H3";
  if (!one_of(report.tlp(), {"", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}))
    return "tlp: expected CLEAR, GREEN, AMBER, AMBER+STRICT or RED";
  if (!one_of(report.pap(), {"", "CLEAR", "GREEN", "AMBER", "RED"}))
    return "pap: expected CLEAR, GREEN, AMBER or RED";
  return {};
}

std::string check_identifiers(const v1::IncidentReport& report) {
  if (static_cast<std::size_t>(report.identifiers_size()) > limits::identifiers_per_report)
    return "identifiers: more than " + std::to_string(limits::identifiers_per_report);
  for (const v1::Identifier& identifier : report.identifiers()) {
    if (!identifier_type(static_cast<int>(identifier.type()))) return "identifiers: unknown type";
    if (!v1::SubjectRole_IsValid(identifier.role()) ||
        identifier.role() == v1::SUBJECT_ROLE_UNSPECIFIED)
      return "identifiers: each needs the role of its subject";
    for (const std::string* date : {&identifier.first_seen(), &identifier.last_seen()})
      if (!date->empty() && day_of(*date) == 0)
        return "identifiers: a date is not of the form YYYY-MM-DD";
  }
  return {};
}

}  // namespace

std::uint32_t day_of(std::string_view date) {
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') return 0;
  const auto number = [&](std::size_t from, std::size_t size) {
    int value = -1;
    const auto [end, problem] =
        std::from_chars(date.data() + from, date.data() + from + size, value);
    return problem == std::errc() && end == date.data() + from + size ? value : -1;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 0 || month < 0 || day < 0) return 0;
  const std::chrono::year_month_day civil{std::chrono::year(year),
                                          std::chrono::month(static_cast<unsigned>(month)),
                                          std::chrono::day(static_cast<unsigned>(day))};
  if (!civil.ok() || year < 1970) return 0;
  return static_cast<std::uint32_t>(std::chrono::sys_days(civil).time_since_epoch().count());
}

std::string validate(const CodeLists& codes, v1::IncidentReport& report) {
  if (report.id().empty() || report.id().size() > id_size_max) return "id: expected 1 to 128 bytes";
  for (char c : report.id())
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return "id: holds a space or control character";
  if (!report.has_received_at() || report.received_at().seconds() <= 0)
    return "received_at: missing";
  if (report.ByteSizeLong() > limits::report_size_max) return "the report is over 1 MiB";
  struct Field {
    std::string_view list;
    const char* name;
    Codes* codes;
  };
  for (const Field& field :
       {Field{code_list::acts, "acts", report.mutable_acts()},
        {code_list::means, "means", report.mutable_means()},
        {code_list::purposes, "purposes", report.mutable_purposes()},
        {code_list::exploitation, "exploitation_types", report.mutable_exploitation_types()},
        {code_list::industry, "labour_industries", report.mutable_labour_industries()},
        {code_list::recruitment, "recruitment_methods", report.mutable_recruitment_methods()},
        {code_list::control, "control_methods", report.mutable_control_methods()}})
    if (std::string problem = check_codes(codes, field.list, field.name, *field.codes);
        !problem.empty())
      return problem;
  for (const v1::VictimGroup& group : report.victims())
    for (const std::string& band : group.age_bands())
      if (!codes.list(code_list::age).numbers.contains(band))
        return "victims.age_bands: no CTDC age band";
  if (std::string problem = check_marks(report); !problem.empty()) return problem;
  return check_identifiers(report);
}

}  // namespace bakhita::desk
