// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A YAML file as dotted keys with the places of their values, and the mistakes in it.
namespace bakhita::config {

struct Place {
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1
};

struct Scalar {
  std::string text;
  Place place;
};

/// Gathers every mistake with its place, so that one look at the file mends all.
class Problems {
 public:
  Problems(std::string name, std::string_view text);
  void add(Place place, const std::string& message);
  /// Throws ConfigError with all of them, in the order of the file.
  void refuse_if_any() const;

 private:
  std::string name_;
  std::vector<std::string> lines_;
  std::multimap<std::pair<int, int>, std::string> found_;
};

/// Dotted key → its value, or those of its list.
using Document = std::map<std::string, std::vector<Scalar>>;

/// Reads a document. yaml-cpp takes tabs, aliases, duplicate keys and further documents silently;
/// here each is a problem.
Document read_document(std::string_view text, Problems& problems);

}  // namespace bakhita::config
