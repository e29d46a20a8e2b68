// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <memory>

#include "protocol/codes/codes.h"
#include "protocol/identifier/canonical.h"

namespace bakhita::simulation {

/// The shipped tables, parsed once.
const CodeLists& codes();
std::shared_ptr<const IdentifierTables> identifier_tables();

}  // namespace bakhita::simulation
