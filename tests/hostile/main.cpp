// SPDX-License-Identifier: EUPL-1.2
// hostile_peer CONFIG COUNTRY ATTACK: a paired member that breaks the protocol against the node of
// a country.
#include <algorithm>
#include <iostream>

#include "tests/hostile/caller.h"
#include "tests/hostile/origin.h"

int main(int argc, char** argv) {
  using namespace bakhita::hostile;
  const auto callers = caller_attacks();
  const auto origins = origin_attacks();
  if (argc != 4) {
    std::cerr << "usage: hostile_peer CONFIG COUNTRY ATTACK\n";
    for (const auto* attacks : {&callers, &origins})
      for (const std::string& name : *attacks) std::cerr << "  " << name << "\n";
    return 2;
  }
  try {
    const Member member(argv[1], argv[2]);
    if (std::find(origins.begin(), origins.end(), argv[3]) != origins.end())
      serve(member, argv[3]);
    else
      call(member, argv[3]);
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << "\n";
    return 1;
  }
}
