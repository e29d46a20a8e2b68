// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

/// What all benchmarks share: a stopwatch, percentiles, and one JSON line for each figure.
namespace bakhita::bench {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// {"figure":…,"value":…,"unit":…}; `beside` is a further field such as "\"bare\":1.5".
inline void print(const std::string& figure, double value, const std::string& unit,
                  const std::string& beside = {}) {
  std::printf("{\"figure\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"%s%s}\n", figure.c_str(), value,
              unit.c_str(), beside.empty() ? "" : ",", beside.c_str());
  std::fflush(stdout);
}

inline double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values.at(std::min(values.size() - 1,
                            static_cast<std::size_t>(share * static_cast<double>(values.size()))));
}

inline double peak_memory_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// Resident now, of the whole process.
inline double memory_kib() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

}  // namespace bakhita::bench
