// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

namespace bakhita::simulation {

class World;

/// Operators write to each other, answer, ask back, refuse and give feedback.
void plan_letters(World& world);
/// Each letter that its writer saw off has come, once; and none has come twice. Empty, or which
/// has not.
std::string missing_letter(World& world);

}  // namespace bakhita::simulation
