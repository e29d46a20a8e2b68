// SPDX-License-Identifier: EUPL-1.2
#include "node/tables/load.h"

#include <gmock/gmock.h>

#include <fstream>

namespace bakhita {
namespace {

namespace fs = std::filesystem;

class TableFolder : public testing::Test {
 protected:
  TableFolder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("tables_") + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "codes");
  }
  ~TableFolder() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  fs::path folder_;
};

TEST_F(TableFolder, GivesTheTextsOfItsTablesByName) {
  write("a.tsv", "one\ttwo\n");
  write("notes.md", "no table");
  write("codes/b.tsv", "code\n");
  EXPECT_THAT(read_table_texts(folder_),
              testing::ElementsAre(testing::Pair("a.tsv", "one\ttwo\n")));
  EXPECT_THAT(read_code_lists(folder_), testing::ElementsAre(testing::Pair("b.tsv", "code\n")));
}

TEST_F(TableFolder, IsNamedWhenItIsMissingOrEmpty) {
  EXPECT_THROW(read_table_texts(folder_), std::runtime_error);
  EXPECT_THROW(read_table_texts(folder_ / "none"), std::runtime_error);
}

TEST_F(TableFolder, MayNotHoldATableOfAnySize) {
  write("a.tsv", "x");
  fs::resize_file(folder_ / "a.tsv", 17u << 20);
  EXPECT_THROW(read_table_texts(folder_), std::runtime_error);
}

}  // namespace
}  // namespace bakhita
