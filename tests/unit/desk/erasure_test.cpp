// SPDX-License-Identifier: EUPL-1.2
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "node/desk/review.h"
#include "tests/support/federation.h"

namespace bakhita::desk {
namespace {

using testing_support::Federation;

TEST(ErasingReports, ReportsAreReadWhileOthersOfTheirBucketAreErased) {
  constexpr int count = 120, kept = 20;
  Federation federation({"FR", "GB"}, "erasure-read");
  testing_support::TestNode& fr = federation[0];
  for (int i = 0; i < count; ++i)
    fr.report(std::to_string(i), v1::IDENTIFIER_TYPE_PHONE, "+336123456" + std::to_string(100 + i));
  std::atomic<bool> done{false};
  std::atomic<int> read{0};
  std::atomic<bool> failed{false};
  const auto read_all = [&] {
    try {
      while (!done) {
        fr.desk->reports.for_each_row({},
                                      [](ByteView, const storage::v1::ReportRow&) { return true; });
        for (int i = 0; i < kept; ++i) {
          const auto head = fr.desk->reports.find(std::to_string(i));
          if (head && fr.desk->reports.load(head->number, head->version)) ++read;
        }
      }
    } catch (const std::exception& problem) {
      failed = true;
      ADD_FAILURE() << problem.what();
    }
  };
  std::thread first(read_all), second(read_all);
  for (int i = kept; i < count && !failed; ++i) {
    admin::v1::ReportErase request;
    request.set_id(std::to_string(i));
    EXPECT_TRUE(erase_report(*fr.desk, *fr.lookups, request)->complete());
  }
  done = true;
  first.join();
  second.join();
  EXPECT_GT(read, 0);
  for (int i = 0; i < kept; ++i) EXPECT_TRUE(fr.desk->reports.find(std::to_string(i))) << i;
}

}  // namespace
}  // namespace bakhita::desk
