// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <functional>

#include "protocol/session/settings.h"

namespace bakhita::peers {

/// Waits that double, each cut by up to a half at random: nodes that lost each other together do
/// not come back together.
class Backoff {
 public:
  Backoff(session::Time shortest, session::Time longest, std::function<double()> jitter)
      : shortest_(shortest), longest_(longest), next_(shortest), jitter_(std::move(jitter)) {}

  session::Time next() {
    const double share = 1 - jitter_() / 2;
    const auto wait =
        session::Time(static_cast<session::Time::rep>(static_cast<double>(next_.count()) * share));
    next_ = std::min(longest_, next_ * 2);
    return wait;
  }
  void reset() { next_ = shortest_; }

 private:
  session::Time shortest_;
  session::Time longest_;
  session::Time next_;
  std::function<double()> jitter_;
};

}  // namespace bakhita::peers
