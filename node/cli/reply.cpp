// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/reply.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <array>
#include <ostream>

#include "node/cli/key_access.h"
#include "node/cli/terminal_text.h"

namespace bakhita::cli {

std::filesystem::path socket_path(const Context& context) {
  if (!context.socket.empty()) return context.socket;
  if (!context.config_given && !std::filesystem::exists(context.config)) return socket_default;
  return load_config(context).admin_socket;
}

Client connect(const Context& context) { return Client(socket_path(context), context.timeout); }

Response call(const Context& context, const Request& request) {
  return connect(context).call(request);
}

std::string to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) throw CommandError(ExitCode::failed, "the answer has no JSON form");
  return json;
}

void print_json(const Context& context, const google::protobuf::Message& message,
                const std::string& more) {
  const std::string members = to_json(message).substr(1);  // behind the opening brace
  context.out << "{\"v\":1" << (more.empty() ? "" : ",") << more << (members == "}" ? "" : ",")
              << members << '\n';
}

void print_done(const Context& context, const std::string& message) {
  admin::v1::Done done;
  done.set_message(message);
  if (context.json) return print_json(context, done);
  context.out << printable(message) << '\n';
}

std::string json_string(std::string_view text) {
  google::protobuf::Value value;
  value.set_string_value(std::string(text));
  return to_json(value);
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string byte_size(std::uint64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  auto tenths = static_cast<std::uint64_t>(bytes) * 10;
  while (tenths >= 10'240 && unit + 1 < units.size()) {
    tenths /= 1024;
    ++unit;
  }
  std::string number = std::to_string(tenths / 10);
  if (unit > 0 && tenths < 1000) number += "." + std::to_string(tenths % 10);
  return number + " " + units[unit];
}

std::string enum_name(const google::protobuf::EnumDescriptor* type, int value) {
  const auto* found = type->FindValueByNumber(value);
  if (found == nullptr) return std::to_string(value);
  if (value == 0) return "";
  const std::string& zero = type->FindValueByNumber(0)->name();  // PREFIX_UNSPECIFIED
  std::string name = found->name().substr(zero.size() - std::string_view("UNSPECIFIED").size());
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

}  // namespace bakhita::cli
