// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "keys/credential.h"
#include "keys/secret_bytes.h"
#include "protocol/bytes.h"

/// The one sealed file that holds every secret of a node, outside the database.
namespace bakhita::keys {

/// Names of the fixed secrets.
namespace name {
inline constexpr std::string_view identity = "identity";      ///< Ed25519 seed, 32
inline constexpr std::string_view log = "log";                ///< Ed25519 seed, 32
inline constexpr std::string_view tls = "tls";                ///< Ed25519 seed, 32
inline constexpr std::string_view encryption = "encryption";  ///< X25519 secret, 32
inline constexpr std::string_view intake = "intake";  ///< X25519 secret, 32, current month's
inline constexpr std::string_view master = "master";  ///< MK, 32
/// OPRF seed and secret of (community, epoch); made and kept by name.
std::string oprf_seed(const CommunityId& community, std::uint32_t epoch);
std::string community_secret(const CommunityId& community, std::uint32_t epoch);
/// Bucket key of reports.
std::string bucket(std::uint64_t bucket);
}  // namespace name

/// Argon2id cost; tests and the demo lower it, `init` never does below the floor of 64 MiB, 3
/// passes.
struct PassphraseCost {
  std::uint64_t memory_bytes = 256ull << 20;
  std::uint32_t passes = 3;
};

/// One way in, as `bakhita keys show` lists it.
struct SlotView {
  std::size_t number = 0;  ///< from 1; those behind a removed slot move up
  Credential::Kind kind = Credential::Kind::passphrase;
  bool in_use = false;  ///< it opened this keystore
};

/// An open keystore. All changes are written (temp, fsync, rename, fsync of the folder) with the
/// next generation number before the call returns. Thread-safe. Throws KeyError. After a write that
/// failed every call throws KeyWriteError: what is in memory may be nowhere else.
class Keystore {
 public:
  /// Makes identity, log, tls, encryption, intake and master secrets in a new file; refuses an
  /// existing one.
  static Keystore create(const std::filesystem::path& file, const Credential& credential,
                         PassphraseCost cost = {});
  /// Refuses a damaged, truncated, group- or world-accessible, symlinked or foreign file, and
  /// Argon2id parameters over the bounds.
  static Keystore open(const std::filesystem::path& file, const Credential& credential);
  /// A lost node's keystore in a new file, from a copy that the recovery key opens: one new way in
  /// takes the place of every passphrase and key file, recovery keys stay, and the inner key is a
  /// new one. Refuses an existing file, and a way in that opens the copy already.
  static Keystore restore(const std::filesystem::path& copy, const Credential& recovery,
                          const std::filesystem::path& file, const Credential& way_in,
                          PassphraseCost cost = {});
  Keystore(Keystore&&) noexcept;
  ~Keystore();

  /// Grows with each write.
  std::uint64_t generation() const;
  /// Told the generation after each write, before the change returns.
  void on_written(std::function<void(std::uint64_t generation)> listener);
  bool has(std::string_view name) const;
  /// A copy of a secret; throws KeyError when there is none.
  SecretBytes get(std::string_view name) const;
  std::vector<std::string> names() const;
  /// One durable write for all changes. A value replaces, nullopt destroys.
  void change(std::map<std::string, std::optional<SecretBytes>> changes);
  /// Exp(MK, "bakhita/1/<use>"), 32 bytes.
  SecretBytes derive(std::string_view use) const;

  void add_slot(const Credential& credential, PassphraseCost cost = {});
  /// Replaces the slots of the credential's kind. True when the file has a new inner key, so that
  /// who held a replaced way in cannot open later files by what an old copy gives; false when other
  /// slots, which only their own secrets can wrap anew, keep the old one in use.
  bool replace_slot(const Credential& credential, PassphraseCost cost = {});
  /// Takes a way in away; returns as replace_slot. Refuses the slot that opened this keystore (so
  /// that another one is proven to work) and the last passphrase or key file.
  bool remove_slot(std::size_t number);
  std::vector<SlotView> slots() const;
  const std::filesystem::path& file() const;

 private:
  struct State;
  bool replace(const std::vector<std::size_t>& gone, const Credential& credential,
               PassphraseCost cost);
  explicit Keystore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The 32-byte seeds and their public halves.
ByteArray<32> ed25519_public(const SecretBytes& seed);
ByteArray<32> x25519_public(const SecretBytes& secret);
/// Ed25519 over `message` by a seed.
ByteArray<64> sign(const SecretBytes& seed, ByteView message);

/// Randomness hedged with a secret (the keystore's derive("hedge")) and a counter, so that a cloned
/// or restored machine does not repeat it. Thread-safe.
class HedgedRandom {
 public:
  explicit HedgedRandom(SecretBytes key);
  void fill(std::span<std::uint8_t> out);
  template <std::size_t N>
  ByteArray<N> bytes() {
    ByteArray<N> out;
    fill(out);
    return out;
  }

 private:
  std::mutex mutex_;
  SecretBytes key_;
  std::uint64_t counter_ = 0;
};

}  // namespace bakhita::keys
