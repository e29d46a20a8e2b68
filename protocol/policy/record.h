// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/bytes.h"
#include "protocol/error.h"
#include "protocol/policy/decision.h"

/// A decision as it stands in an audit trail: everything that is needed to make it again, and the
/// answer that was given. It names no identifier and no secret.
namespace bakhita::policy {

/// Under which charters of which community it was decided. The signed charters themselves are kept
/// for ever; what was in effect follows from them (community/terms.h, strictest).
struct TermsRef {
  CommunityId community;
  Hash newest{};    ///< SHA-256 of the charter that was in force
  Hash accepted{};  ///< of the one that the node accepted last; the same: it accepted the newest
  bool frozen = false;
  auto operator<=>(const TermsRef&) const = default;
};

struct Recorded {
  Question question{};
  bool has_terms = false;  ///< else it was asked without a community
  TermsRef terms{};
  std::string rule;         ///< the answer, by its stable name
  std::uint64_t count = 1;  ///< equal questions that got it
  std::uint16_t rules_version = policy::rules_version;
};

/// One form for equal records.
Bytes encode(const Recorded& recorded);
/// Error::malformed, Error::unknown_version.
Result<Recorded> decode_recorded(ByteView bytes);

}  // namespace bakhita::policy
