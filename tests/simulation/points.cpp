// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/points.h"

namespace bakhita::simulation {

std::map<std::string, std::uint64_t>& Point::registry() {
  static std::map<std::string, std::uint64_t> points;
  return points;
}

void reach(const std::string& name) {
  const auto it = Point::registry().find(name);
  if (it == Point::registry().end()) throw std::logic_error("no such point: " + name);
  ++it->second;
}

void register_points(const std::string& prefix, std::initializer_list<const char*> names) {
  for (const char* name : names) Point::registry()[prefix + name];
}

}  // namespace bakhita::simulation
