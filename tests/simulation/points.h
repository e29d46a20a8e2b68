// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>

/// Points of the simulation that must be reached some time, and statements that must always hold.
namespace bakhita::simulation {

/// A statement that does not hold: the run has found a bug, of the product or of the simulator.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One SOMETIMES in the sources. They register before main(), so that one which is never reached
/// is known too.
class Point {
 public:
  explicit Point(const char* name) : hits_(registry()[name]) {}
  void hit() { ++hits_; }
  static std::map<std::string, std::uint64_t>& registry();

 private:
  std::uint64_t& hits_;
};

/// Makes its static at program start, as an unnamed function's static would only when passed.
template <class Name>
struct RegisteredPoint {
  static inline Point point{Name::value()};
};

/// Points whose name is only known when it runs: one for each value of a list, registered by it.
void reach(const std::string& name);
void register_points(const std::string& prefix, std::initializer_list<const char*> names);

inline void always(bool condition, const std::string& what) {
  if (!condition) throw Violation(what);
}

}  // namespace bakhita::simulation

#define SOMETIMES(condition, text)                                              \
  do {                                                                          \
    struct PointName {                                                          \
      static const char* value() { return text; }                               \
    };                                                                          \
    auto& the_point = ::bakhita::simulation::RegisteredPoint<PointName>::point; \
    if (condition) the_point.hit();                                             \
  } while (false)
