// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "keys/keystore.h"

/// New keys in place of old ones, and what stays of the old ones.
namespace bakhita::keys {

/// A log key that signed once. Its secret is destroyed; old checkpoints still verify by it.
struct FormerLogKey {
  ByteArray<32> key{};
  std::uint64_t until = 0;  ///< Unix seconds of its rotation
};

/// Replaces `name::tls`, `log`, `encryption` or `intake` in one durable write. Of encryption and
/// intake the old secret stays, to open what was sealed to it; of log the public half; of TLS
/// nothing. Throws KeyError for any other name.
void rotate(Keystore& keystore, std::string_view name, std::uint64_t now);

/// The present secret of `name::encryption` or `intake`, then former ones, newest first.
std::vector<SecretBytes> secrets_of(const Keystore& keystore, std::string_view name);
/// Opens what was sealed to the present or a former public key of that name.
std::optional<SecretBytes> open_sealed(const Keystore& keystore, std::string_view name,
                                       ByteView sealed);
/// Newest first.
std::vector<FormerLogKey> former_log_keys(const Keystore& keystore);

}  // namespace bakhita::keys
