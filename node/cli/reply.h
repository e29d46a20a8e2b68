// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "node/cli/cli.h"
#include "node/service/client.h"

/// Asking the daemon, and showing what it says.
namespace bakhita::cli {

using service::Client;
using service::Request;
using service::Response;

/// --socket, else what the configuration says, else the default.
std::filesystem::path socket_path(const Context& context);

/// A conversation with the daemon.
Client connect(const Context& context);

/// One request and its only response.
Response call(const Context& context, const Request& request);

/// A message in Protobuf's JSON mapping: names as in the schema, default values included.
std::string to_json(const google::protobuf::Message& message);

/// The one document of --json: the message with `"v":1`, and members of `more` (`"a":1,"b":2`)
/// besides.
void print_json(const Context& context, const google::protobuf::Message& message,
                const std::string& more = {});

/// What a command did: a line on `out`, or the document of --json.
void print_done(const Context& context, const std::string& message);

/// A string in JSON, quotes included.
std::string json_string(std::string_view text);

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);
/// "1.5 GiB".
std::string byte_size(std::uint64_t bytes);
/// The end of an enumerator's name in lower case: "life_at_risk" of URGENCY_LIFE_AT_RISK.
std::string enum_name(const google::protobuf::EnumDescriptor* type, int value);
/// "a, b, c".
template <class Strings>
std::string joined(const Strings& strings) {
  std::string out;
  for (const auto& text : strings) out += (out.empty() ? "" : ", ") + std::string(text);
  return out;
}

}  // namespace bakhita::cli
