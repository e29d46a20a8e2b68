// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/completion.h"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>

namespace bakhita::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Completion, OffersCommandsAndOptionsOfTheCommandReached) {
  CLI::App app("", "bakhita");
  app.add_flag("--json");
  CLI::App* peer = app.add_subcommand("peer");
  app.add_subcommand("publish");
  peer->add_subcommand("list");
  peer->add_subcommand("verify")->add_flag("--expect");
  EXPECT_THAT(completions(app, {"p"}), ElementsAre("peer", "publish"));
  EXPECT_THAT(completions(app, {"peer", ""}), ElementsAre("list", "verify"));
  EXPECT_THAT(completions(app, {"--json", "peer", "verify", "FR", "--e"}), ElementsAre("--expect"));
  EXPECT_THAT(completions(app, {"peer", "verify", "--j"}), ElementsAre("--json"));
  EXPECT_THAT(completions(app, {"nothing"}), IsEmpty());
}

}  // namespace
}  // namespace bakhita::cli
