// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/wire.h"

#include <google/protobuf/descriptor.h>

#include "protocol/limits.h"

namespace bakhita::session {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, sized = 2, fixed32 = 5 };

/// A later version may say a little more than this one; Protobuf pays dearly for each unknown
/// field.
constexpr std::size_t unknown_fields_max = 64;

WireType wire_type_of(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return WireType::fixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return WireType::fixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
    case FieldDescriptor::TYPE_GROUP:
      return WireType::sized;
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_UINT64:
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_BOOL:
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_ENUM:
    case FieldDescriptor::TYPE_SINT32:
    case FieldDescriptor::TYPE_SINT64:
      return WireType::varint;
  }
  return WireType::sized;
}

/// At most ten bytes, the last of them 0 or 1: nothing that a 64-bit number cannot hold.
std::optional<std::uint64_t> read_varint(ByteReader& reader) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const std::uint8_t byte = reader.u8();
    if (!reader.ok() || (shift == 63 && byte > 1)) return std::nullopt;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

class Walk {
 public:
  Result<void> message(ByteView bytes, const Descriptor& schema, int depth) {
    if (depth > limits::message_depth_max) return Error::malformed;
    ByteReader reader(bytes);
    while (!reader.finished()) {
      const auto walked = field(reader, schema, depth);
      if (!walked) return walked.error();
    }
    return {};
  }

 private:
  Result<void> field(ByteReader& reader, const Descriptor& schema, int depth) {
    const auto tag = read_varint(reader);
    if (!tag || *tag > 0xffff'ffff || *tag >> 3 == 0) return Error::malformed;
    if (++fields_ > limits::message_fields_max) return Error::too_large;
    const auto* known = schema.FindFieldByNumber(static_cast<int>(*tag >> 3));
    if (known == nullptr && ++unknown_ > unknown_fields_max) return Error::too_large;
    const auto wire = static_cast<WireType>(*tag & 7);
    const bool packed = known != nullptr && known->is_packable() && wire == WireType::sized;
    if (known != nullptr && wire != wire_type_of(*known) && !packed) return Error::malformed;
    const auto content = value(reader, wire);
    if (!content) return content.error();
    if (known != nullptr && known->message_type() != nullptr)
      return message(*content, *known->message_type(), depth + 1);
    return {};
  }

  /// Skips a value; the content of a sized one.
  static Result<ByteView> value(ByteReader& reader, WireType wire) {
    ByteView content;
    switch (wire) {
      case WireType::varint:
        if (!read_varint(reader)) return Error::malformed;
        break;
      case WireType::fixed64:
        reader.raw(8);
        break;
      case WireType::fixed32:
        reader.raw(4);
        break;
      case WireType::sized: {
        const auto size = read_varint(reader);
        if (!size || *size > reader.rest().size()) return Error::malformed;
        content = reader.raw(static_cast<std::size_t>(*size));
        break;
      }
      default:
        return Error::malformed;  // groups, and the two numbers without a meaning
    }
    if (!reader.ok()) return Error::malformed;
    return content;
  }

  std::size_t fields_ = 0;
  std::size_t unknown_ = 0;
};

}  // namespace

Result<void> check_wire(ByteView bytes, const Descriptor& schema) {
  return Walk().message(bytes, schema, 1);
}

}  // namespace bakhita::session
