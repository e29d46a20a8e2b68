// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/tables.h"
#include "tests/support/source_folder.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace bakhita::simulation {
namespace {

TableTexts read_folder(const std::filesystem::path& folder) {
  TableTexts texts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    texts[entry.path().filename().string()] = {std::istreambuf_iterator<char>(in),
                                               std::istreambuf_iterator<char>()};
  }
  return texts;
}

}  // namespace

const CodeLists& codes() {
  static const CodeLists parsed =
      CodeLists::parse(read_folder(testing_support::in_source_folder("protocol/codes/tables")));
  return parsed;
}

std::shared_ptr<const IdentifierTables> identifier_tables() {
  static const auto parsed = IdentifierTables::parse(
      read_folder(testing_support::in_source_folder("protocol/identifier/tables")));
  return parsed;
}

}  // namespace bakhita::simulation
