// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>

#include "keys/error.h"
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

/// A keystore from before its last changes: it lacks newer keys, still holds those that an erasure
/// destroyed, and opens by ways in that were taken away since.
enum class OlderKeystore : std::uint8_t { refused, accepted };

/// The head anchor learns each generation of the keystore, while the stores are open.
class GenerationNote {
 public:
  /// Throws keys::KeyError for a keystore older than the anchor says, unless it is accepted.
  GenerationNote(keys::Keystore& keystore, store::Anchor& anchor, OlderKeystore older)
      : keystore_(keystore) {
    const std::uint64_t generation = keystore.generation();
    const std::uint64_t noted = anchor.state().keystore_generation;
    if (generation < noted && older == OlderKeystore::refused)
      throw keys::KeyError(
          keystore.file().string() + ": is an old copy: generation " + std::to_string(generation) +
          ", and the node has worked with " + std::to_string(noted) +
          "; put the newest copy back. If there is none, start once with --accept-older-keystore: "
          "keys made since are lost, and what was erased since may open again in copies");
    if (generation >= noted)
      anchor.note_keystore(generation);
    else
      newest_ = noted;
    keystore.on_written([&anchor](std::uint64_t written) { anchor.note_keystore(written); });
  }
  ~GenerationNote() { keystore_.on_written({}); }
  GenerationNote(const GenerationNote&) = delete;
  GenerationNote& operator=(const GenerationNote&) = delete;

  /// The generation that is missing, where an older keystore was accepted. It is for the caller to
  /// write that down, and then to note the present one.
  std::optional<std::uint64_t> newest() const { return newest_; }

 private:
  keys::Keystore& keystore_;
  std::optional<std::uint64_t> newest_;
};

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
                ///< disk is empty), nor an anchor, nor keys that only a life makes
  store::Database database;
  store::Anchor anchor;
  GenerationNote generation_note;
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
         keys::Keystore& keystore, OlderKeystore older = OlderKeystore::refused)
      : is_new(!store::Database::exists(folder) && !has_lived(keystore) &&
               !std::filesystem::exists(folder.string() + ".anchor")),
        database(folder, options),
        anchor(folder.string() + ".anchor", keystore.derive("anchor").view(), is_new),
        generation_note(keystore, anchor, older),
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
