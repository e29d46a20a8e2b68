// SPDX-License-Identifier: EUPL-1.2
#include "node/tables/load.h"

namespace bakhita {

std::shared_ptr<const IdentifierTables> load_identifier_tables(const std::filesystem::path& share) {
  return IdentifierTables::parse(read_table_texts(share / "tables"));
}

}  // namespace bakhita
