// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/error_code.h"

namespace bakhita::session {

std::uint32_t code_of(Error error) { return static_cast<std::uint32_t>(error) + 1; }

std::optional<Error> error_of(std::uint32_t code) {
  if (code == 0 || code > code_of(Error::hidden_records)) return std::nullopt;
  return static_cast<Error>(code - 1);
}

v1::ProtocolError protocol_error(Error error, ByteView request_id) {
  v1::ProtocolError message;
  message.set_code(code_of(error));
  message.set_text(std::string(describe(error)));
  message.set_request_id(request_id.data(), request_id.size());
  return message;
}

v1::Busy busy(Error error, std::uint32_t retry_after_seconds, ByteView request_id) {
  v1::Busy message;
  message.set_code(code_of(error));
  message.set_retry_after(retry_after_seconds);
  message.set_request_id(request_id.data(), request_id.size());
  return message;
}

}  // namespace bakhita::session
