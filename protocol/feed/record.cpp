// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/record.h"

#include "protocol/feed/merkle.h"
#include "protocol/limits.h"

namespace bakhita {
namespace {

constexpr std::uint8_t header_version = 1;

template <class Unsigned>
std::uint8_t* store(std::uint8_t* at, Unsigned value) {
  for (int shift = static_cast<int>(sizeof(Unsigned)) * 8 - 8; shift >= 0; shift -= 8)
    *at++ = static_cast<std::uint8_t>(value >> shift);
  return at;
}

}  // namespace

ByteArray<header_size> encode(const Header& header) {
  ByteArray<header_size> out;
  out[0] = header_version;
  out[1] = static_cast<std::uint8_t>(header.kind);
  std::uint8_t* at = store(out.data() + 2, header.flags);
  at = store(at, header.issued_hour);
  at = store(at, header.expiry_day);
  at = store(at, header.body_size);
  std::memcpy(at, header.commit.data(), header.commit.size());
  return out;
}

Result<Header> parse_header(ByteView bytes) {
  if (bytes.size() != header_size) return Error::malformed;
  ByteReader reader(bytes);
  if (reader.u8() != header_version) return Error::unknown_version;
  Header out;
  const std::uint8_t kind = reader.u8();
  if (kind < static_cast<std::uint8_t>(RecordKind::lock) ||
      kind > static_cast<std::uint8_t>(RecordKind::floor))
    return Error::malformed;
  out.kind = static_cast<RecordKind>(kind);
  out.flags = reader.u16();
  out.issued_hour = reader.u32();
  out.expiry_day = reader.u32();
  out.body_size = reader.u32();
  if (out.body_size > limits::record_body_size_max) return Error::too_large;
  ByteView commit = reader.raw(out.commit.size());
  std::memcpy(out.commit.data(), commit.data(), commit.size());
  return out;
}

Hash commit_to(ByteView body) {
  static constexpr ByteArray<15> prefix{'b', 'a', 'k', 'h', 'i', 't', 'a', '/',
                                        '1', '/', 'b', 'o', 'd', 'y', 0};
  return sha256(prefix[0], ByteView(prefix).subspan(1), body);
}

Hash leaf_hash(ByteView header) { return sha256(0x00, header); }

Record make_record(RecordKind kind, std::uint32_t issued_hour, std::uint32_t expiry_day,
                   Bytes body) {
  Header header{.kind = kind,
                .flags = 0,
                .issued_hour = issued_hour,
                .expiry_day = expiry_day,
                .body_size = static_cast<std::uint32_t>(body.size()),
                .commit = commit_to(body)};
  return {header, std::move(body)};
}

}  // namespace bakhita
