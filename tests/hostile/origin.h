// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

#include "tests/hostile/member.h"

namespace bakhita::hostile {

std::vector<std::string> origin_attacks();
/// Listens at the member's address with a feed of its own, and lies in one way. Each line on
/// standard input makes the feed one record longer, or for `split-view` another one of the same
/// size; the end of standard input ends it.
void serve(const Member& member, const std::string& attack);

}  // namespace bakhita::hostile
