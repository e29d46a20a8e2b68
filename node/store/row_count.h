// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/store/database.h"

namespace bakhita::store {

/// So many rows are counted one by one; of more there is an estimate, as a walk would take seconds.
inline constexpr std::uint64_t counted_rows_max = 10'000;

struct RowCount {
  std::uint64_t rows = 0;
  bool is_estimate = false;
};
RowCount count_rows(const Database& database, Table table);

}  // namespace bakhita::store
