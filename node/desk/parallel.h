// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstddef>
#include <functional>

namespace bakhita::desk {

/// Calls work(i) for i in [0, count) on as many threads as there are cores. The first exception is
/// thrown on.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace bakhita::desk
