// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "keys/secret_bytes.h"

/// The ways to open a keystore, and where they come from: files and descriptors, never arguments or
/// the environment.
namespace bakhita::keys {

/// One way to open the keystore. Passphrases go through Argon2id (256 MiB, 3 passes).
struct Credential {
  enum class Kind : std::uint8_t { passphrase, key_file, recovery } kind = Kind::passphrase;
  SecretBytes secret;  ///< passphrase, bytes of the key file, or the recovery secret key
};

/// "passphrase", "key file", "recovery key".
std::string_view name_of(Credential::Kind kind);

inline constexpr std::size_t passphrase_size_max = 1'024;
inline constexpr std::size_t key_file_size_max = 64 * 1'024;

/// One line, up to its end. Throws KeyError: unreadable, empty, or too long.
SecretBytes read_passphrase(int fd);
/// The bytes of a private file. Throws FileError, KeyError.
Credential read_key_file(const std::filesystem::path& file);
/// The credential of that name from the service manager (systemd's LoadCredential): the file
/// $CREDENTIALS_DIRECTORY/name, as a key file. Throws FileError; KeyError when none is given.
Credential read_service_credential(const std::string& name);
/// The file that `bakhita keys export-recovery` wrote: 32 bytes. Throws FileError, KeyError.
Credential read_recovery_key(const std::filesystem::path& file);

}  // namespace bakhita::keys
