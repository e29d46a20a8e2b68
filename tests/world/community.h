// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "tests/simulation/node.h"

namespace bakhita::world {

using Nodes = std::vector<std::unique_ptr<simulation::Node>>;

/// One community of simulated machines, and its newest charter.
struct Community {
  std::set<std::size_t> members;  ///< by index
  std::uint32_t epoch = 0, key_epoch = 1;
  v1::SignedCharter charter;
};

/// The next charter, signed by all its members, with the secret of its key epoch sealed to each.
void renew_charter(Community& community, const Nodes& nodes);
/// The operators of two nodes have verified each other.
void introduce(simulation::Node& node, const simulation::Node& other);
/// The operator of `node` brings the newest charter.
void accept_charter(const Community& community, simulation::Node& node);

}  // namespace bakhita::world
