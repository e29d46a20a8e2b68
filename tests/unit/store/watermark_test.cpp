// SPDX-License-Identifier: EUPL-1.2
#include "node/store/watermark.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "node/store/database.h"

namespace bakhita::store {
namespace {

namespace fs = std::filesystem;

class WatermarkTest : public testing::Test {
 protected:
  fs::path folder_ = fs::path(testing::TempDir()) / ("watermark" + std::to_string(::getpid()));
  fs::path data_ = folder_ / "data";

  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  static void put(Database& database, const std::string& key) {
    Batch batch;
    batch.put(Table::meta, as_bytes(key), as_bytes("value"));
    database.commit(std::move(batch));
  }
  bool is_behind() { return Database(data_, {}).is_behind_watermark(); }
};

TEST_F(WatermarkTest, KeepsTheHighestNumber) {
  {
    Watermark mark(folder_ / "mark");
    EXPECT_EQ(mark.at_start(), 0U);
    mark.raise(7);
    mark.raise(5);
  }
  EXPECT_EQ(Watermark(folder_ / "mark").at_start(), 7U);
}

TEST_F(WatermarkTest, OfADamagedFileIsNone) {
  Watermark(folder_ / "mark").raise(7);
  std::fstream(folder_ / "mark", std::ios::in | std::ios::out | std::ios::binary).write("x", 1);
  EXPECT_EQ(Watermark(folder_ / "mark").at_start(), 0U);
}

TEST_F(WatermarkTest, ASoundDatabaseIsNotBehind) {
  for (int start = 0; start < 3; ++start) {
    Database database(data_, {});
    EXPECT_FALSE(database.is_behind_watermark());
    put(database, "a" + std::to_string(start));
  }
  EXPECT_FALSE(is_behind());
}

TEST_F(WatermarkTest, AnOldCopyIsBehind) {
  {
    Database database(data_, {});
    put(database, "a");
  }
  fs::copy(data_, folder_ / "copy", fs::copy_options::recursive);
  {
    Database database(data_, {});
    put(database, "b");
  }
  fs::remove_all(data_);
  fs::rename(folder_ / "copy", data_);
  fs::permissions(data_, fs::perms::owner_all);
  EXPECT_TRUE(is_behind());
  EXPECT_TRUE(is_behind()) << "also when it is opened again";
}

TEST_F(WatermarkTest, AFolderWhoseDatabaseIsGoneIsNotBegunAnew) {
  {
    Database database(data_, {});
    put(database, "a");
  }
  {
    Database database(data_, {});
    put(database, "b");
  }
  fs::remove(data_ / "CURRENT");
  EXPECT_THROW(Database(data_, {}), StorageError);
}

}  // namespace
}  // namespace bakhita::store
