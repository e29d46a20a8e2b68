// SPDX-License-Identifier: EUPL-1.2
#include "tests/support/source_folder.h"

namespace bakhita::testing_support {

std::string in_source_folder(std::string_view below) {
  return BAKHITA_SOURCE_DIR "/" + std::string(below);
}

}  // namespace bakhita::testing_support
