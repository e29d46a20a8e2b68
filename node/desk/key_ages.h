// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

#include "node/desk/desk.h"

/// How old the node's keys are, so that nobody need remember to replace them.
namespace bakhita::desk {

/// Notes since when the node works with its present keys; to be called at each start, as keys are
/// replaced while it stands still.
void note_keys(Desk& desk);
/// A sentence for each key that is older than it should be, with the command that replaces it:
/// intake after a month, encryption and the keys of a community after a year.
std::vector<std::string> keys_due(const Desk& desk);

}  // namespace bakhita::desk
