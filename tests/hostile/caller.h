// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

#include "tests/hostile/member.h"

namespace bakhita::hostile {

std::vector<std::string> caller_attacks();
/// Calls the victim and breaks the protocol in one way. Prints a line for each answer (`error: …`,
/// `busy: …`, `evaluated`, `data`), and `closed` when the victim hung up; for attacks on TLS
/// `refused`, or `greeted` when the victim went on to its Hello. An attack that stalls
/// prints `stalled`, and holds the connection until standard input ends.
void call(const Member& member, const std::string& attack);

}  // namespace bakhita::hostile
