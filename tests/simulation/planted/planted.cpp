// SPDX-License-Identifier: EUPL-1.2
#include "tests/simulation/planted/planted.h"

#include <algorithm>
#include <stdexcept>

#include "planted_names.h"

namespace bakhita::simulation {
namespace planted_detail {
int active = -1;
}

const std::vector<std::string>& planted_names() {
  static const std::vector<std::string> names = planted_name_list;
  return names;
}

void plant(std::string_view name) {
  planted_detail::active = -1;
  if (name.empty()) return;
  const auto& names = planted_names();
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) throw std::runtime_error("no such planted bug: " + std::string(name));
  planted_detail::active = static_cast<int>(it - names.begin());
}

}  // namespace bakhita::simulation
