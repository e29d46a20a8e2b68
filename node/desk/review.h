// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/lookups.h"

/// What changed reports demand without anybody asking: locks and advisories are taken back, lookups
/// forgotten, keys destroyed.
namespace bakhita::desk {

/// Works through the identifiers whose reports changed (Table::reviews, written with the change, so
/// that a crash loses none). Durable on return; returns how many locks and advisories were taken
/// back.
std::size_t review(Desk& desk, Lookups& lookups, const std::string& actor);

/// Destroys the report's key, takes back what was published for it, and destroys the keys under
/// which the node ever kept the identifiers as the report named them. Nothing when there is no such
/// report.
std::optional<admin::v1::ReportErased> erase_report(Desk& desk, Lookups& lookups,
                                                    const admin::v1::ReportErase& request);

}  // namespace bakhita::desk
