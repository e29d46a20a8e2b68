// SPDX-License-Identifier: EUPL-1.2
#include "protocol/unix_time.h"

#include <gtest/gtest.h>

namespace bakhita {
namespace {

TEST(UnixTime, IsShownForEveryNumberThatAnotherNodeMaySay) {
  EXPECT_EQ("", time_text(0));
  EXPECT_EQ("2026-03-01T00:00:00Z", time_text(1'772'323'200));
  EXPECT_EQ("9999-12-31T23:59:59Z", time_text(253'402'300'799));
  EXPECT_EQ("9999-12-31T23:59:59Z", time_text(0xffffffffull * 3'600));
  EXPECT_EQ("9999-12-31T23:59:59Z", time_text(1ull << 62));
  EXPECT_EQ("9999-12-31T23:59:59Z", time_text(~0ull));
}

}  // namespace
}  // namespace bakhita
