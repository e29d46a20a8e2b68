// SPDX-License-Identifier: EUPL-1.2
#include "config/schema.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "config/config.h"
#include "tests/support/source_folder.h"

namespace bakhita::config {
namespace {

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(ConfigSchema, TheFileForEditorsIsWhatTheLoaderSays) {
  EXPECT_EQ(json_schema(), text_of(testing_support::in_source_folder("config/bakhita.schema.json")))
      << "write it anew: bakhita config schema > config/bakhita.schema.json";
}

TEST(ConfigSchema, EveryKeyAndSectionSaysWhatItIsFor) {
  for (const std::string& key : all_keys()) {
    EXPECT_NE("", help_of(key)) << key;
    for (std::size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1))
      EXPECT_NE("", help_of(key.substr(0, dot))) << key.substr(0, dot);
  }
  EXPECT_EQ("", help_of("cuontry"));
}

TEST(ConfigOrigins, ValuesInForceHaveTheLineThatSaysSo) {
  const Loaded loaded = load_with_origins(testing_support::in_source_folder("config/example.yaml"));
  std::map<std::string, Value> values;
  for (const Value& value : loaded.values) values.emplace(value.key, value);
  EXPECT_EQ(all_keys().size(), values.size());
  EXPECT_EQ(std::vector<std::string>{"FR"}, values.at("country").values);
  EXPECT_EQ(4, values.at("country").line);
  EXPECT_EQ(std::vector<std::string>{"256MiB"}, values.at("limits.block_cache").values);
  EXPECT_EQ(std::vector<std::string>{"1m"}, values.at("lookups.interval").values);
  EXPECT_EQ(0, values.at("limits.block_cache").line);
  EXPECT_TRUE(values.at("keystore.key_file").values.empty());
}

}  // namespace
}  // namespace bakhita::config
