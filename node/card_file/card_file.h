// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <optional>

#include "bakhita/v1/community.pb.h"
#include "config/config.h"
#include "keys/keystore.h"

/// This node's card, which outlives restarts: a file beside the data folder. It holds no secret.
namespace bakhita::card_file {

/// How long a new card is valid, and how long before its end a start makes the next one.
inline constexpr std::uint64_t life_seconds = 2ull * 365 * 86'400;
inline constexpr std::uint64_t renewal_seconds = 180ull * 86'400;

struct OwnCard {
  v1::NodeCard card;
  Bytes signed_card;
};

/// `<data folder>.card`.
std::filesystem::path path_of(const config::Config& config);

/// The card in the file, if it is whole and signed; ended or not.
std::optional<OwnCard> read(const config::Config& config);

/// The card in the file, as long as it says what configuration and keystore say and does not end
/// soon; else a new one with a higher serial, durable on return. `now` is Unix seconds. Throws
/// keys::FileError.
OwnCard refresh(const config::Config& config, const keys::Keystore& keystore, std::uint64_t now);

}  // namespace bakhita::card_file
