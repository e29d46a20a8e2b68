// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/bytes.h"
#include "protocol/error.h"

/// Records of a feed: a 48-byte header that stays, and a body that can be erased (exchange: feed).
namespace bakhita {

enum class RecordKind : std::uint8_t {
  lock = 1,
  open = 2,
  withdraw = 3,
  oprf_key = 4,
  policy = 5,
  advisory = 6,
  challenge = 7,
  close = 8,
  floor = 9,
};

inline constexpr std::size_t header_size = 48;

struct Header {
  RecordKind kind = RecordKind::lock;
  std::uint16_t flags = 0;
  std::uint32_t issued_hour = 0;  ///< hours since 1970-01-01T00Z
  std::uint32_t expiry_day = 0;   ///< days since 1970-01-01
  std::uint32_t body_size = 0;    ///< bytes
  Hash commit{};
  bool operator==(const Header&) const = default;
};

struct Record {
  Header header;
  Bytes body;
};

ByteArray<header_size> encode(const Header& header);
/// Refuses other versions, unknown kinds and bodies over limits.h.
Result<Header> parse_header(ByteView bytes);
/// H("bakhita/1/body" ‖ 0x00 ‖ body).
Hash commit_to(ByteView body);
/// H(0x00 ‖ header).
Hash leaf_hash(ByteView header);
/// The header that fits the body.
Record make_record(RecordKind kind, std::uint32_t issued_hour, std::uint32_t expiry_day,
                   Bytes body);

}  // namespace bakhita
