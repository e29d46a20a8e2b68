// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <variant>

#include "bakhita/v1/report.pb.h"
#include "node/intake/problem.h"

namespace bakhita::intake {

/// Reads one IncidentReport in Protobuf's JSON mapping; unknown members are mistakes. `place` is
/// where the text begins and is moved to the mistake. No reason repeats the data.
std::variant<v1::IncidentReport, Problem> report_from_json(std::string_view text, Place place);

}  // namespace bakhita::intake
