// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/status.h"

#include <gmock/gmock.h>

#include <sstream>

#include "node/cli/terminal_text.h"

namespace bakhita::cli {
namespace {

admin::v1::Status large_status() {
  admin::v1::Status status;
  status.set_country("FR");
  status.set_node(std::string(64, 'a'));
  status.set_state("serving");
  status.set_started_at("2026-10-01T08:00:00Z");
  for (int i = 0; i < 60; ++i) {
    status.add_own_feeds()->set_community(std::string(32, 'c'));
    auto* peer = status.add_peers();
    peer->set_country("P" + std::to_string(i));
    peer->set_state("trusted");
    peer->set_last_error(
        "a very long sentence about what went wrong with this peer, again and again");
    auto* pair = status.add_pairs();
    pair->set_community("a community with a long name");
    pair->set_country("P" + std::to_string(i));
    pair->add_canaries()->set_state("found");
    status.add_warnings(
        "something is not as it should be, and this text is much longer than a line is");
  }
  return status;
}

TEST(Status, FitsEightyByTwentyFourWhateverItHolds) {
  std::ostringstream out;
  print_status(out, large_status(), 80, 24);
  std::istringstream lines(out.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    EXPECT_LE(display_width(line), 80u) << line;
  EXPECT_LE(count, 23) << "the prompt needs a line";
  EXPECT_THAT(out.str(), testing::HasSubstr("more peers"));
  EXPECT_THAT(out.str(), testing::HasSubstr("more pairs"));
}

TEST(Status, SaysOfEstimatesThatTheyAre) {
  admin::v1::Status status;
  status.set_identifiers(12'345);
  const auto shown = [&status] {
    std::ostringstream out;
    print_status(out, status, 0, 0);
    return out.str();
  };
  EXPECT_THAT(shown(), testing::HasSubstr("identifiers 12,345"));
  status.set_estimated(true);
  EXPECT_THAT(shown(), testing::HasSubstr("identifiers about 12,345"));
}

TEST(Status, ShowsOfAPairTheWorstOfItsCanaries) {
  admin::v1::Status status;
  auto* pair = status.add_pairs();
  pair->set_country("SE");
  pair->add_canaries()->set_state("found");
  auto* second = pair->add_canaries();
  second->set_state("absent");
  second->set_since("2026-03-02T00:00:00Z");
  const auto shown = [&status] {
    std::ostringstream out;
    print_status(out, status, 0, 0);
    return out.str();
  };
  EXPECT_THAT(shown(), testing::HasSubstr("absent"));
  EXPECT_THAT(shown(), testing::Not(testing::HasSubstr("LATE")));
  second->set_overdue(true);
  EXPECT_THAT(shown(), testing::HasSubstr("LATE: absent since 2026-03-02"));
}

TEST(Status, ShowsOfAPairWhenTheLastCanaryWasFoundAndWhichReceiptsAreLate) {
  admin::v1::Status status;
  auto* pair = status.add_pairs();
  for (const char* found : {"2026-03-02T00:00:00Z", "2026-02-03T00:00:00Z"})
    pair->add_canaries()->set_found_at(found);
  pair->set_asked_at("2026-03-04T00:00:00Z");
  pair->mutable_recalls()->set_waiting(3);
  pair->mutable_recalls()->set_overdue(2);
  std::ostringstream out;
  print_status(out, status, 0, 0);
  EXPECT_THAT(out.str(), testing::HasSubstr("2026-02-03"));
  EXPECT_THAT(out.str(), testing::Not(testing::HasSubstr("2026-03-02")));
  EXPECT_THAT(out.str(), testing::HasSubstr("2026-03-04"));
  EXPECT_THAT(out.str(), testing::HasSubstr("3 (2 late)"));
  pair->mutable_canaries(0)->clear_found_at();
  std::ostringstream never;
  print_status(never, status, 0, 0);
  EXPECT_THAT(never.str(), testing::Not(testing::HasSubstr("2026-02-03")));
}

TEST(Status, ShowsEverythingWhereThereIsNoScreen) {
  std::ostringstream out;
  print_status(out, large_status(), 0, 0);
  EXPECT_THAT(out.str(), testing::HasSubstr("P59"));
}

TEST(Status, TellsHealthByItsExitCode) {
  admin::v1::Status status;
  status.set_state("serving");
  EXPECT_EQ(health_of(status), ExitCode::ok);
  status.add_peers()->add_feeds()->set_state("frozen");
  EXPECT_EQ(health_of(status), ExitCode::degraded);
  status.set_state("recovery");
  EXPECT_EQ(health_of(status), ExitCode::unhealthy);
}

TEST(Status, ATrustedPeersOldFeedIsTroubleAndASuspendedOnesIsNot) {
  admin::v1::Status status;
  status.set_state("serving");
  auto* peer = status.add_peers();
  peer->set_state("suspended");
  peer->add_feeds()->set_state("withheld");
  EXPECT_EQ(health_of(status), ExitCode::ok);
  peer->set_state("trusted");
  EXPECT_EQ(health_of(status), ExitCode::unhealthy);
  peer->mutable_feeds(0)->set_state("stale");
  EXPECT_EQ(health_of(status), ExitCode::degraded);
}

}  // namespace
}  // namespace bakhita::cli
