// SPDX-License-Identifier: EUPL-1.2
#include "node/intake/csv_reader.h"

#include <algorithm>

#include "node/intake/encoding.h"
#include "node/intake/limits.h"
#include "protocol/characters.h"

namespace bakhita::intake {

bool CsvReader::next(CsvRow& row) {
  do {
    if (source_.peek() == ByteSource::end) return false;
    row.problem.reset();
    row.line = source_.line();
    row.range.offset = source_.offset();
    fields_ = stored_ = 0;
    quotes_broken_ = false;
    second_line_ = 0;
    read_row(row);
    if (quotes_broken_ && second_line_ == 0) skip_line();
    if (quotes_broken_ && second_line_ != 0) source_.seek(second_line_, row.line + 1);
    row.range.size = source_.offset() - row.range.offset;
    row.fields.resize(std::min(fields_, row.fields.size()));
  } while (!row.problem && row.fields.size() == 1 && row.fields[0].text.empty());
  return true;
}

void CsvReader::read_row(CsvRow& row) {
  while (true) {
    CsvField& field = add_field(row);
    if (source_.peek() == '"')
      read_quoted(row, field);
    else
      read_plain(row, field);
    if (quotes_broken_) return;
    check_text(row, field);
    const int after = get();
    if (after != ',') return;  // otherwise a line end, or the end of the file
  }
}

void CsvReader::read_plain(CsvRow& row, CsvField& field) {
  while (true) {
    const int byte = source_.peek();
    if (byte == ',' || byte == '\n' || byte == ByteSource::end) return;
    if (byte == '"') {
      note(row, "a quote inside a field that does not begin with one");
      quotes_broken_ = true;
      return;
    }
    if (byte == '\r') {
      get();
      if (source_.peek() == '\n') return;
      note(row, "a carriage return without a line feed");
      continue;
    }
    store(row, field, byte);
    get();
  }
}

void CsvReader::read_quoted(CsvRow& row, CsvField& field) {
  const Place opened = source_.place();
  const std::uint64_t begin = source_.offset();
  get();
  while (source_.offset() - begin < quoted_scan_max) {
    const int byte = source_.peek();
    if (byte == ByteSource::end) break;
    if (byte != '"') {
      store(row, field, byte);
      get();
      continue;
    }
    get();
    if (source_.peek() == '"') {
      store(row, field, '"');
      get();
      continue;
    }
    const bool carriage_return = source_.peek() == '\r';
    if (carriage_return) get();
    const int after = source_.peek();
    if (after == '\n') return;
    if (!carriage_return && (after == ',' || after == ByteSource::end)) return;
    if (!row.problem) row.problem = Problem{source_.place(), "text after a closing quote"};
    quotes_broken_ = true;
    return;
  }
  row.problem = Problem{opened, "a quote that is never closed"};
  quotes_broken_ = true;
}

void CsvReader::store(CsvRow& row, CsvField& field, int byte) {
  if (byte == 0) note(row, "a NUL byte");
  if (field.text.size() >= field_size_max)
    note(row, "field " + std::to_string(fields_) + " is larger than 64 KiB");
  if (stored_ >= row_size_max) note(row, "the row is larger than 1 MiB");
  if (row.problem) return;
  field.text.push_back(static_cast<char>(byte));
  ++stored_;
}

void CsvReader::note(CsvRow& row, std::string reason) {
  if (!row.problem) row.problem = Problem{source_.place(), std::move(reason)};
}

void CsvReader::check_text(CsvRow& row, const CsvField& field) {
  if (row.problem) return;
  const auto bad = first_invalid_utf8(field.text);
  if (!bad) return;
  const std::uint64_t column = field.column + count_characters(field.text.substr(0, *bad));
  row.problem = Problem{{source_.name(), field.line, column},
                        describe_invalid_byte(static_cast<unsigned char>(field.text[*bad]))};
}

void CsvReader::skip_line() {
  for (int byte = get(); byte != '\n' && byte != ByteSource::end;) byte = get();
}

CsvField& CsvReader::add_field(CsvRow& row) {
  if (fields_ >= row_fields_max) {
    note(row, "more than 256 fields");
    row.fields.back().text.clear();
    return row.fields.back();
  }
  if (++fields_ > row.fields.size()) row.fields.emplace_back();
  CsvField& field = row.fields[fields_ - 1];
  field.text.clear();
  field.line = source_.line();
  field.column = source_.column();
  return field;
}

int CsvReader::get() {
  const int byte = source_.get();
  if (byte == '\n' && second_line_ == 0) second_line_ = source_.offset();
  return byte;
}

}  // namespace bakhita::intake
