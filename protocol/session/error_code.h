// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "bakhita/v1/frame.pb.h"
#include "protocol/bytes.h"
#include "protocol/error.h"

/// Errors as they stand in Busy.code and ProtocolError.code: 0 says nothing, else the Error plus
/// one.
namespace bakhita::session {

std::uint32_t code_of(Error error);
/// Nothing for codes of later versions.
std::optional<Error> error_of(std::uint32_t code);

/// The answer to a lookup that can never be served; its text is the error's sentence and no more.
v1::ProtocolError protocol_error(Error error, ByteView request_id = {});
/// The answer to a lookup that cannot be served now.
v1::Busy busy(Error error, std::uint32_t retry_after_seconds, ByteView request_id = {});

}  // namespace bakhita::session
