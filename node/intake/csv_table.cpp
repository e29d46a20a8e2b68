// SPDX-License-Identifier: EUPL-1.2
#include "node/intake/csv_table.h"

#include <algorithm>

#include "protocol/nearest_name.h"

namespace bakhita::intake {
namespace {

/// A header name may be data when a file has no header line: it is repeated only if it looks like
/// one.
std::string quote_name(std::string_view name) {
  const bool plain =
      !name.empty() && name.size() <= 40 &&
      std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ' ';
      });
  return plain ? "column `" + std::string(name) + "`"
               : "a column whose name this format does not have";
}

std::vector<std::string_view> names_of(std::span<const Column> columns) {
  std::vector<std::string_view> names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

void check_header(const std::string& file, const CsvRow& header, std::span<const Column> known) {
  const std::vector<std::string_view> names = names_of(known);
  for (std::size_t i = 0; i < header.fields.size(); ++i) {
    const CsvField& field = header.fields[i];
    const Place place{file, field.line, field.column};
    if (std::find(names.begin(), names.end(), field.text) == names.end()) {
      const std::string near = nearest_name(field.text, names);
      throw FileError({place, "unknown " + quote_name(field.text) +
                                  (near.empty() ? "" : "; did you mean `" + near + "`?")});
    }
    for (std::size_t j = 0; j < i; ++j)
      if (header.fields[j].text == field.text)
        throw FileError({place, quote_name(field.text) + " stands twice in the header"});
  }
}

}  // namespace

CsvTable::CsvTable(const std::filesystem::path& file, std::span<const Column> known)
    : reader_(file) {
  if (!reader_.next(header_))
    throw FileError({{reader_.source().name()}, "is empty: no header line"});
  if (header_.problem) throw FileError(*header_.problem);
  check_header(reader_.source().name(), header_, known);
  for (const Column& column : known)
    if (column.required && !has(column.name))
      throw FileError({{reader_.source().name(), header_.line},
                       "the header has no column `" + std::string(column.name) + "`"});
}

bool CsvTable::next(CsvRow& row) {
  if (!reader_.next(row)) return false;
  if (!row.problem && row.fields.size() != header_.fields.size())
    row.problem = Problem{{file(), row.line, row.fields.back().column},
                          "the row has " + std::to_string(row.fields.size()) +
                              " fields, the header " + std::to_string(header_.fields.size())};
  return true;
}

const CsvField* CsvTable::find(const CsvRow& row, std::string_view column) const {
  for (std::size_t i = 0; i < header_.fields.size(); ++i)
    if (header_.fields[i].text == column) return &row.fields[i];
  return nullptr;
}

std::string_view CsvTable::text(const CsvRow& row, std::string_view column) const {
  const CsvField* field = find(row, column);
  return field == nullptr ? std::string_view() : std::string_view(field->text);
}

Problem CsvTable::problem_at(const CsvRow& row, std::string_view column, std::string reason) const {
  const CsvField* field = find(row, column);
  const Place place =
      field == nullptr ? Place{file(), row.line} : Place{file(), field->line, field->column};
  return {place, std::string(column) + ": " + reason};
}

bool CsvTable::has(std::string_view column) const {
  return std::any_of(header_.fields.begin(), header_.fields.end(),
                     [column](const CsvField& field) { return field.text == column; });
}

}  // namespace bakhita::intake
