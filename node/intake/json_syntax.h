// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bakhita::intake {

struct JsonMistake {
  std::size_t offset = 0;  ///< byte
  std::string reason;
};

/// The first place where `text` is no JSON object by RFC 8259, or is nested deeper than limits.h
/// allows; nothing when it is fine. Does not recurse. Protobuf's own reader is laxer (names without
/// quotes, commas at the end), and its messages repeat the data.
std::optional<JsonMistake> find_json_mistake(std::string_view text);

}  // namespace bakhita::intake
