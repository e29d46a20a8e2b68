// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "config/config.h"
#include "keys/keystore.h"
#include "node/cli/cli.h"

/// How offline commands come by a config and an open keystore.
namespace bakhita::cli {

/// The config that --config names. A mistake in it is CommandError with exit code 3.
config::Config load_config(const Context& context);

/// A passphrase from a file descriptor (up to the first line end), or from the terminal without
/// echo. `again` asks twice. Never from arguments or the environment.
keys::SecretBytes read_passphrase(const Context& context, std::optional<int> fd, bool again);

/// Opens the keystore by the config's key file, else by a passphrase.
keys::Keystore open_keystore(const Context& context, const config::Config& config,
                             std::optional<int> passphrase_fd);

}  // namespace bakhita::cli
