// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bakhita/v1/community.pb.h"
#include "protocol/identifier/identifier.h"

/// Which identifiers may become indicators. Pure, total, default no.
namespace bakhita {

/// What is known of an identifier, over all reports that name it.
struct ReleaseFacts {
  IdentifierType type = IdentifierType::phone;
  bool releasable_role = false;  ///< some report names it on the suspect's side
  bool shielded_role =
      false;  ///< some report names it as victim's, witness's, reporter's or helpline's
  bool benign = false;
  std::uint32_t strictest_tlp = 5;   ///< as in LockSummary
  std::vector<std::uint32_t> roles;  ///< on the suspect's side that reports name it in, any order
};

enum class ReleaseRule : std::uint8_t {
  released,
  shielded,
  benign,
  no_sighting,
  tlp_over_charter,
  type_not_in_charter,
  role_not_in_charter
};

/// released, or the first rule that holds it back; the strictest comes first.
ReleaseRule decide_release(const ReleaseFacts& facts, const v1::Charter& charter);
/// A stable name for scripts, and a sentence for people.
std::string_view name_of(ReleaseRule rule);
std::string_view explain(ReleaseRule rule);

}  // namespace bakhita
