// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <set>
#include <string>
#include <vector>

#include "node/desk/desk.h"

/// What a peer's request is about: it names an indicator of ours by the ref that its match showed.
namespace bakhita::desk {

/// Ids of our reports that the ref stands for, as long as the indicator is published. Walks the
/// blind index: some seconds for a million identifiers.
std::vector<std::string> reports_behind(const Desk& desk, const CommunityId& community,
                                        const std::string& ref);

/// The refs under which identifiers of the report are published now, in any community.
std::set<std::string> refs_of_report(const Desk& desk, const std::string& report_id);

}  // namespace bakhita::desk
