// SPDX-License-Identifier: EUPL-1.2
#include "node/store/row_count.h"

#include <algorithm>

namespace bakhita::store {

RowCount count_rows(const Database& database, Table table) {
  RowCount out;
  database.scan(table, {}, {}, [&](ByteView, ByteView) { return ++out.rows <= counted_rows_max; });
  if (out.rows <= counted_rows_max) return out;
  return {std::max(out.rows, database.approximate_count(table)), true};
}

}  // namespace bakhita::store
