// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "bakhita/admin/v1/admin.pb.h"

/// The rules of a community as an operator writes them: a YAML file, see the how-to on governing.
namespace bakhita::cli {

/// Throws CommandError with `what`, line and column: unknown or repeated keys, wrong values.
admin::v1::CharterRules read_charter_rules(const std::string& yaml, const std::string& what);

/// "AMBER" as in LockSummary.tlp; 0 when it is none.
std::uint32_t tlp_number(std::string_view name);
/// "TLP:AMBER"; empty when it is none.
std::string tlp_name(std::uint32_t number);

}  // namespace bakhita::cli
