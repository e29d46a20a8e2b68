// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/ip/tcp.hpp>
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
/// As it would be parsed.
std::string text_of(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace bakhita::peers
