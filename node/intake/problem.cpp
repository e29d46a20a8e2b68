// SPDX-License-Identifier: EUPL-1.2
#include "node/intake/problem.h"

namespace bakhita::intake {

std::string to_string(const Place& place) {
  return place.file + ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
}

}  // namespace bakhita::intake
