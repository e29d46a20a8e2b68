// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>

#include "keys/keystore.h"
#include "node/store/anchor.h"
#include "node/store/audit.h"
#include "node/store/database.h"
#include "node/store/feeds.h"
#include "node/store/identifier_keys.h"
#include "node/store/identifiers.h"
#include "node/store/letters.h"
#include "node/store/members.h"
#include "node/store/recalls.h"
#include "node/store/reports.h"

namespace bakhita::desk {

/// All that a node keeps, opened in this order and closed in the other. The head anchor lies beside
/// the data folder, so that a copy of the folder put back does not bring an old anchor along.
struct Stores {
  /// Reports or communities left keys behind: without its database this node needs recovery.
  static bool has_lived(const keys::Keystore& keystore) {
    for (const std::string& name : keystore.names())
      for (const char* made_by_life : {"bucket/", "community-secret/", "oprf-seed/"})
        if (name.starts_with(made_by_life)) return true;
    return false;
  }

  bool is_new;  ///< the node never lived: neither a database (a fresh
                ///< disk is empty) nor keys that only a life makes
  store::Database database;
  store::Anchor anchor;
  store::Audit audit;
  store::Feeds feeds;
  store::Members members;
  store::IdentifierKeys identifier_keys;
  store::Identifiers identifiers;
  store::Reports reports;
  store::Letters letters;
  store::Recalls recalls;
  keys::HedgedRandom random;

  Stores(const std::filesystem::path& folder, const store::Database::Options& options,
         keys::Keystore& keystore)
      : is_new(!store::Database::exists(folder) && !has_lived(keystore)),
        database(folder, options),
        anchor(folder.string() + ".anchor", keystore.derive("anchor").view(), is_new),
        audit(database, anchor, keystore.derive("audit").view()),
        feeds(database, anchor),
        members(database, audit),
        identifier_keys(database, keystore),
        identifiers(database, identifier_keys, keystore.derive("blind-index").view()),
        reports(database, keystore),
        letters(database, keystore.derive("letters").view()),
        recalls(database, keystore.derive("recalls").view()),
        random(keystore.derive("hedge")) {
    if (database.is_behind_watermark())
      anchor.suspend(
          folder.string() +
          ": the database ends before what was acknowledged: it is an old copy, or lost its log");
  }
};

}  // namespace bakhita::desk
