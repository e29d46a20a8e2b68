// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>

#include "protocol/identifier/canonical.h"
#include "tests/support/source_folder.h"

namespace bakhita::testing_support {

/// The shipped tables, parsed once.
inline std::shared_ptr<const IdentifierTables> tables() {
  static const auto parsed = [] {
    TableTexts texts;
    for (const auto& entry : std::filesystem::directory_iterator(
             testing_support::in_source_folder("protocol/identifier/tables"))) {
      std::ifstream in(entry.path(), std::ios::binary);
      texts[entry.path().filename().string()] = {std::istreambuf_iterator<char>(in),
                                                 std::istreambuf_iterator<char>()};
    }
    return IdentifierTables::parse(texts);
  }();
  return parsed;
}

}  // namespace bakhita::testing_support
