// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <cmath>

#include "protocol/session/settings.h"

namespace bakhita::session {

/// Meters a peer. A cost may go into debt once; until it is repaid nothing more is read, so a
/// flooder waits in its own TCP window and costs others nothing.
class TokenBucket {
 public:
  explicit TokenBucket(Rate rate) : rate_(rate), tokens_(rate.burst) {}

  void spend(double cost, Time now) {
    refill(now);
    tokens_ -= cost;
  }
  /// Not in debt.
  bool ready(Time now) {
    refill(now);
    return tokens_ >= 0;
  }
  /// When the debt will be repaid; `now` when there is none.
  Time ready_at(Time now) {
    refill(now);
    if (tokens_ >= 0) return now;
    return now + Time(static_cast<Time::rep>(std::ceil(-tokens_ * 1000 / rate_.per_second)));
  }

 private:
  void refill(Time now) {
    if (now <= last_) return;
    const double seconds = static_cast<double>((now - last_).count()) / 1000;
    tokens_ = std::min(rate_.burst, tokens_ + seconds * rate_.per_second);
    last_ = now;
  }

  Rate rate_;
  double tokens_;
  Time last_{0};
};

}  // namespace bakhita::session
