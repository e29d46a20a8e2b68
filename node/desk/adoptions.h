// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/advisories.h"
#include "node/desk/lookups.h"

/// The registry of positive use: values of advisories that a person of this node adopted. They are
/// benign here: not published, not looked up, their matches forgotten. Nothing is adopted by
/// itself, so that no member can make another blind to a value.
namespace bakhita::desk {

/// Nothing when there is none of that id. Throws AdvisoryRefused when own reports name a value on
/// the suspect's side and the request does not say `despite_reports`.
std::optional<admin::v1::AdvisoryView> adopt_advisory(Desk& desk, Lookups& lookups,
                                                      const admin::v1::AdvisoryChange& request);
std::optional<admin::v1::AdvisoryView> drop_advisory(Desk& desk,
                                                     const admin::v1::AdvisoryChange& request);
bool is_adopted(const Desk& desk, const store::IdentifierHash& identifier);
bool is_adopted(const Desk& desk, const RecordName& advisory);
/// Values of advisories that are in force no more are no longer benign here.
void settle_adoptions(Desk& desk);

/// Own reports that name one of the values on the suspect's side.
std::vector<std::string> reports_against(const Desk& desk, const v1::Advisory& advisory);

}  // namespace bakhita::desk
