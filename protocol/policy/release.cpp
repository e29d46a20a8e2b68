// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/release.h"

#include <algorithm>

namespace bakhita {

ReleaseRule decide_release(const ReleaseFacts& facts, const v1::Charter& charter) {
  if (facts.shielded_role) return ReleaseRule::shielded;
  if (facts.benign) return ReleaseRule::benign;
  if (!facts.releasable_role) return ReleaseRule::no_sighting;
  if (facts.strictest_tlp > charter.highest_tlp()) return ReleaseRule::tlp_over_charter;
  const auto& allowed = charter.identifier_types();
  const auto code = static_cast<std::uint32_t>(facts.type);
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), code) == allowed.end())
    return ReleaseRule::type_not_in_charter;
  const auto& roles = charter.subject_roles();
  for (std::uint32_t role : facts.roles)
    if (!roles.empty() && std::find(roles.begin(), roles.end(), role) == roles.end())
      return ReleaseRule::role_not_in_charter;
  return ReleaseRule::released;
}

std::string_view name_of(ReleaseRule rule) {
  switch (rule) {
    case ReleaseRule::released:
      return "released";
    case ReleaseRule::shielded:
      return "shielded-role";
    case ReleaseRule::benign:
      return "benign";
    case ReleaseRule::no_sighting:
      return "no-sighting";
    case ReleaseRule::tlp_over_charter:
      return "tlp-over-charter";
    case ReleaseRule::type_not_in_charter:
      return "type-not-in-charter";
    case ReleaseRule::role_not_in_charter:
      return "role-not-in-charter";
  }
  return "unknown";
}

std::string_view explain(ReleaseRule rule) {
  switch (rule) {
    case ReleaseRule::released:
      return "may be published";
    case ReleaseRule::shielded:
      return "a report names it as a victim's, witness's, reporter's or helpline's: never "
             "published";
    case ReleaseRule::benign:
      return "a platform's own, a helpline's or a verified recruiter's value: never published";
    case ReleaseRule::no_sighting:
      return "no report names it any more";
    case ReleaseRule::tlp_over_charter:
      return "its strictest TLP is above the highest that the community's charter allows";
    case ReleaseRule::type_not_in_charter:
      return "the community's charter does not allow this type";
    case ReleaseRule::role_not_in_charter:
      return "a report names it in a role that the community's charter does not allow";
  }
  return "unknown";
}

}  // namespace bakhita
