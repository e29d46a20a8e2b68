// SPDX-License-Identifier: EUPL-1.2
#include "node/store/watermark.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
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

/// After a commit that failed nobody knows what is on disk: the node stops, and meanwhile shows
/// nothing and builds on nothing.
TEST_F(WatermarkTest, ADatabaseWhoseMarkCannotBeRaisedIsNeitherReadNorWrittenAnyMore) {
  // A pipe has no place to write at.
  const fs::path data = folder_ / "unmarked";
  ASSERT_EQ(::mkfifo((data.string() + ".written").c_str(), 0600), 0);
  // Never closed, as a failed database is not.
  static Database* const database = new Database(data, {});
  EXPECT_THROW(put(*database, "first"), StorageError);
  EXPECT_THROW(put(*database, "second"), StorageError);
  EXPECT_THROW(database->get(Table::meta, as_bytes("first")), StorageError);
  EXPECT_THROW(database->get_many(Table::meta, std::vector<Bytes>{to_bytes(as_bytes("first"))}),
               StorageError);
  EXPECT_THROW(database->scan(Table::meta, {}, {}, [](ByteView, ByteView) { return true; }),
               StorageError);
}

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
