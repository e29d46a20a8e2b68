// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bakhita {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;
/// SHA-256 output: leaf, node, root, commitment, pin.
using Hash = ByteArray<32>;

/// The Ed25519 identity key of a node, which is its name.
struct NodeId {
  ByteArray<32> bytes{};
  auto operator<=>(const NodeId&) const = default;
};

/// The random name of a community.
struct CommunityId {
  ByteArray<16> bytes{};
  auto operator<=>(const CommunityId&) const = default;
};

/// One append-only log: an origin's feed in a community. A generation ends only after a loss.
struct FeedId {
  CommunityId community;
  NodeId origin;
  std::uint32_t generation = 1;
  auto operator<=>(const FeedId&) const = default;
};

/// Views text as bytes. The view lives as long as the text.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
/// Views bytes as text, for Protobuf and RocksDB. The view lives as long as the bytes.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

/// Copies exactly N bytes, or nothing if the length differs.
template <std::size_t N>
std::optional<ByteArray<N>> to_array(ByteView view) {
  if (view.size() != N) return std::nullopt;
  ByteArray<N> out;
  std::memcpy(out.data(), view.data(), N);
  return out;
}

/// Appends integers big-endian and length-prefixed strings, as the exchange's hashed inputs need.
class ByteWriter {
 public:
  ByteWriter& raw(ByteView bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  ByteWriter& text(std::string_view ascii) { return raw(as_bytes(ascii)); }
  template <class Unsigned>
  ByteWriter& integer(Unsigned value) {
    for (int shift = static_cast<int>(sizeof(Unsigned)) * 8 - 8; shift >= 0; shift -= 8)
      out_.push_back(static_cast<std::uint8_t>(value >> shift));
    return *this;
  }
  ByteWriter& u8(std::uint8_t value) { return integer(value); }
  ByteWriter& u16(std::uint16_t value) { return integer(value); }
  ByteWriter& u32(std::uint32_t value) { return integer(value); }
  ByteWriter& u64(std::uint64_t value) { return integer(value); }
  /// LP(b) = u16(len) ‖ b; `bytes` is at most 65,535 long.
  ByteWriter& prefixed(ByteView bytes) {
    return u16(static_cast<std::uint16_t>(bytes.size())).raw(bytes);
  }
  Bytes take() { return std::move(out_); }
  ByteView view() const { return out_; }

 private:
  Bytes out_;
};

/// Reads what ByteWriter wrote. Every read is checked; after the first short read all others fail.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}
  /// The next `size` bytes, or an empty view and ok() == false.
  ByteView raw(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    ByteView out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }
  template <class Unsigned>
  Unsigned integer() {
    Unsigned value = 0;
    for (std::uint8_t byte : raw(sizeof(Unsigned)))
      value = static_cast<Unsigned>((sizeof(Unsigned) > 1 ? value << 8 : 0) | byte);
    return value;
  }
  std::uint8_t u8() { return integer<std::uint8_t>(); }
  std::uint16_t u16() { return integer<std::uint16_t>(); }
  std::uint32_t u32() { return integer<std::uint32_t>(); }
  std::uint64_t u64() { return integer<std::uint64_t>(); }
  ByteView prefixed() { return raw(u16()); }
  bool ok() const { return ok_; }
  /// True when everything was read and nothing was missing.
  bool finished() const { return ok_ && rest_.empty(); }
  ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
  bool ok_ = true;
};

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// Strict: even length, either case, nothing else.
std::optional<Bytes> from_hex(std::string_view hex);
/// Standard alphabet with padding (RFC 4648 section 4).
std::string to_base64(ByteView bytes);
/// Strict: canonical padding, no white space.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace bakhita
