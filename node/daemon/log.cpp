// SPDX-License-Identifier: EUPL-1.2
#include "node/daemon/log.h"

#include <google/protobuf/stubs/logging.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace bakhita::log {
namespace {

constexpr std::size_t value_size_max = 200;
Format chosen_format = Format::text;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (char c : value.substr(0, value_size_max)) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return out + '"';
}

// Protobuf names the field of a peer's frame that is no UTF-8; the frame is refused by its reader
// anyway.
void protobuf_said(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  event(Level::debug, "protobuf", {{"message", message}});
}

}  // namespace

void start(Level least, Format format) {
  chosen_format = format;
  auto logger = std::make_shared<spdlog::logger>("bakhita",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  spdlog::set_default_logger(logger);
  google::protobuf::SetLogHandler(protobuf_said);
  spdlog::set_level(to_spdlog(least));
  spdlog::flush_on(spdlog::level::debug);
  spdlog::set_pattern(format == Format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                             : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                      spdlog::pattern_time_type::utc);
}

void event(Level level, std::string_view name, std::initializer_list<Field> fields) {
  const bool json = chosen_format == Format::json;
  std::string line = json ? "\"event\":" + quoted(name) : std::string(name);
  for (const Field& field : fields) {
    line += json ? "," + quoted(field.name) + ":" : " " + std::string(field.name) + "=";
    line += quoted(field.value);
  }
  spdlog::log(to_spdlog(level), "{}", line);
}

}  // namespace bakhita::log
