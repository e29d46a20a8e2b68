// SPDX-License-Identifier: EUPL-1.2
#include "config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "config/config.h"

namespace bakhita::config {
namespace {

constexpr int depth_max = 3;

/// Flattens the document to dotted keys. yaml-cpp keeps duplicate keys and further documents
/// silently; its events show both.
class Flatten : public YAML::EventHandler {
 public:
  explicit Flatten(Problems& problems) : problems_(problems) {}
  Document values;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { scalar(mark, ""); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    problems_.add(place(mark), "aliases are not allowed here");
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    scalar(mark, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    if (levels_.empty() || in_sequence_ || expects_key())
      problems_.add(place(mark), "a list is not allowed here");
    in_sequence_ = true;
    if (!levels_.empty()) values[path()];
  }
  void OnSequenceEnd() override {
    in_sequence_ = false;
    if (!levels_.empty()) levels_.back().key.reset();
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    if (in_sequence_ || levels_.size() >= depth_max) problems_.add(place(mark), "nested too deep");
    levels_.emplace_back();
  }
  void OnMapEnd() override {
    levels_.pop_back();
    if (!levels_.empty()) levels_.back().key.reset();
  }

 private:
  struct Level {
    std::set<std::string> seen;
    std::optional<std::string> key;
  };
  static Place place(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }
  bool expects_key() const { return !levels_.empty() && !levels_.back().key; }
  std::string path() const {
    std::string out;
    for (const Level& level : levels_)
      if (level.key) out += (out.empty() ? "" : ".") + *level.key;
    return out;
  }
  void scalar(const YAML::Mark& mark, const std::string& value) {
    if (levels_.empty()) return problems_.add(place(mark), "expected `key: value` lines");
    if (!in_sequence_ && expects_key()) {
      if (!levels_.back().seen.insert(value).second)
        problems_.add(place(mark), "the key " + value + " stands here twice");
      levels_.back().key = value;
      return;
    }
    values[path()].push_back({value, place(mark)});
    key_places_.emplace(path(), place(mark));
    if (!in_sequence_) levels_.back().key.reset();
  }

  Problems& problems_;
  std::vector<Level> levels_;
  bool in_sequence_ = false;
  std::map<std::string, Place> key_places_;
};

void read_events(std::string_view text, Flatten& flat, Problems& problems) {
  std::istringstream in{std::string(text)};
  YAML::Parser parser(in);
  try {
    parser.HandleNextDocument(flat);
    Flatten further(problems);
    if (parser.HandleNextDocument(further))
      problems.add({1, 1}, "the file holds more than one document");
  } catch (const YAML::Exception& problem) {
    problems.add({problem.mark.line + 1, problem.mark.column + 1}, problem.msg);
  }
}

void refuse_tabs(std::string_view text, Problems& problems) {
  int line = 1, column = 1;
  for (char c : text) {
    if (c == '\t') problems.add({line, column}, "a tab; YAML is indented with spaces");
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n';
  }
}

}  // namespace

Problems::Problems(std::string name, std::string_view text) : name_(std::move(name)) {
  std::string line;
  std::istringstream in{std::string(text)};
  while (std::getline(in, line)) lines_.push_back(line);
}

void Problems::add(Place place, const std::string& message) {
  std::ostringstream out;
  out << name_ << ":" << place.line << ":" << place.column << ": " << message << "\n";
  if (place.line >= 1 && static_cast<std::size_t>(place.line) <= lines_.size()) {
    out << "  " << lines_[static_cast<std::size_t>(place.line) - 1].substr(0, 160) << "\n  ";
    out << std::string(static_cast<std::size_t>(std::min(place.column, 160) - 1), ' ') << "^\n";
  }
  found_.emplace(std::pair(place.line, place.column), out.str());
}

void Problems::refuse_if_any() const {
  if (found_.empty()) return;
  std::string all;
  for (const auto& [place, message] : found_) all += message;
  all.pop_back();
  throw ConfigError(all);
}

Document read_document(std::string_view text, Problems& problems) {
  refuse_tabs(text, problems);
  problems.refuse_if_any();
  Flatten flat(problems);
  read_events(text, flat, problems);
  return std::move(flat.values);
}

}  // namespace bakhita::config
