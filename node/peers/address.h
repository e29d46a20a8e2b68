// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bakhita::peers {

struct HostPort {
  std::string host;
  std::string port;  ///< digits
};

/// "host:port", "1.2.3.4:port", "[v6]:port".
std::optional<HostPort> parse_host_port(std::string_view text);

}  // namespace bakhita::peers
