// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/canon_batch.h"

#include <unicode/utf8.h>

#include <charconv>
#include <istream>
#include <ostream>
#include <vector>

#include "node/cli/cli.h"
#include "node/cli/reply.h"

namespace bakhita::cli {
namespace {

class LineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// False at the end of the input. A line that is too long is no reason to hold all of it.
bool read_line(std::istream& in, std::string& line) {
  line.clear();
  for (char c = 0; in.get(c);) {
    if (c == '\n') return true;
    if (line.size() == batch_line_size_max)
      throw LineError("longer than " + std::to_string(batch_line_size_max) + " bytes");
    line += c;
  }
  return !line.empty();
}

unsigned hexadecimal(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    throw LineError("an escape without hexadecimal digits");
  return value;
}

void append_utf8(std::string& out, unsigned c) {
  std::uint8_t bytes[U8_MAX_LENGTH];
  std::int32_t size = 0;
  UBool is_no_character = false;
  U8_APPEND(bytes, size, U8_MAX_LENGTH, c, is_no_character);
  if (is_no_character) throw LineError("\\u{…} is no character");
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::string unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() != '\\') {
      out += text.front();
      text.remove_prefix(1);
    } else if (text.starts_with("\\\\")) {
      out += '\\';
      text.remove_prefix(2);
    } else if (text.starts_with("\\x") && text.size() >= 4) {
      out += static_cast<char>(hexadecimal(text.substr(2, 2)));
      text.remove_prefix(4);
    } else if (const std::size_t end = text.find('}');
               text.starts_with("\\u{") && end != std::string_view::npos) {
      append_utf8(out, hexadecimal(text.substr(3, end - 3)));
      text.remove_prefix(end + 1);
    } else {
      throw LineError("a backslash that begins no escape; write \\\\ for a backslash");
    }
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text)
    if (c == '\x1f')
      out += "\\u{1f}";
    else if (c == '\\')
      out += "\\\\";
    else
      out += c;
  return out;
}

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t tab = line.find('\t');
    out.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return out;
    line.remove_prefix(tab + 1);
  }
}

Canonical canonical_of(const IdentifierTables& tables, std::string_view line) {
  const auto columns = columns_of(line);
  if (columns.size() < 2 || columns.size() > 3)
    throw LineError("expected type, written form and perhaps a region, with tabs between");
  const auto type = identifier_type(columns[0]);
  if (!type) throw LineError("unknown type; the types are phone, email, account, …");
  return canonicalise(tables, *type, unescaped(columns[1]),
                      columns.size() == 3 ? columns[2] : std::string_view());
}

std::string text_line(const Canonical& form) {
  if (const auto* refusal = std::get_if<Refusal>(&form))
    return "refused\t" + std::string(name_of(*refusal));
  return "form\t" + escaped(std::get<std::string>(form));
}

std::string json_line(const Canonical& form) {
  const auto* refusal = std::get_if<Refusal>(&form);
  return refusal != nullptr ? "{\"v\":1,\"refused\":" + json_string(name_of(*refusal)) + "}"
                            : "{\"v\":1,\"form\":" + json_string(std::get<std::string>(form)) + "}";
}

}  // namespace

void canon_batch(const IdentifierTables& tables, std::istream& in, std::ostream& out, bool json) {
  std::size_t number = 1;
  try {
    for (std::string line; read_line(in, line); ++number)
      if (!line.empty() && line.front() != '#') {
        const Canonical form = canonical_of(tables, line);
        out << (json ? json_line(form) : text_line(form)) << '\n';
      }
  } catch (const LineError& error) {
    throw CommandError(ExitCode::usage,
                       "line " + std::to_string(number) + ": " + std::string(error.what()),
                       "a line is TYPE, a tab, the written form, and perhaps a tab and a region");
  }
}

}  // namespace bakhita::cli
