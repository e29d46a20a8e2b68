// SPDX-License-Identifier: EUPL-1.2
#include "node/card_file/card_file.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "keys/private_file.h"
#include "protocol/community/card.h"

namespace bakhita::card_file {
namespace {

constexpr std::size_t desk_size_max = 24;

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

/// All but serial and dates.
v1::NodeCard what_is_true(const config::Config& config, const keys::Keystore& keystore) {
  v1::NodeCard card;
  card.set_format(1);
  card.set_identity_key(text(keys::ed25519_public(keystore.get(keys::name::identity))));
  card.set_country(config.country);
  card.set_authority(config.authority);
  for (const std::string& address : config.advertise) card.add_addresses(address);
  card.set_log_key(text(keys::ed25519_public(keystore.get(keys::name::log))));
  card.set_tls_pin(text(tls_pin(keys::ed25519_public(keystore.get(keys::name::tls)))));
  card.set_encryption_key(text(keys::x25519_public(keystore.get(keys::name::encryption))));
  card.set_desk(config.desk.substr(0, desk_size_max));
  return card;
}

}  // namespace

std::filesystem::path path_of(const config::Config& config) {
  return config.data_folder.string() + ".card";
}

std::optional<OwnCard> read(const config::Config& config) {
  const std::filesystem::path file = path_of(config);
  if (!keys::private_file_exists(file)) return std::nullopt;
  OwnCard out;
  out.signed_card = keys::read_private_file(file, card_size_max);
  auto card = open_card(out.signed_card, 0);
  if (!card) return std::nullopt;  // nothing is lost: the next card says the same
  out.card = std::move(*card);
  return out;
}

OwnCard refresh(const config::Config& config, const keys::Keystore& keystore, std::uint64_t now) {
  OwnCard out{what_is_true(config, keystore), {}};
  std::uint64_t serial = now;
  if (auto held = read(config)) {
    v1::NodeCard said = held->card;
    said.clear_serial();
    said.clear_valid_from();
    said.clear_valid_until();
    if (google::protobuf::util::MessageDifferencer::Equals(said, out.card) &&
        held->card.valid_until() > now + renewal_seconds)
      return std::move(*held);
    serial = std::max(serial, held->card.serial() + 1);
  }
  out.card.set_serial(serial);
  out.card.set_valid_from(now);
  out.card.set_valid_until(now + life_seconds);
  const keys::SecretBytes identity = keystore.get(keys::name::identity);
  out.signed_card =
      make_card(out.card, [&](ByteView message) { return keys::sign(identity, message); });
  keys::replace_private_file(path_of(config), out.signed_card);
  return out;
}

}  // namespace bakhita::card_file
