// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>

#include "node/desk/desk.h"

namespace bakhita::desk {

struct ImportCounts {
  std::uint64_t identifiers = 0;
  std::uint64_t shielded = 0;
  std::uint64_t benign = 0;
};

/// Why the desk looks at an identifier again (review.h).
enum class ReviewCause : std::uint8_t { change, erasure };
/// Table::reviews: identifier[16] ‖ u8 cause.
Bytes review_key(const store::IdentifierHash& identifier, ReviewCause cause);

/// Gathers what a batch of reports changes in the states of identifiers, and writes each state
/// once. The caller holds identifiers.exclusive() from before the first change until after the
/// commit.
class SightingChanges {
 public:
  explicit SightingChanges(Desk& desk) : desk_(desk) {}
  ImportCounts add(std::uint64_t report, const storage::v1::StoredReport& content);
  void remove(std::uint64_t report, const storage::v1::StoredReport& content);
  /// Adds the sightings of identifiers whose states know nothing of the report; leaves the others.
  void restore(std::uint64_t report, const storage::v1::StoredReport& content);
  /// States, and reviews of those that may be published or looked up already.
  void write(store::Batch& batch, ReviewCause cause = ReviewCause::change);
  /// What restore() added, without reviews: the node knew it before.
  void write_restored(store::Batch& batch) const;

 private:
  struct Held {
    storage::v1::IdentifierState state;
    bool was_known = false;
    int sightings = 0;  ///< when it was loaded
  };
  storage::v1::IdentifierState& state(IdentifierType type, const std::string& canonical);
  Desk& desk_;
  std::map<store::IdentifierHash, Held> states_;
};

/// TLP as 1..5, PAP as 1..4, handling as 0..3, evaluations as 1..4: the numbers of LockSummary.
std::uint32_t tlp_number(std::string_view tlp);
std::uint32_t pap_number(std::string_view pap);
std::uint32_t handling_number(std::string_view handling);
std::uint32_t source_number(std::string_view evaluation);
std::uint32_t information_number(std::string_view evaluation);

}  // namespace bakhita::desk
