// SPDX-License-Identifier: EUPL-1.2
// Any bytes as CSV: reading ends, rows stay in bounds, and the same file read twice gives the same.
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "node/intake/csv_reader.h"
#include "node/intake/limits.h"

namespace {

using namespace bakhita::intake;

void require(bool holds) {
  if (!holds) std::abort();
}

std::uint64_t read_through(const std::filesystem::path& file, std::uint64_t size) {
  CsvReader reader(file);
  CsvRow row;
  std::uint64_t rows = 0;
  std::uint64_t end = 0;
  while (reader.next(row)) {
    ++rows;
    require(row.range.size > 0 && row.range.offset >= end);
    end = row.range.offset + row.range.size;
    require(end <= size);
    require(row.fields.size() <= row_fields_max);
    for (const CsvField& field : row.fields) require(field.text.size() <= field_size_max);
  }
  return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("csv_fuzz." + std::to_string(::getpid()));
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    require(read_through(file, size) == read_through(file, size));
  } catch (const FileError&) {
  }
  std::filesystem::remove(file);
  return 0;
}
