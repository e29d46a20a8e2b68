// SPDX-License-Identifier: EUPL-1.2
#include "config/config.h"
#include "tests/support/source_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace bakhita::config {
namespace {

constexpr std::string_view sound = R"(country: FR
authority: "A"
data_folder: data
keystore:
  file: keystore
admin_socket: admin.sock
network:
  listen: ["127.0.0.1:0"]
  advertise: ["127.0.0.1:0"]
)";

std::string problem(const std::string& text) {
  try {
    parse(text, "node.yaml", "/x");
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(Config, TheExampleLoadsAndNamesEveryKey) {
  EXPECT_EQ("FR", load(testing_support::in_source_folder("config/example.yaml")).country);
  std::ifstream in(testing_support::in_source_folder("config/example.yaml"));
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (const std::string& key : all_keys())
    EXPECT_NE(std::string::npos, text.find(key.substr(key.rfind('.') + 1) + ":")) << key;
}

TEST(Config, RelativePathsAreRelativeToTheFile) {
  EXPECT_EQ("/x/data", parse(sound, "node.yaml", "/x").data_folder);
}

struct Mistake {
  const char* added;
  const char* message;
};

TEST(Config, EveryMistakeIsNamedWithItsPlace) {
  for (const Mistake& mistake :
       {Mistake{"cuontry: GB\n", "node.yaml:10:1: unknown key cuontry; did you mean country?"},
        {"country: GB\n", "node.yaml:10:1: the key country stands here twice"},
        {"logging:\n\tlevel: info\n", "node.yaml:11:1: a tab"},
        {"limits:\n  block_cache: 64MB\n", "node.yaml:11:16: limits.block_cache: expected a size"},
        {"publishing:\n  approvals: 02\n",
         "node.yaml:11:14: publishing.approvals: expected a whole number"},
        {"network2:\n  - a\n", "node.yaml:11:1: unknown key network2"},
        {"---\ncountry: GB\n", "more than one document"},
        {"logging:\n  level: inof\n", "did you mean info?"}})
    EXPECT_NE(std::string::npos, problem(std::string(sound) + mistake.added).find(mistake.message))
        << mistake.added << "gave:\n"
        << problem(std::string(sound) + mistake.added);
}

TEST(Config, AllMistakesAreNamedAtOnce) {
  const std::string all = problem(std::string(sound) + "one: 1\ntwo: 2\n");
  EXPECT_NE(std::string::npos, all.find("unknown key one"));
  EXPECT_NE(std::string::npos, all.find("unknown key two"));
}

}  // namespace
}  // namespace bakhita::config
