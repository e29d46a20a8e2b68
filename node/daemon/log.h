// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

/// Structured logs without personal data: an event name and named fields, nothing free-form.
namespace bakhita::log {

enum class Level : std::uint8_t { debug, info, warning, error };
enum class Format : std::uint8_t { text, json };

/// One named value. Only the daemon's own words, counts, countries, node ids and error sentences go
/// in; report and identifier types do not convert.
struct Field {
  std::string_view name;
  std::string value;
  Field(std::string_view field, std::string_view text) : name(field), value(text) {}
  Field(std::string_view field, const char* text) : name(field), value(text) {}
  Field(std::string_view field, std::uint64_t number)
      : name(field), value(std::to_string(number)) {}
};

/// Sets where lines go: standard error, which the service manager's journal reads.
void start(Level least, Format format);
/// Writes one line. Values are cut at 200 bytes and control characters replaced: some come from
/// peers.
void event(Level level, std::string_view name, std::initializer_list<Field> fields = {});

}  // namespace bakhita::log
