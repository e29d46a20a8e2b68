// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <google/protobuf/message.h>

#include "protocol/bytes.h"
#include "protocol/error.h"

namespace bakhita::session {

/// Walks serialised bytes along their schema, without allocating, before Protobuf sees them: 2
/// bytes of empty submessage become 88 in memory. Refuses groups, fields of another wire type than
/// the schema's, nesting over limits::message_depth_max, more than limits::message_fields_max
/// fields in all, and more than a few unknown ones.
Result<void> check_wire(ByteView bytes, const google::protobuf::Descriptor& schema);

/// check_wire, then parse.
template <class Message>
Result<Message> parse(ByteView bytes) {
  const auto walked = check_wire(bytes, *Message::descriptor());
  if (!walked) return walked.error();
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return Error::malformed;
  return message;
}

}  // namespace bakhita::session
