// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <memory>

#include "keys/keystore.h"
#include "node/store/anchor.h"
#include "node/store/audit.h"
#include "node/store/database.h"
#include "node/store/feeds.h"
#include "node/store/members.h"
#include "protocol/identifier/canonical.h"

namespace bakhita::desk {

/// The parts that the desk's work needs, made once by the daemon and handed to every function.
/// All are thread-safe. `now` is the wall clock in Unix seconds, a fixed one in tests.
struct Desk {
  keys::Keystore& keystore;
  keys::HedgedRandom& random;
  store::Database& database;
  store::Anchor& anchor;
  store::Audit& audit;
  store::Feeds& feeds;
  store::Members& members;
  std::shared_ptr<const IdentifierTables> tables;
  NodeId self;
  std::string country;    ///< ISO 3166-1 alpha-2: default region of national forms
  std::string desk_name;  ///< goes into summaries, at most 24 bytes
  std::function<std::uint64_t()> now;
};

}  // namespace bakhita::desk
