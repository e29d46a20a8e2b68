// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <cstdint>

#include "node/cli/cli.h"

namespace bakhita::cli {

/// How far a long command is, on `err`: a bar on a terminal, else a line every ten seconds.
class Progress {
 public:
  explicit Progress(const Context& context) : context_(context) {}
  /// Cheap to call often. `done` and `total` are bytes, `items` what is counted for people.
  void update(std::uint64_t done, std::uint64_t total, std::uint64_t items);
  /// Removes the bar, so that a message can be printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  const Context& context_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_ = start_;
  bool bar_ = false;  ///< one stands on the screen
};

}  // namespace bakhita::cli
