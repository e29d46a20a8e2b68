// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string_view>

namespace bakhita::simulation {

/// A stream of numbers that follows from a seed and a name alone. Each subsystem of each node has
/// its own, so that one more draw in one place shifts nothing in another.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  Random fork(std::string_view name, std::uint64_t index = 0) const {
    std::uint64_t mixed = state_ ^ 0x9e37'79b9'7f4a'7c15;
    for (char c : name) mixed = (mixed ^ static_cast<std::uint8_t>(c)) * 0x0000'0100'0000'01b3;
    Random out(mixed + index * 0xd1b5'4a32'd192'ed03);
    out.next();
    return out;
  }
  /// SplitMix64.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e37'79b9'7f4a'7c15);
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
    return z ^ (z >> 31);
  }
  /// In [0, bound); 0 when the bound is 0.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  /// In [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double probability) { return unit() < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace bakhita::simulation
