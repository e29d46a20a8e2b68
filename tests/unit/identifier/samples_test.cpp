// SPDX-License-Identifier: EUPL-1.2
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "tests/support/source_folder.h"
#include "tests/support/tables.h"

namespace bakhita {
namespace {

namespace json = boost::json;

std::string read(const std::string& file) {
  std::ifstream in(testing_support::in_source_folder("docs/samples/") + file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The samples quote no identifier with a comma but in quotes; enough of RFC 4180 for them.
std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> out{""};
  bool quoted = false;
  for (char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      out.emplace_back();
    else if (c != '\r')
      out.back() += c;
  }
  return out;
}

using Forms = std::map<std::string, std::set<std::string>>;  // type → canonical forms

struct Samples {
  std::map<std::string, Forms> by_report;
  std::set<std::string> refused;  // report type value
  int count = 0;
};

Samples load() {
  Samples out;
  for (const char* country : {"FR", "GB", "SE"}) {
    std::istringstream in(read(std::string(country) + "/identifiers.csv"));
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      const auto f = fields(line);
      ++out.count;
      const auto form = canonicalise(*testing_support::tables(),
                                     *identifier_type(std::string_view(f[1])), f[2], country);
      if (const auto* text = std::get_if<std::string>(&form))
        out.by_report[f[0]][f[1]].insert(*text);
      else
        out.refused.insert(f[0] + " " + f[1] + " " + f[2]);
    }
  }
  return out;
}

TEST(Samples, ExactlyTheInvalidOnesAreRefused) {
  const Samples samples = load();
  EXPECT_GT(samples.count, 2'000);
  std::set<std::string> expected;
  const json::value truth = json::parse(read("truth.json"));
  for (const auto& entry : truth.at("invalid").as_array())
    expected.insert(std::string(entry.at("report_id").as_string()) + " " +
                    std::string(entry.at("type").as_string()) + " " +
                    std::string(entry.at("value").as_string()));
  EXPECT_EQ(expected, samples.refused);
}

TEST(Samples, ReportsOfAMatchShareOneFormAndMatchesDiffer) {
  const Samples samples = load();
  const json::value truth = json::parse(read("truth.json"));
  std::set<std::string> used;
  for (const auto& match : truth.at("matches").as_array()) {
    const std::string type(match.at("type").as_string());
    std::set<std::string> common;
    bool first = true;
    for (const auto& [country, ids] : match.at("reports").as_object()) {
      for (const auto& id : ids.as_array()) {
        const auto& forms = samples.by_report.at(std::string(id.as_string())).at(type);
        std::set<std::string> kept;
        for (const auto& form : forms)
          if (first || common.contains(form)) kept.insert(form);
        common = kept;
        first = false;
      }
    }
    ASSERT_FALSE(common.empty()) << type << " " << match.at("canonical").as_string();
    for (const auto& form : common) used.insert(type + form);
  }
  EXPECT_GE(used.size(), truth.at("matches").as_array().size());
}

}  // namespace
}  // namespace bakhita
