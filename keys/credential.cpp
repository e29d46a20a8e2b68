// SPDX-License-Identifier: EUPL-1.2
#include "keys/credential.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "keys/error.h"
#include "keys/private_file.h"

namespace bakhita::keys {
namespace {

constexpr std::size_t recovery_key_size = 32;

SecretBytes take(Bytes content) {
  SecretBytes out = SecretBytes::copy_of(content);
  sodium_memzero(content.data(), content.size());
  return out;
}

}  // namespace

std::string_view name_of(Credential::Kind kind) {
  switch (kind) {
    case Credential::Kind::passphrase:
      return "passphrase";
    case Credential::Kind::key_file:
      return "key file";
    case Credential::Kind::recovery:
      return "recovery key";
  }
  return "unknown";
}

SecretBytes read_passphrase(int fd) {
  SecretBytes buffer(passphrase_size_max + 1);
  std::size_t size = 0;
  for (;;) {
    std::uint8_t byte = 0;
    const ssize_t count = ::read(fd, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw KeyError("the passphrase cannot be read from its file descriptor");
    if (count == 0 || byte == '\n') break;
    if (size == passphrase_size_max)
      throw KeyError("the passphrase is longer than " + std::to_string(passphrase_size_max) +
                     " bytes");
    buffer.writable()[size++] = byte;
  }
  if (size == 0) throw KeyError("the passphrase is empty");
  return SecretBytes::copy_of(buffer.view().first(size));
}

Credential read_key_file(const std::filesystem::path& file) {
  return {Credential::Kind::key_file, take(read_private_file(file, key_file_size_max))};
}

Credential read_service_credential(const std::string& name) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");  // a path, no secret
  if (folder == nullptr)
    throw KeyError("keystore.credential names " + name +
                   ", but the service manager gives no credentials here; outside the service use "
                   "--key-file or --passphrase-fd");
  return {Credential::Kind::key_file, take(read_private_file(std::filesystem::path(folder) / name,
                                                             key_file_size_max, Giver::root))};
}

Credential read_recovery_key(const std::filesystem::path& file) {
  Credential out{Credential::Kind::recovery, take(read_private_file(file, key_file_size_max))};
  if (out.secret.size() != recovery_key_size)
    throw KeyError(file.string() + ": is no recovery key of `bakhita keys export-recovery`");
  return out;
}

}  // namespace bakhita::keys
