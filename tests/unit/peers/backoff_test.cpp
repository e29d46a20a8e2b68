// SPDX-License-Identifier: EUPL-1.2
#include "node/peers/backoff.h"

#include <gtest/gtest.h>

#include "node/peers/address.h"

namespace bakhita::peers {
namespace {

using session::Time;

TEST(Backoff, DoublesUpToItsLongestWait) {
  Backoff backoff(Time{100}, Time{500}, [] { return 0.0; });
  EXPECT_EQ(backoff.next(), Time{100});
  EXPECT_EQ(backoff.next(), Time{200});
  EXPECT_EQ(backoff.next(), Time{400});
  EXPECT_EQ(backoff.next(), Time{500});
  EXPECT_EQ(backoff.next(), Time{500});
  backoff.reset();
  EXPECT_EQ(backoff.next(), Time{100});
}

TEST(Backoff, CutsAWaitByAtMostAHalf) {
  Backoff backoff(Time{1'000}, Time{1'000}, [] { return 0.999; });
  EXPECT_GE(backoff.next(), Time{500});
  EXPECT_LE(backoff.next(), Time{501});
}

TEST(Address, TakesNamesAndBothKindsOfNumbers) {
  const auto parsed = [](std::string_view text) {
    const auto found = parse_host_port(text);
    return found ? found->host + "|" + found->port : "";
  };
  EXPECT_EQ(parsed("node.example:7070"), "node.example|7070");
  EXPECT_EQ(parsed("127.0.0.1:0"), "127.0.0.1|0");
  EXPECT_EQ(parsed("[::1]:7070"), "::1|7070");
}

TEST(Address, RefusesTheRest) {
  for (const char* text : {"", ":", "host", ":7070", "host:", "host:x", "host:70 ", "host:65536",
                           "host:-1", "::1:7070", "host:7070x"})
    EXPECT_FALSE(parse_host_port(text)) << text;
}

}  // namespace
}  // namespace bakhita::peers
