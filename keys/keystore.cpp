// SPDX-License-Identifier: EUPL-1.2
#include "keys/keystore.h"

#include <sodium.h>

#include <algorithm>

#include "keys/error.h"
#include "keys/private_file.h"
#include "protocol/voprf/hkdf.h"

// File: magic ‖ u64 generation ‖ u8 slots ‖ slots ‖ nonce[24] ‖ AEAD(data key, secrets; AAD = all
// before). Slot: u8 kind ‖ LP(parameters) ‖ LP(wrapped data key). Each slot wraps the same random
// data key.

namespace bakhita::keys {
namespace {

constexpr std::string_view magic = "bakhita-keystore/1";
constexpr std::size_t file_size_max = 64ull << 20;
constexpr std::uint64_t argon_memory_max = 1ull << 30;
constexpr std::uint32_t argon_passes_max = 10;
constexpr std::size_t slots_max = 8;
constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;

struct Slot {
  Credential::Kind kind;
  Bytes parameters;
  Bytes wrapped;
};

SecretBytes argon2(const SecretBytes& passphrase, ByteView salt, std::uint64_t memory,
                   std::uint32_t passes) {
  SecretBytes out(32);
  if (crypto_pwhash(out.writable().data(), out.size(),
                    reinterpret_cast<const char*>(passphrase.view().data()), passphrase.size(),
                    salt.data(), passes, memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw KeyError("not enough memory for the passphrase: " + std::to_string(memory >> 20) +
                   " MiB are needed");
  return out;
}

SecretBytes from_key_file(const SecretBytes& content, ByteView salt) {
  SecretBytes out(32);
  crypto_generichash_state state;
  crypto_generichash_init(&state, salt.data(), salt.size(), 32);
  crypto_generichash_update(&state, content.view().data(), content.size());
  crypto_generichash_final(&state, out.writable().data(), 32);
  sodium_memzero(&state, sizeof state);
  return out;
}

Bytes aead_seal(ByteView key, ByteView plain, ByteView aad) {
  Bytes out(nonce_size + plain.size() + tag_size);
  randombytes_buf(out.data(), nonce_size);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + nonce_size, nullptr, plain.data(),
                                             plain.size(), aad.data(), aad.size(), nullptr,
                                             out.data(), key.data());
  return out;
}

std::optional<SecretBytes> aead_open(ByteView key, ByteView sealed, ByteView aad) {
  if (sealed.size() < nonce_size + tag_size) return std::nullopt;
  SecretBytes out(sealed.size() - nonce_size - tag_size);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          out.writable().data(), nullptr, nullptr, sealed.data() + nonce_size,
          sealed.size() - nonce_size, aad.data(), aad.size(), sealed.data(), key.data()) != 0)
    return std::nullopt;
  return out;
}

Slot recovery_slot(ByteView public_key, const SecretBytes& data_key) {
  Bytes sealed(data_key.size() + crypto_box_SEALBYTES);
  crypto_box_seal(sealed.data(), data_key.view().data(), data_key.size(), public_key.data());
  return {Credential::Kind::recovery, to_bytes(public_key), std::move(sealed)};
}

/// The key that wraps the data key in a slot; none for a recovery slot, which is sealed to a public
/// key. Throws KeyError for parameters out of bounds.
SecretBytes wrapping_key(const Credential& credential, ByteView parameters,
                         const std::string& file) {
  ByteReader in(parameters);
  const ByteView salt = in.raw(16);
  switch (credential.kind) {
    case Credential::Kind::passphrase: {
      const std::uint64_t memory = in.u64();
      const std::uint32_t passes = in.u32();
      if (!in.finished() || memory > argon_memory_max || memory < crypto_pwhash_MEMLIMIT_MIN ||
          passes > argon_passes_max || passes < crypto_pwhash_OPSLIMIT_MIN)
        throw KeyError(file + ": the keystore is damaged: passphrase parameters are out of bounds");
      return argon2(credential.secret, salt, memory, passes);
    }
    case Credential::Kind::key_file:
      if (!in.finished()) throw KeyError(file + ": the keystore is damaged");
      return from_key_file(credential.secret, salt);
    case Credential::Kind::recovery:
      break;
  }
  return {};
}

Slot make_slot(const Credential& credential, const SecretBytes& data_key, PassphraseCost cost,
               const std::string& file) {
  if (credential.kind == Credential::Kind::recovery)
    return recovery_slot(x25519_public(credential.secret), data_key);
  if (credential.kind == Credential::Kind::passphrase && credential.secret.empty())
    throw KeyError("an empty passphrase protects nothing");
  if (credential.kind == Credential::Kind::key_file && credential.secret.size() < 32)
    throw KeyError("a key file needs at least 32 bytes");
  ByteArray<16> salt;
  randombytes_buf(salt.data(), salt.size());
  ByteWriter parameters;
  parameters.raw(salt);
  if (credential.kind == Credential::Kind::passphrase)
    parameters.u64(cost.memory_bytes).u32(cost.passes);
  const SecretBytes key = wrapping_key(credential, parameters.view(), file);
  return {credential.kind, to_bytes(parameters.view()),
          aead_seal(key.view(), data_key.view(), parameters.view())};
}

std::optional<SecretBytes> open_slot(const Slot& slot, const Credential& credential,
                                     const SecretBytes& wrapping) {
  if (slot.kind != Credential::Kind::recovery)
    return aead_open(wrapping.view(), slot.wrapped, slot.parameters);
  if (credential.secret.size() != 32 || slot.wrapped.size() != 32 + crypto_box_SEALBYTES)
    return std::nullopt;
  const auto public_key = x25519_public(credential.secret);
  SecretBytes out(32);
  if (crypto_box_seal_open(out.writable().data(), slot.wrapped.data(), slot.wrapped.size(),
                           public_key.data(), credential.secret.view().data()) != 0)
    return std::nullopt;
  return out;
}

}  // namespace

namespace name {
std::string oprf_seed(const CommunityId& community, std::uint32_t epoch) {
  return "oprf-seed/" + to_hex(community.bytes) + "/" + std::to_string(epoch);
}
std::string community_secret(const CommunityId& community, std::uint32_t epoch) {
  return "community-secret/" + to_hex(community.bytes) + "/" + std::to_string(epoch);
}
std::string bucket(std::uint64_t bucket) { return "bucket/" + std::to_string(bucket); }
}  // namespace name

struct Keystore::State {
  mutable std::mutex mutex;
  std::filesystem::path file;
  std::uint64_t generation = 0;
  std::vector<Slot> slots;
  SecretBytes data_key;
  std::size_t opener = 0;  ///< index of the slot that opened the file
  SecretBytes wrapping;    ///< of that slot; empty for a recovery key
  std::map<std::string, SecretBytes, std::less<>> secrets;
  std::function<void(std::uint64_t)> written;
  bool failed = false;  ///< memory and file may differ

  std::unique_lock<std::mutex> lock() const {
    std::unique_lock locked(mutex);
    if (failed)
      throw KeyWriteError(file.string() + ": an earlier write of the keystore failed; restart");
    return locked;
  }

  /// For one slot more, when so many go.
  void require_room(std::size_t gone) const {
    if (slots.size() - gone >= slots_max)
      throw KeyError("the keystore has eight ways to open it; remove one first");
  }

  bool can_rewrap(std::size_t index) const {
    return slots[index].kind == Credential::Kind::recovery || index == opener;
  }

  /// Drops `gone` and gives the rest a fresh data key, if each can be wrapped anew without a secret
  /// that is not at hand.
  bool drop(const std::vector<std::size_t>& gone) {
    const auto is_gone = [&](std::size_t index) {
      return std::find(gone.begin(), gone.end(), index) != gone.end();
    };
    bool renewed = true;
    for (std::size_t i = 0; i < slots.size(); ++i)
      renewed = renewed && (is_gone(i) || can_rewrap(i));
    if (renewed) data_key = SecretBytes::random(32);
    std::vector<Slot> kept;
    std::size_t kept_opener = slots_max;  // none
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (is_gone(i)) continue;
      if (i == opener) kept_opener = kept.size();
      Slot slot = std::move(slots[i]);
      if (renewed && slot.kind == Credential::Kind::recovery)
        slot = recovery_slot(slot.parameters, data_key);
      else if (renewed)
        slot.wrapped = aead_seal(wrapping.view(), data_key.view(), slot.parameters);
      kept.push_back(std::move(slot));
    }
    slots = std::move(kept);
    opener = kept_opener;
    return renewed;
  }

  SecretBytes plain() const {
    std::size_t size = 0;
    for (const auto& [name, secret] : secrets) size += 4 + name.size() + secret.size();
    SecretBytes out(std::max<std::size_t>(size, 1));
    std::uint8_t* at = out.writable().data();
    const auto put = [&at](ByteView bytes) {
      *at++ = static_cast<std::uint8_t>(bytes.size() >> 8);
      *at++ = static_cast<std::uint8_t>(bytes.size());
      std::memcpy(at, bytes.data(), bytes.size());
      at += bytes.size();
    };
    for (const auto& [name, secret] : secrets) {
      put(as_bytes(name));
      put(secret.view());
    }
    return out;
  }

  void write() {
    failed = true;  // until it is durable
    ByteWriter head;
    head.text(magic).u64(++generation).u8(static_cast<std::uint8_t>(slots.size()));
    for (const Slot& slot : slots)
      head.u8(static_cast<std::uint8_t>(slot.kind))
          .prefixed(slot.parameters)
          .prefixed(slot.wrapped);
    const Bytes sealed = aead_seal(data_key.view(), plain().view(), head.view());
    head.raw(sealed);
    if (head.view().size() > file_size_max)
      throw KeyWriteError(file.string() + ": the keystore would be over 64 MiB");
    try {
      replace_private_file(file, head.view());
    } catch (const FileError& problem) {
      throw KeyWriteError(problem.what());
    }
    failed = false;
    if (written) written(generation);
  }
};

namespace {

void refuse_existing(const std::filesystem::path& file) {
  if (private_file_exists(file))
    throw KeyError(file.string() + ": there is a keystore already; it is never overwritten");
}

bool opens(const std::filesystem::path& file, const Credential& credential) {
  try {
    Keystore::open(file, credential);
    return true;
  } catch (const KeyError&) {
    return false;
  }
}

}  // namespace

Keystore::Keystore(std::unique_ptr<State> state) : state_(std::move(state)) {}
Keystore::Keystore(Keystore&&) noexcept = default;
Keystore::~Keystore() = default;

Keystore Keystore::create(const std::filesystem::path& file, const Credential& credential,
                          PassphraseCost cost) {
  refuse_existing(file);
  auto state = std::make_unique<State>();
  state->file = file;
  state->data_key = SecretBytes::random(32);
  state->slots.push_back(make_slot(credential, state->data_key, cost, file.string()));
  state->wrapping = wrapping_key(credential, state->slots.front().parameters, file.string());
  for (std::string_view name :
       {name::identity, name::log, name::tls, name::encryption, name::intake, name::master})
    state->secrets.emplace(name, SecretBytes::random(32));
  state->write();
  return Keystore(std::move(state));
}

Keystore Keystore::open(const std::filesystem::path& file, const Credential& credential) {
  Bytes content;
  try {
    content = read_private_file(file, file_size_max);
  } catch (const FileError& problem) {
    throw KeyError(std::string("keystore ") + problem.what());
  }
  const std::string where = file.string();
  const KeyError damaged(where +
                         ": the keystore is damaged or truncated; restore it from its backup");
  ByteReader in(content);
  if (as_text(in.raw(magic.size())) != magic)
    throw KeyError(where + ": is no keystore of a version that this program knows, or is damaged");
  auto state = std::make_unique<State>();
  state->file = file;
  state->generation = in.u64();
  const std::size_t slots = in.u8();
  if (slots == 0 || slots > slots_max) throw damaged;
  bool kind_present = false;
  for (std::size_t i = 0; i < slots; ++i) {
    const std::uint8_t kind = in.u8();
    if (kind > static_cast<std::uint8_t>(Credential::Kind::recovery)) throw damaged;
    Slot slot{static_cast<Credential::Kind>(kind), to_bytes(in.prefixed()),
              to_bytes(in.prefixed())};
    if (!in.ok()) throw damaged;
    kind_present = kind_present || slot.kind == credential.kind;
    if (slot.kind == credential.kind && state->data_key.empty()) {
      SecretBytes wrapping = wrapping_key(credential, slot.parameters, where);
      if (auto key = open_slot(slot, credential, wrapping)) {
        state->data_key = std::move(*key);
        state->wrapping = std::move(wrapping);
        state->opener = i;
      }
    }
    state->slots.push_back(std::move(slot));
  }
  if (!kind_present)
    throw KeyError(where + ": the keystore has no slot for a " +
                   std::string(name_of(credential.kind)));
  if (state->data_key.size() != 32)
    throw KeyError(where + ": wrong " + std::string(name_of(credential.kind)) +
                   ", or the keystore is damaged");
  const std::size_t head_size = content.size() - in.rest().size();
  const auto plain =
      aead_open(state->data_key.view(), in.rest(), ByteView(content).first(head_size));
  if (!plain) throw damaged;
  ByteReader secrets(plain->view());
  while (secrets.ok() && !secrets.rest().empty()) {
    const std::string name(as_text(secrets.prefixed()));
    state->secrets.insert_or_assign(name, SecretBytes::copy_of(secrets.prefixed()));
  }
  if (!secrets.ok() || !state->secrets.contains(name::master)) throw damaged;
  return Keystore(std::move(state));
}

Keystore Keystore::restore(const std::filesystem::path& copy, const Credential& recovery,
                           const std::filesystem::path& file, const Credential& way_in,
                           PassphraseCost cost) {
  refuse_existing(file);
  Keystore out = open(copy, recovery);
  if (opens(copy, way_in))
    throw KeyError("this " + std::string(name_of(way_in.kind)) + " opens " + copy.string() +
                   " already, and who has it may, too: give a new one");
  out.state_->file = file;
  std::vector<std::size_t> gone;
  for (std::size_t i = 0; i < out.state_->slots.size(); ++i)
    if (out.state_->slots[i].kind != Credential::Kind::recovery) gone.push_back(i);
  out.replace(gone, way_in, cost);
  return out;
}

std::uint64_t Keystore::generation() const {
  const auto lock = state_->lock();
  return state_->generation;
}

void Keystore::on_written(std::function<void(std::uint64_t)> listener) {
  const std::lock_guard lock(state_->mutex);
  state_->written = std::move(listener);
}

bool Keystore::has(std::string_view name) const {
  const auto lock = state_->lock();
  return state_->secrets.contains(name);
}

SecretBytes Keystore::get(std::string_view name) const {
  const auto lock = state_->lock();
  const auto it = state_->secrets.find(name);
  if (it == state_->secrets.end())
    throw KeyError(state_->file.string() + ": holds no secret named " + std::string(name));
  return SecretBytes::copy_of(it->second.view());
}

std::vector<std::string> Keystore::names() const {
  const auto lock = state_->lock();
  std::vector<std::string> out;
  for (const auto& [name, secret] : state_->secrets) out.push_back(name);
  return out;
}

void Keystore::change(std::map<std::string, std::optional<SecretBytes>> changes) {
  const auto lock = state_->lock();
  for (auto& [name, secret] : changes) {
    if (secret)
      state_->secrets.insert_or_assign(name, std::move(*secret));
    else
      state_->secrets.erase(name);
  }
  state_->write();
}

SecretBytes Keystore::derive(std::string_view use) const {
  const SecretBytes master = get(name::master);
  // HKDF-Expand wants a 64-byte key; the master key stands in its first half.
  ByteArray<64> prk{};
  std::memcpy(prk.data(), master.view().data(), master.size());
  ByteWriter info;
  info.text("bakhita/1/").text(use);
  SecretBytes out(32);
  hkdf_expand(prk, info.view(), out.writable());
  sodium_memzero(prk.data(), prk.size());
  return out;
}

void Keystore::add_slot(const Credential& credential, PassphraseCost cost) {
  const auto lock = state_->lock();
  state_->require_room(0);
  state_->slots.push_back(make_slot(credential, state_->data_key, cost, state_->file.string()));
  state_->write();
}

bool Keystore::replace_slot(const Credential& credential, PassphraseCost cost) {
  const auto lock = state_->lock();
  std::vector<std::size_t> gone;
  for (std::size_t i = 0; i < state_->slots.size(); ++i)
    if (state_->slots[i].kind == credential.kind) gone.push_back(i);
  return replace(gone, credential, cost);
}

bool Keystore::replace(const std::vector<std::size_t>& gone, const Credential& credential,
                       PassphraseCost cost) {
  state_->require_room(gone.size());
  const std::string file = state_->file.string();
  make_slot(credential, state_->data_key, {crypto_pwhash_MEMLIMIT_MIN, 1}, file);  // refuses early
  const bool had_opener = std::find(gone.begin(), gone.end(), state_->opener) != gone.end();
  const bool renewed = state_->drop(gone);
  state_->slots.push_back(make_slot(credential, state_->data_key, cost, file));
  if (had_opener) {
    state_->opener = state_->slots.size() - 1;
    state_->wrapping = wrapping_key(credential, state_->slots.back().parameters, file);
  }
  state_->write();
  return renewed;
}

bool Keystore::remove_slot(std::size_t number) {
  const auto lock = state_->lock();
  const auto& slots = state_->slots;
  if (number == 0 || number > slots.size())
    throw KeyError("there is no slot " + std::to_string(number) + "; see `bakhita keys show`");
  if (number - 1 == state_->opener)
    throw KeyError("slot " + std::to_string(number) +
                   " opened the keystore just now; open it by another way to remove this one");
  std::size_t others = 0;
  for (std::size_t i = 0; i < slots.size(); ++i)
    others += i != number - 1 && slots[i].kind != Credential::Kind::recovery;
  if (others == 0)
    throw KeyError("slot " + std::to_string(number) +
                   " is the last passphrase or key file; add another one first");
  const bool renewed = state_->drop({number - 1});
  state_->write();
  return renewed;
}

std::vector<SlotView> Keystore::slots() const {
  const auto lock = state_->lock();
  std::vector<SlotView> out;
  for (std::size_t i = 0; i < state_->slots.size(); ++i)
    out.push_back({i + 1, state_->slots[i].kind, i == state_->opener});
  return out;
}

const std::filesystem::path& Keystore::file() const { return state_->file; }

ByteArray<32> ed25519_public(const SecretBytes& seed) {
  ByteArray<32> out;
  SecretBytes secret(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(out.data(), secret.writable().data(), seed.view().data());
  return out;
}

ByteArray<32> x25519_public(const SecretBytes& secret) {
  ByteArray<32> out;
  crypto_scalarmult_base(out.data(), secret.view().data());
  return out;
}

ByteArray<64> sign(const SecretBytes& seed, ByteView message) {
  ByteArray<32> public_key;
  SecretBytes secret(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(public_key.data(), secret.writable().data(), seed.view().data());
  ByteArray<64> out;
  crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), secret.view().data());
  return out;
}

HedgedRandom::HedgedRandom(SecretBytes key) : key_(std::move(key)) {}

void HedgedRandom::fill(std::span<std::uint8_t> out) {
  ByteArray<32> fresh;
  randombytes_buf(fresh.data(), fresh.size());
  ByteArray<64> block{};
  ByteWriter input;
  {
    const std::lock_guard lock(mutex_);
    input.raw(fresh).u64(counter_++);
    crypto_generichash(block.data(), block.size(), input.view().data(), input.view().size(),
                       key_.view().data(), key_.size());
  }
  hkdf_expand(block, as_bytes("bakhita/1/hedged"), out);
  sodium_memzero(block.data(), block.size());
}

}  // namespace bakhita::keys
