// SPDX-License-Identifier: EUPL-1.2
#include "keys/rotation.h"

#include <algorithm>

#include "keys/error.h"
#include "keys/sealing.h"

namespace bakhita::keys {
namespace {

std::string former_name(std::string_view name, std::size_t number) {
  return "former/" + std::string(name) + "/" + std::to_string(number);
}

/// Former keys are numbered from 0 without gaps.
std::size_t former_count(const Keystore& keystore, std::string_view name) {
  std::size_t count = 0;
  while (keystore.has(former_name(name, count))) ++count;
  return count;
}

/// What is kept of the present key; nothing for TLS.
std::optional<SecretBytes> remains(const Keystore& keystore, std::string_view name,
                                   std::uint64_t now) {
  if (name == name::tls) return std::nullopt;
  if (name != name::log) return keystore.get(name);
  const auto key = ed25519_public(keystore.get(name));
  return SecretBytes::copy_of(ByteWriter().raw(key).u64(now).view());
}

}  // namespace

void rotate(Keystore& keystore, std::string_view name, std::uint64_t now) {
  if (name != name::tls && name != name::log && name != name::encryption && name != name::intake)
    throw KeyError("the key " + std::string(name) + " cannot be rotated");
  std::map<std::string, std::optional<SecretBytes>> changes;
  if (auto kept = remains(keystore, name, now))
    changes.emplace(former_name(name, former_count(keystore, name)), std::move(kept));
  changes.emplace(name, SecretBytes::random(32));
  keystore.change(std::move(changes));
}

std::vector<SecretBytes> secrets_of(const Keystore& keystore, std::string_view name) {
  std::vector<SecretBytes> out;
  out.push_back(keystore.get(name));
  for (std::size_t number = former_count(keystore, name); number-- > 0;)
    out.push_back(keystore.get(former_name(name, number)));
  return out;
}

std::optional<SecretBytes> open_sealed(const Keystore& keystore, std::string_view name,
                                       ByteView sealed) {
  for (const SecretBytes& secret : secrets_of(keystore, name))
    if (auto opened = open_sealed(secret, sealed)) return opened;
  return std::nullopt;
}

std::vector<FormerLogKey> former_log_keys(const Keystore& keystore) {
  std::vector<FormerLogKey> out;
  for (std::size_t number = former_count(keystore, name::log); number-- > 0;) {
    const SecretBytes row = keystore.get(former_name(name::log, number));
    ByteReader in(row.view());
    const auto key = to_array<32>(in.raw(32));
    const std::uint64_t until = in.u64();
    if (!key || !in.finished())
      throw KeyError(keystore.file().string() + ": a former log key is malformed");
    out.push_back({*key, until});
  }
  return out;
}

}  // namespace bakhita::keys
