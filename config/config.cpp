// SPDX-License-Identifier: EUPL-1.2
#include "config/config.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "config/values.h"

namespace bakhita::config {
namespace {

constexpr std::size_t file_size_max = 1 << 20;
constexpr int depth_max = 3;

struct Place {
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1
};

struct Scalar {
  std::string text;
  Place place;
};

/// Gathers every mistake with its place, so that one look at the file mends all.
class Problems {
 public:
  Problems(std::string name, std::string_view text) : name_(std::move(name)) {
    std::string line;
    std::istringstream in{std::string(text)};
    while (std::getline(in, line)) lines_.push_back(line);
  }
  void add(Place place, const std::string& message) {
    std::ostringstream out;
    out << name_ << ":" << place.line << ":" << place.column << ": " << message << "\n";
    if (place.line >= 1 && static_cast<std::size_t>(place.line) <= lines_.size()) {
      out << "  " << lines_[static_cast<std::size_t>(place.line) - 1].substr(0, 160) << "\n  ";
      out << std::string(static_cast<std::size_t>(std::min(place.column, 160) - 1), ' ') << "^\n";
    }
    found_.emplace(std::pair(place.line, place.column), out.str());
  }
  void refuse_if_any() const {
    if (found_.empty()) return;
    std::string all;
    for (const auto& [place, message] : found_) all += message;
    all.pop_back();
    throw ConfigError(all);
  }

 private:
  std::string name_;
  std::vector<std::string> lines_;
  std::multimap<std::pair<int, int>, std::string> found_;
};

/// Flattens the document to dotted keys. yaml-cpp keeps duplicate keys and further documents
/// silently; its events show both.
class Flatten : public YAML::EventHandler {
 public:
  explicit Flatten(Problems& problems) : problems_(problems) {}
  std::map<std::string, std::vector<Scalar>> values;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { scalar(mark, ""); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    problems_.add(place(mark), "aliases are not allowed here");
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    scalar(mark, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    if (levels_.empty() || in_sequence_ || expects_key())
      problems_.add(place(mark), "a list is not allowed here");
    in_sequence_ = true;
    if (!levels_.empty()) values[path()];
  }
  void OnSequenceEnd() override {
    in_sequence_ = false;
    if (!levels_.empty()) levels_.back().key.reset();
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    if (in_sequence_ || levels_.size() >= depth_max) problems_.add(place(mark), "nested too deep");
    levels_.emplace_back();
  }
  void OnMapEnd() override {
    levels_.pop_back();
    if (!levels_.empty()) levels_.back().key.reset();
  }

 private:
  struct Level {
    std::set<std::string> seen;
    std::optional<std::string> key;
  };
  static Place place(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }
  bool expects_key() const { return !levels_.empty() && !levels_.back().key; }
  std::string path() const {
    std::string out;
    for (const Level& level : levels_)
      if (level.key) out += (out.empty() ? "" : ".") + *level.key;
    return out;
  }
  void scalar(const YAML::Mark& mark, const std::string& value) {
    if (levels_.empty()) return problems_.add(place(mark), "expected `key: value` lines");
    if (!in_sequence_ && expects_key()) {
      if (!levels_.back().seen.insert(value).second)
        problems_.add(place(mark), "the key " + value + " stands here twice");
      levels_.back().key = value;
      return;
    }
    values[path()].push_back({value, place(mark)});
    key_places_.emplace(path(), place(mark));
    if (!in_sequence_) levels_.back().key.reset();
  }

  Problems& problems_;
  std::vector<Level> levels_;
  bool in_sequence_ = false;
  std::map<std::string, Place> key_places_;
};

/// What a key takes: returns what was expected when the value is not that.
using Setter = std::function<std::string(Config&, const std::string&)>;
struct Key {
  Setter set;
  bool required = false;
  bool list = false;
};

Key text_key(std::string Config::*field, std::size_t size_max, bool required) {
  return {[=](Config& config, const std::string& text) -> std::string {
            if (text.empty() || text.size() > size_max)
              return "a text of 1 to " + std::to_string(size_max) + " bytes";
            config.*field = text;
            return {};
          },
          required};
}

Key path_key(std::filesystem::path Config::*field, bool required) {
  return {[=](Config& config, const std::string& text) -> std::string {
            if (text.empty()) return "a path";
            config.*field = text;
            return {};
          },
          required};
}

Key choice_key(std::string Config::*field, std::vector<std::string> choices) {
  return {[=](Config& config, const std::string& text) -> std::string {
    for (const std::string& choice : choices)
      if (choice == text) {
        config.*field = text;
        return {};
      }
    std::string all;
    for (const std::string& choice : choices) all += (all.empty() ? "one of " : ", ") + choice;
    const std::string near = nearest(text, choices);
    return all + (near.empty() ? "" : " (did you mean " + near + "?)");
  }};
}

Key duration_key(std::chrono::seconds Config::*field) {
  return {[=](Config& config, const std::string& text) -> std::string {
    const auto value = parse_duration(text);
    if (!value || value->count() == 0) return "a duration such as 30s, 5m, 12h or 7d";
    config.*field = *value;
    return {};
  }};
}

Key size_key(std::uint64_t Config::*field) {
  return {[=](Config& config, const std::string& text) -> std::string {
    const auto value = parse_size(text);
    if (!value || *value == 0) return "a size such as 64MiB or 1GiB";
    config.*field = *value;
    return {};
  }};
}

template <class Integer, class Access>
Key number_key(Access access, Integer least, Integer most) {
  return {[=](Config& config, const std::string& text) -> std::string {
    const auto value = parse_number(text);
    if (!value || *value < least || *value > most)
      return "a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
             ", without leading zeros";
    access(config) = static_cast<Integer>(*value);
    return {};
  }};
}

Key addresses_key(std::vector<std::string> Config::*field, bool required) {
  return {[=](Config& config, const std::string& text) -> std::string {
            if (!is_address(text)) return "an address as host:port";
            (config.*field).push_back(text);
            return {};
          },
          required, true};
}

Key quota_key(Quota Config::*quota, std::uint64_t Quota::*part) {
  return number_key<std::uint64_t>(
      [=](Config& config) -> std::uint64_t& { return config.*quota.*part; }, std::uint64_t{1},
      std::uint64_t{1'000'000'000});
}

std::string country_problem(Config& config, const std::string& text) {
  bool ok = text.size() >= 2 && text.size() <= 16;
  for (char c : text) ok = ok && c >= 'A' && c <= 'Z';
  if (!ok) return "a country code in capitals, such as FR";
  config.country = text;
  return {};
}

const std::map<std::string, Key>& keys() {
  static const std::map<std::string, Key> table{
      {"country", {country_problem, true}},
      {"authority", text_key(&Config::authority, 200, true)},
      {"desk", text_key(&Config::desk, 24, false)},
      {"data_folder", path_key(&Config::data_folder, true)},
      {"keystore.file", path_key(&Config::keystore, true)},
      {"keystore.key_file", path_key(&Config::key_file, false)},
      {"keystore.credential", text_key(&Config::credential, 64, false)},
      {"admin_socket", path_key(&Config::admin_socket, true)},
      {"tables_folder", path_key(&Config::tables_folder, false)},
      {"network.listen", addresses_key(&Config::listen, true)},
      {"network.advertise", addresses_key(&Config::advertise, true)},
      {"network.dial_interval", duration_key(&Config::dial_interval)},
      {"lookups.interval", duration_key(&Config::lookup_interval)},
      {"publishing.approvals",
       number_key<std::uint32_t>([](Config& config) -> std::uint32_t& { return config.approvals; },
                                 1u, 2u)},
      {"publishing.retention_days",
       number_key<std::uint32_t>(
           [](Config& config) -> std::uint32_t& { return config.retention_days; }, 1u, 3'650u)},
      {"quotas.g1.per_day", quota_key(&Config::g1, &Quota::per_day)},
      {"quotas.g1.burst", quota_key(&Config::g1, &Quota::burst)},
      {"quotas.g1.per_epoch", quota_key(&Config::g1, &Quota::per_epoch)},
      {"quotas.g2.per_day", quota_key(&Config::g2, &Quota::per_day)},
      {"quotas.g2.burst", quota_key(&Config::g2, &Quota::burst)},
      {"quotas.g2.per_epoch", quota_key(&Config::g2, &Quota::per_epoch)},
      {"quotas.onboarding.g1",
       number_key<std::uint64_t>(
           [](Config& config) -> std::uint64_t& { return config.onboarding_g1; }, std::uint64_t{0},
           std::uint64_t{1'000'000'000})},
      {"quotas.onboarding.g2",
       number_key<std::uint64_t>(
           [](Config& config) -> std::uint64_t& { return config.onboarding_g2; }, std::uint64_t{0},
           std::uint64_t{1'000'000'000})},
      {"logging.level", choice_key(&Config::log_level, {"debug", "info", "warning", "error"})},
      {"logging.format", choice_key(&Config::log_format, {"text", "json"})},
      {"limits.block_cache", size_key(&Config::block_cache_bytes)},
      {"limits.write_buffer", size_key(&Config::write_buffer_bytes)},
  };
  return table;
}

void read_events(std::string_view text, Flatten& flat, Problems& problems) {
  std::istringstream in{std::string(text)};
  YAML::Parser parser(in);
  try {
    parser.HandleNextDocument(flat);
    Flatten further(problems);
    if (parser.HandleNextDocument(further))
      problems.add({1, 1}, "the file holds more than one document");
  } catch (const YAML::Exception& problem) {
    problems.add({problem.mark.line + 1, problem.mark.column + 1}, problem.msg);
  }
}

void refuse_tabs(std::string_view text, Problems& problems) {
  int line = 1, column = 1;
  for (char c : text) {
    if (c == '\t') problems.add({line, column}, "a tab; YAML is indented with spaces");
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n';
  }
}

void apply(const Flatten& flat, Config& config, Problems& problems) {
  for (const auto& [name, scalars] : flat.values) {
    const auto key = keys().find(name);
    if (key == keys().end()) {
      const std::string near = nearest(name, all_keys());
      for (const Scalar& scalar : scalars)
        problems.add({scalar.place.line, 1},
                     "unknown key " + name + (near.empty() ? "" : "; did you mean " + near + "?"));
      continue;
    }
    if (!key->second.list && scalars.size() > 1)
      problems.add(scalars[1].place, name + " takes one value, not a list");
    for (const Scalar& scalar : scalars)
      if (const std::string expected = key->second.set(config, scalar.text); !expected.empty())
        problems.add(scalar.place, name + ": expected " + expected + "; found \"" +
                                       scalar.text.substr(0, 60) + "\"");
  }
  for (const auto& [name, key] : keys())
    if (key.required && !flat.values.contains(name))
      problems.add({1, 1}, "the key " + name + " is missing");
}

}  // namespace

Config parse(std::string_view text, const std::string& name, const std::filesystem::path& folder) {
  Problems problems(name, text);
  if (text.size() > file_size_max) problems.add({1, 1}, "the file is over 1 MiB");
  refuse_tabs(text, problems);
  problems.refuse_if_any();
  Flatten flat(problems);
  read_events(text, flat, problems);
  Config config;
  apply(flat, config, problems);
  problems.refuse_if_any();
  for (auto* path : {&config.data_folder, &config.keystore, &config.key_file, &config.admin_socket,
                     &config.tables_folder})
    if (!path->empty() && path->is_relative()) *path = folder / *path;
  if (config.desk.empty()) config.desk = config.country;
  return config;
}

Config load(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw ConfigError(file.string() + ":1:1: cannot be opened");
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return parse(text, file.string(), std::filesystem::absolute(file).parent_path());
}

std::vector<std::string> all_keys() {
  std::vector<std::string> out;
  for (const auto& [name, key] : keys()) out.push_back(name);
  return out;
}

}  // namespace bakhita::config
