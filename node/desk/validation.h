// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "node/desk/desk.h"

namespace bakhita::desk {

/// Checks a report and fills in the system and version of its codes. Returns what is wrong, naming
/// the field and the nearest valid value, or nothing.
std::string validate(const CodeLists& codes, v1::IncidentReport& report);

}  // namespace bakhita::desk
