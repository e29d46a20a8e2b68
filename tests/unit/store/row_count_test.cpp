// SPDX-License-Identifier: EUPL-1.2
#include "node/store/row_count.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "node/store/sealing.h"

namespace bakhita::store {
namespace {

namespace fs = std::filesystem;

TEST(RowCount, IsExactForFewRowsAndAnEstimateForMany) {
  const fs::path folder = fs::path(testing::TempDir()) / ("rows" + std::to_string(::getpid()));
  fs::create_directories(folder);
  {
    Database database(folder / "data", {});
    const auto write = [&](std::uint64_t from, std::uint64_t to) {
      Batch batch;
      for (std::uint64_t i = from; i < to; ++i)
        batch.put(Table::tokens, number_key(i), as_bytes("value"));
      database.commit(std::move(batch));
    };
    // Rows that are written again, and erased, count as what they are.
    for (int again = 0; again < 3; ++again) write(0, 100);
    Batch erased;
    erased.erase(Table::tokens, number_key(7));
    database.commit(std::move(erased));
    RowCount count = count_rows(database, Table::tokens);
    EXPECT_EQ(99u, count.rows);
    EXPECT_FALSE(count.is_estimate);
    write(0, counted_rows_max);
    count = count_rows(database, Table::tokens);
    EXPECT_EQ(counted_rows_max, count.rows);
    EXPECT_FALSE(count.is_estimate);
    write(counted_rows_max, counted_rows_max + 5'000);
    count = count_rows(database, Table::tokens);
    EXPECT_LT(counted_rows_max, count.rows);
    EXPECT_TRUE(count.is_estimate);
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace bakhita::store
