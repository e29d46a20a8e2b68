// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <stdexcept>

#include "config/config.h"
#include "keys/private_file.h"
#include "node/desk/stores.h"

namespace bakhita::hostile {

/// A member of the community gone bad: the keys and the address book of a node that was paired as
/// any other, and whose daemon is stopped.
struct Member {
  config::Config config;
  keys::Keystore keystore;
  NodeId self;
  store::Peer victim;
  store::Community community;

  Member(const std::filesystem::path& config_file, const std::string& victim_country)
      : config(config::load(config_file)),
        keystore(keys::Keystore::open(config.keystore, key_of(config))),
        self{keys::ed25519_public(keystore.get(keys::name::identity))} {
    const desk::Stores stores(config.data_folder, {}, keystore);
    for (const store::Peer& peer : stores.members.peers())
      if (peer.card.country() == victim_country) victim = peer;
    for (const store::Community& accepted : stores.members.communities()) community = accepted;
    if (victim.card.country().empty()) throw std::runtime_error("the victim is not paired");
  }

  FeedId feed_of(const NodeId& origin) const { return {community.id, origin, 1}; }
  Signature sign(ByteView message) const {
    return keys::sign(keystore.get(keys::name::log), message);
  }

 private:
  static keys::Credential key_of(const config::Config& config) {
    constexpr std::size_t size_max = 64 * 1024;
    return {keys::Credential::Kind::key_file,
            keys::SecretBytes::copy_of(keys::read_private_file(config.key_file, size_max))};
  }
};

}  // namespace bakhita::hostile
