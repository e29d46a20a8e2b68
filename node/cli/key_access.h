// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "config/config.h"
#include "keys/keystore.h"
#include "node/cli/cli.h"

namespace CLI {
class App;
}

/// How offline commands come by a config and an open keystore.
namespace bakhita::cli {

/// The ways to open a keystore that a command line may name; at most one.
struct KeyOptions {
  std::optional<int> passphrase_fd;
  bool ask_passphrase = false;
  std::filesystem::path key_file;
  std::filesystem::path recovery_key;
};

/// `--passphrase-fd`, `--ask-passphrase`, `--key-file`, `--recovery-key`; each excludes the others.
void add_key_options(CLI::App& command, KeyOptions& options);

/// The config that --config names. A mistake in it is CommandError with exit code 3.
config::Config load_config(const Context& context);

/// A passphrase from a file descriptor (up to the first line end), or from the terminal without
/// echo. `again`: it is a new one, asked twice on a terminal; `instead` is what to add to the
/// command where there is none. Never from arguments or the environment.
keys::SecretBytes read_passphrase(const Context& context, std::optional<int> fd, bool again,
                                  const char* instead);

/// The key file; made (0600, 32 random bytes in hex) when it is missing.
keys::Credential make_key_file(const std::filesystem::path& file);

/// Opens the keystore by what the options name; else by the config's key file, else by the service
/// manager's credential that the config names, else by a passphrase from the terminal.
keys::Keystore open_keystore(const Context& context, const config::Config& config,
                             const KeyOptions& options);

}  // namespace bakhita::cli
