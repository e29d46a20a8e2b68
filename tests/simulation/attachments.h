// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "bakhita/v1/letter.pb.h"
#include "tests/simulation/truth.h"

namespace bakhita::simulation {

class World;

/// Now and then an operator attaches files: their pieces are kept one after the other, as the
/// command hands them over, and the letter names them. False when the machine failed meanwhile.
bool attach_files(World& world, Node& node, KnownLetter& known, v1::Letter& letter);
/// Which files are there in part: a crash or a cut connection must not begin them anew.
void watch_files(World& world);
/// Of a letter that has come: all its files are whole, and are what was attached. Empty, or which
/// is not.
std::string missing_file(Node& recipient, const Node& sender, KnownLetter& letter);

}  // namespace bakhita::simulation
