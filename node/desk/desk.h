// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "keys/keystore.h"
#include "node/store/anchor.h"
#include "node/store/audit.h"
#include "node/store/database.h"
#include "node/store/feeds.h"
#include "node/store/identifiers.h"
#include "node/store/letters.h"
#include "node/store/members.h"
#include "node/store/recalls.h"
#include "node/store/reports.h"
#include "protocol/codes/codes.h"
#include "protocol/identifier/canonical.h"
#include "protocol/lookup/quota.h"

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
  store::Identifiers& identifiers;
  store::Reports& reports;
  store::Letters& letters;
  store::Recalls& recalls;
  const CodeLists& codes;
  std::shared_ptr<const IdentifierTables> tables;
  NodeId self;
  std::string country;    ///< ISO 3166-1 alpha-2: default region of national forms
  std::string desk_name;  ///< goes into summaries, at most 24 bytes
  std::uint32_t retention_days = 365;
  std::uint32_t approvals = 1;  ///< persons that a publication needs
  QuotaLimits g1, g2;
  std::uint64_t all_peers = 10;  ///< ask together so many times what one may
  std::uint64_t onboarding_g1 = 0, onboarding_g2 = 0;
  std::function<std::uint64_t()> now;
  /// One lookup at a time is charged: a peer's account and the community's are read, then written.
  std::mutex charging{};
  /// Refusals that a peer brings about (deciding.h); same lock; at most one row a peer, community
  /// and group, and one a peer and rule.
  struct Refusals {
    std::uint64_t audited_at = 0, unaudited = 0;
  };
  std::map<Bytes, Refusals> refusals{};
  /// When files were purged of what was deleted, and may be again (duties.cpp): Unix seconds.
  std::uint64_t purged_at = 0, purge_not_before = 0;
  /// One change of what is known of a community at a time: it is read, judged, then written.
  std::mutex governing{};

  store::AuditEntry entry(std::string actor, std::string action, std::string object = {},
                          std::string purpose = {}, std::string outcome = "ok") const {
    return {std::move(actor),   std::move(action),  std::move(object),
            std::move(purpose), std::move(outcome), now()};
  }
};

/// Is the role on the suspect's side, so that its identifiers may become indicators?
inline bool is_releasable(v1::SubjectRole role) {
  return role > v1::SUBJECT_ROLE_UNSPECIFIED && role <= v1::SUBJECT_ROLE_UNKNOWN;
}
/// Days since 1970-01-01 of a date YYYY-MM-DD; 0 when it is none.
std::uint32_t day_of(std::string_view date);

}  // namespace bakhita::desk
