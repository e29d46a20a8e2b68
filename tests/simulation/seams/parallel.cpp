// SPDX-License-Identifier: EUPL-1.2
// In the place of node/desk/parallel.cpp: one thread, in order.
#include "node/desk/parallel.h"

namespace bakhita::desk {

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
  for (std::size_t i = 0; i < count; ++i) work(i);
}

}  // namespace bakhita::desk
