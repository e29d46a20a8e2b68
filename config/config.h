// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// What the operator decides, checked. The file is YAML; `config/example.yaml` explains every key.
namespace bakhita::config {

/// All mistakes of a file, each as `file:line:column: message`, the source line and a caret.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Quota {
  std::uint64_t per_day = 0;    ///< elements
  std::uint64_t burst = 0;      ///< elements
  std::uint64_t per_epoch = 0;  ///< elements
};

struct Config {
  std::string country;  ///< ISO 3166-1 alpha-2, or a longer short name
  std::string authority;
  std::string desk;  ///< where peers ask; at most 24 bytes
  std::filesystem::path data_folder;
  std::filesystem::path keystore;
  std::filesystem::path key_file;  ///< empty: none
  std::string credential;          ///< name of a service-manager credential; empty: none
  std::filesystem::path admin_socket;
  std::filesystem::path tables_folder;  ///< empty: the installed ones
  std::vector<std::string> listen;      ///< host:port
  std::vector<std::string> advertise;   ///< host:port, goes into the card
  std::chrono::seconds dial_interval{5};
  std::chrono::seconds lookup_interval{60};
  std::uint32_t peer_approvals = 1;    ///< persons that a peer's verification needs: 1 or 2
  std::uint32_t approvals = 1;         ///< persons that a publication needs: 1 or 2
  std::uint32_t retention_days = 365;  ///< life of a lock
  std::uint32_t recovery_peers = 1;    ///< answers that recovery needs
  Quota g1{1'024, 2'048, 250'000};
  Quota g2{4'096, 16'384, 1'000'000};
  std::uint32_t all_peers = 10;  ///< all peers of a community together may ask so many times that
  std::uint64_t onboarding_g1 = 20'000;
  std::uint64_t onboarding_g2 = 200'000;
  std::string log_level = "info";
  std::string log_format = "text";
  std::uint64_t block_cache_bytes = 256ull << 20;
  std::uint64_t write_buffer_bytes = 64ull << 20;
  std::uint64_t free_space_min_bytes = 256ull << 20;  ///< below, nothing new is taken in
};

/// A key's values in force, and the line that says so; 0: the default.
struct Value {
  std::string key;
  std::vector<std::string> values;
  int line = 0;
};
struct Loaded {
  Config config;
  std::vector<Value> values;  ///< of every key, in order
};

/// Reads and checks a file; relative paths are relative to it. Throws ConfigError.
Config load(const std::filesystem::path& file);
/// The same for text; `name` stands in messages.
Config parse(std::string_view text, const std::string& name, const std::filesystem::path& folder);

/// The same, with the origin of each value.
Loaded load_with_origins(const std::filesystem::path& file);

/// Every key, dotted, as the schema and the example must have it.
std::vector<std::string> all_keys();

}  // namespace bakhita::config
