// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/charter_rules.h"

#include <yaml-cpp/yaml.h>

#include <array>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "config/values.h"
#include "node/cli/cli.h"

namespace bakhita::cli {
namespace {

using admin::v1::CharterRules;

constexpr std::array<std::string_view, 5> tlp_names{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT",
                                                    "RED"};

/// Reads one file; every error names the place in it.
class Reader {
 public:
  explicit Reader(std::string what) : what_(std::move(what)) {}

  CharterRules read(const std::string& yaml) {
    YAML::Node document;
    try {
      document = YAML::Load(yaml);
    } catch (const YAML::Exception& problem) {
      fail(problem.mark, problem.msg);
    }
    CharterRules out;
    read_map(
        document,
        {{"purposes", [&](auto& node) { texts(node, *out.mutable_purposes()); }},
         {"highest_tlp", [&](auto& node) { out.set_highest_tlp(tlp(node)); }},
         {"retention_days",
          [&](auto& node) { out.set_retention_days(number<std::uint32_t>(node)); }},
         {"live_locks_per_origin",
          [&](auto& node) { out.set_live_locks_per_origin(number<std::uint64_t>(node)); }},
         {"identifier_types", [&](auto& node) { texts(node, *out.mutable_identifier_types()); }},
         {"subject_roles", [&](auto& node) { texts(node, *out.mutable_subject_roles()); }},
         {"quotas", [&](auto& node) { quotas(node, out); }},
         {"threshold", [&](auto& node) { out.set_threshold(number<std::uint32_t>(node)); }},
         {"legal_bases", [&](auto& node) { bases(node, out); }}});
    return out;
  }

 private:
  using Keys = std::map<std::string, std::function<void(const YAML::Node&)>>;

  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& problem,
                         const std::string& help = {}) const {
    throw CommandError(ExitCode::config_invalid,
                       what_ + ":" + std::to_string(mark.line + 1) + ":" +
                           std::to_string(mark.column + 1) + ": " + problem,
                       help);
  }
  void read_map(const YAML::Node& node, const Keys& keys) const {
    if (!node.IsMap()) fail(node.Mark(), "keys and values are expected here");
    std::set<std::string> seen;
    std::vector<std::string> names;
    for (const auto& [name, reader] : keys) names.push_back(name);
    for (const auto& entry : node) {
      const auto& key = entry.first.Scalar();
      const auto known = keys.find(key);
      if (known == keys.end()) {
        const std::string near = nearest_name(key, names);
        fail(entry.first.Mark(), "unknown key " + key,
             near.empty() ? "" : "did you mean " + near + "?");
      }
      if (!seen.insert(key).second) fail(entry.first.Mark(), "the key " + key + " stands twice");
      known->second(entry.second);
    }
  }
  std::string text(const YAML::Node& node) const {
    if (!node.IsScalar() || node.Scalar().empty()) fail(node.Mark(), "a value is expected here");
    return node.Scalar();
  }
  template <class List>
  void texts(const YAML::Node& node, List& out) const {
    if (!node.IsSequence()) fail(node.Mark(), "a list is expected here, as in [one, two]");
    for (const YAML::Node& value : node) out.Add(text(value));
  }
  template <class Number>
  Number number(const YAML::Node& node) const {
    const auto value = config::parse_number(text(node));
    if (!value || *value == 0 || *value > std::numeric_limits<Number>::max())
      fail(node.Mark(), "a number above 0 is expected here, not " + node.Scalar());
    return static_cast<Number>(*value);
  }
  std::uint32_t tlp(const YAML::Node& node) const {
    const std::uint32_t value = tlp_number(text(node));
    if (value == 0)
      fail(node.Mark(), node.Scalar() + " is no TLP", "CLEAR, GREEN, AMBER, AMBER+STRICT, RED");
    return value;
  }
  void quotas(const YAML::Node& node, CharterRules& out) const {
    Keys groups;
    for (const std::uint32_t group : {1u, 2u})
      groups["g" + std::to_string(group)] = [this, group, &out](const YAML::Node& quota) {
        auto* rule = out.add_quotas();
        rule->set_group(group);
        read_map(quota,
                 {{"per_day", [&](auto& n) { rule->set_per_day(number<std::uint64_t>(n)); }},
                  {"burst", [&](auto& n) { rule->set_burst(number<std::uint64_t>(n)); }},
                  {"per_epoch", [&](auto& n) { rule->set_per_epoch(number<std::uint64_t>(n)); }}});
        if (rule->per_day() == 0 || rule->burst() == 0 || rule->per_epoch() == 0)
          fail(quota.Mark(), "a quota needs per_day, burst and per_epoch");
      };
    read_map(node, groups);
  }
  void bases(const YAML::Node& node, CharterRules& out) const {
    if (!node.IsSequence()) fail(node.Mark(), "a list of legal bases is expected here");
    for (const YAML::Node& row : node) {
      auto* rule = out.add_bases();
      read_map(row, {{"from", [&](auto& n) { texts(n, *rule->mutable_from()); }},
                     {"to", [&](auto& n) { texts(n, *rule->mutable_to()); }},
                     {"basis", [&](auto& n) { rule->set_basis(text(n)); }},
                     {"purposes", [&](auto& n) { texts(n, *rule->mutable_purposes()); }},
                     {"review", [&](auto& n) { rule->set_review(text(n)); }}});
      if (rule->from().empty() || rule->to().empty() || rule->basis().empty())
        fail(row.Mark(), "a legal basis needs from, to and basis");
    }
  }

  std::string what_;
};

}  // namespace

CharterRules read_charter_rules(const std::string& yaml, const std::string& what) {
  return Reader(what).read(yaml);
}

std::uint32_t tlp_number(std::string_view name) {
  for (std::uint32_t i = 0; i < tlp_names.size(); ++i)
    if (tlp_names[i] == name) return i + 1;
  return 0;
}

std::string tlp_name(std::uint32_t number) {
  return number >= 1 && number <= tlp_names.size() ? "TLP:" + std::string(tlp_names[number - 1])
                                                   : "";
}

}  // namespace bakhita::cli
