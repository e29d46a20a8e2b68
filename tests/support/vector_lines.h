// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <unicode/utf8.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/source_folder.h"

namespace bakhita::testing_support {

/// A line of tests/vectors/canonical (its README says what the columns are), escapes undone.
struct VectorLine {
  int number = 0;
  std::string relation, a, b, region;
};

inline void append_utf8(std::string& out, unsigned c) {
  std::uint8_t bytes[U8_MAX_LENGTH];
  std::int32_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, c);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

/// Undoes \u{hex} (a character) and \xhh (a byte).
inline std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
    } else if (text.compare(i, 2, "\\x") == 0) {
      out += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else if (text.compare(i, 3, "\\u{") == 0) {
      const std::size_t end = text.find('}', i);
      append_utf8(out,
                  static_cast<unsigned>(std::stoul(text.substr(i + 3, end - i - 3), nullptr, 16)));
      i = end;
    } else {
      throw std::runtime_error("a backslash that begins no escape: " + text);
    }
  }
  return out;
}

inline std::vector<VectorLine> vector_lines(const std::string& file) {
  std::ifstream in(testing_support::in_source_folder("tests/vectors/canonical/") + file,
                   std::ios::binary);
  if (!in) throw std::runtime_error("no vectors " + file);
  std::vector<VectorLine> out;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> columns{""};
    for (char c : line)
      if (c == '\t')
        columns.emplace_back();
      else
        columns.back() += c;
    if (columns.size() != 4) throw std::runtime_error(file + ": a line without four columns");
    out.push_back({number, columns[0], unescaped(columns[1]), unescaped(columns[2]), columns[3]});
  }
  return out;
}

}  // namespace bakhita::testing_support
