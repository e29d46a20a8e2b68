// SPDX-License-Identifier: EUPL-1.2
#include "config/config.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>

#include "config/document.h"
#include "config/schema.h"
#include "config/values.h"
#include "protocol/nearest_name.h"

namespace bakhita::config {
namespace {

constexpr std::size_t file_size_max = 1 << 20;

/// What a key takes: sets it, or returns what was expected when the value is not that.
using Setter = std::function<std::string(Config&, const std::string&)>;
/// The values that are in force.
using Show = std::function<std::vector<std::string>(const Config&)>;
struct Key {
  Setter set;
  Show show;
  std::string schema;  ///< of one value, JSON Schema 2020-12
  bool required = false;
  bool list = false;
};

std::vector<std::string> one(const std::string& text) {
  return text.empty() ? std::vector<std::string>() : std::vector{text};
}

Key text_key(std::string Config::*field, std::size_t size_max, bool required) {
  return {[=](Config& config, const std::string& text) -> std::string {
            if (text.empty() || text.size() > size_max)
              return "a text of 1 to " + std::to_string(size_max) + " bytes";
            config.*field = text;
            return {};
          },
          [=](const Config& config) { return one(config.*field); },
          R"("type": "string", "minLength": 1, "maxLength": )" + std::to_string(size_max),
          required};
}

Key path_key(std::filesystem::path Config::*field, bool required) {
  return {[=](Config& config, const std::string& text) -> std::string {
            if (text.empty()) return "a path";
            config.*field = text;
            return {};
          },
          [=](const Config& config) { return one((config.*field).string()); },
          R"("type": "string", "minLength": 1)", required};
}

Key choice_key(std::string Config::*field, std::vector<std::string> choices) {
  std::string quoted;
  for (const std::string& choice : choices)
    quoted += (quoted.empty() ? "\"" : ", \"") + choice + "\"";
  return {[=](Config& config, const std::string& text) -> std::string {
            for (const std::string& choice : choices)
              if (choice == text) {
                config.*field = text;
                return {};
              }
            std::string all;
            for (const std::string& choice : choices)
              all += (all.empty() ? "one of " : ", ") + choice;
            const std::string near = nearest_name(text, choices);
            return all + (near.empty() ? "" : " (did you mean " + near + "?)");
          },
          [=](const Config& config) { return one(config.*field); }, "\"enum\": [" + quoted + "]"};
}

Key duration_key(std::chrono::seconds Config::*field) {
  return {[=](Config& config, const std::string& text) -> std::string {
            const auto value = parse_duration(text);
            if (!value || value->count() == 0) return "a duration such as 30s, 5m, 12h or 7d";
            config.*field = *value;
            return {};
          },
          [=](const Config& config) { return one(duration_text(config.*field)); },
          R"("type": "string", "pattern": "^[1-9][0-9]{0,6}[smhd]$")"};
}

Key size_key(std::uint64_t Config::*field) {
  return {[=](Config& config, const std::string& text) -> std::string {
            const auto value = parse_size(text);
            if (!value || *value == 0) return "a size such as 64MiB or 1GiB";
            config.*field = *value;
            return {};
          },
          [=](const Config& config) { return one(size_text(config.*field)); },
          R"("type": "string", "pattern": "^[1-9][0-9]{0,6}[KMG]iB$")"};
}

template <class Integer, class Access>
Key number_key(Access access, Integer least, Integer most) {
  return {[=](Config& config, const std::string& text) -> std::string {
            const auto value = parse_number(text);
            if (!value || *value < least || *value > most)
              return "a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most) + ", without leading zeros";
            access(config) = static_cast<Integer>(*value);
            return {};
          },
          [=](Config config) { return one(std::to_string(access(config))); },
          R"("type": "integer", "minimum": )" + std::to_string(least) + R"(, "maximum": )" +
              std::to_string(most)};
}

Key addresses_key(std::vector<std::string> Config::*field, bool required) {
  return {[=](Config& config, const std::string& text) -> std::string {
            if (!is_address(text)) return "an address as host:port";
            (config.*field).push_back(text);
            return {};
          },
          [=](const Config& config) { return config.*field; },
          R"("type": "string", "maxLength": 255, "pattern": "^([^:]+|\\[[^\\]]*\\]):[0-9]{1,5}$")",
          required, true};
}

Key quota_key(Quota Config::*quota, std::uint64_t Quota::*part) {
  return number_key<std::uint64_t>(
      [=](Config& config) -> std::uint64_t& { return config.*quota.*part; }, std::uint64_t{1},
      std::uint64_t{1'000'000'000});
}

std::string set_country(Config& config, const std::string& text) {
  bool ok = text.size() >= 2 && text.size() <= 16;
  for (char c : text) ok = ok && c >= 'A' && c <= 'Z';
  if (!ok) return "a country code in capitals, such as FR";
  config.country = text;
  return {};
}

Key country_key() {
  return {set_country, [](const Config& config) { return one(config.country); },
          R"("type": "string", "pattern": "^[A-Z]{2,16}$")", true};
}

const std::map<std::string, Key>& keys() {
  static const std::map<std::string, Key> table{
      {"country", country_key()},
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
      {"peers.approvals",
       number_key<std::uint32_t>(
           [](Config& config) -> std::uint32_t& { return config.peer_approvals; }, 1u, 2u)},
      {"publishing.approvals",
       number_key<std::uint32_t>([](Config& config) -> std::uint32_t& { return config.approvals; },
                                 1u, 2u)},
      {"recovery.peers",
       number_key<std::uint32_t>(
           [](Config& config) -> std::uint32_t& { return config.recovery_peers; }, 1u, 500u)},
      {"publishing.retention_days",
       number_key<std::uint32_t>(
           [](Config& config) -> std::uint32_t& { return config.retention_days; }, 1u, 3'650u)},
      {"quotas.g1.per_day", quota_key(&Config::g1, &Quota::per_day)},
      {"quotas.g1.burst", quota_key(&Config::g1, &Quota::burst)},
      {"quotas.g1.per_epoch", quota_key(&Config::g1, &Quota::per_epoch)},
      {"quotas.g2.per_day", quota_key(&Config::g2, &Quota::per_day)},
      {"quotas.g2.burst", quota_key(&Config::g2, &Quota::burst)},
      {"quotas.g2.per_epoch", quota_key(&Config::g2, &Quota::per_epoch)},
      {"quotas.all_peers",
       number_key<std::uint32_t>([](Config& config) -> std::uint32_t& { return config.all_peers; },
                                 1u, 1'000u)},
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
      {"limits.free_space_min", size_key(&Config::free_space_min_bytes)},
  };
  return table;
}

void apply(const Document& document, Config& config, Problems& problems) {
  for (const auto& [name, scalars] : document) {
    const auto key = keys().find(name);
    if (key == keys().end()) {
      const std::string near = nearest_name(name, all_keys());
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
    if (key.required && !document.contains(name))
      problems.add({1, 1}, "the key " + name + " is missing");
}

}  // namespace

Loaded parse_with_origins(std::string_view text, const std::string& name,
                          const std::filesystem::path& folder) {
  Problems problems(name, text);
  if (text.size() > file_size_max) problems.add({1, 1}, "the file is over 1 MiB");
  const Document document = read_document(text, problems);
  Loaded out;
  Config& config = out.config;
  apply(document, config, problems);
  problems.refuse_if_any();
  for (auto* path : {&config.data_folder, &config.keystore, &config.key_file, &config.admin_socket,
                     &config.tables_folder})
    if (!path->empty() && path->is_relative()) *path = folder / *path;
  if (config.desk.empty()) config.desk = config.country;
  for (const auto& [key, how] : keys()) {
    const auto written = document.find(key);
    const bool stands = written != document.end() && !written->second.empty();
    out.values.push_back({key, how.show(config), stands ? written->second[0].place.line : 0});
  }
  return out;
}

Config parse(std::string_view text, const std::string& name, const std::filesystem::path& folder) {
  return parse_with_origins(text, name, folder).config;
}

Loaded load_with_origins(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw ConfigError(file.string() + ": cannot be opened: " + std::strerror(errno) +
                      "; --config FILE names another, `bakhita init DIR` makes one");
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return parse_with_origins(text, file.string(), std::filesystem::absolute(file).parent_path());
}

Config load(const std::filesystem::path& file) { return load_with_origins(file).config; }

std::vector<std::string> all_keys() {
  std::vector<std::string> out;
  for (const auto& [name, key] : keys()) out.push_back(name);
  return out;
}

KeySchema schema_of(const std::string& name) {
  const Key& key = keys().at(name);
  return {key.schema, key.required, key.list};
}

}  // namespace bakhita::config
