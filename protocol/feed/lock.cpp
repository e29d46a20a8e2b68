// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/lock.h"

#include <sodium.h>

#include <stdexcept>

#include "protocol/voprf/hkdf.h"

namespace bakhita {
namespace {

constexpr std::size_t padded_summary_size = 128;
constexpr std::size_t sealed_size = padded_summary_size + 16;
/// Header without its commitment: what the AEAD can bind before the body exists.
constexpr std::size_t header_prefix_size = 16;

Bytes lock_aad(const Header& header, ByteView scope) {
  const auto encoded = encode(header);
  ByteWriter out;
  out.text("bakhita/1/aad").raw(ByteView(encoded).first(header_prefix_size)).raw(scope);
  return out.take();
}

void varint(ByteWriter& out, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) out.u8(static_cast<std::uint8_t>(value | 0x80));
  out.u8(static_cast<std::uint8_t>(value));
}

/// Reads a minimal varint of at most 32 bits.
std::optional<std::uint32_t> read_varint(ByteReader& in) {
  std::uint64_t value = 0;
  for (int shift = 0; shift <= 28; shift += 7) {
    const std::uint8_t byte = in.u8();
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      if (!in.ok() || value > 0xffffffff || (byte == 0 && shift > 0)) return std::nullopt;
      return static_cast<std::uint32_t>(value);
    }
  }
  return std::nullopt;
}

/// The fixed layout of a Lock: fields 1 to 6 in order. The body is hashed as it is, so its bytes
/// are written here and not by a serialiser that may change its mind.
Bytes encode_lock(const Scope& scope, std::uint32_t period, ByteView salt, ByteView token,
                  ByteView sealed) {
  ByteWriter out;
  out.u8(0x08).u8(scope.group).u8(0x10);
  varint(out, scope.epoch);
  out.u8(0x18);
  varint(out, period);
  out.u8(0x22).u8(32).raw(salt).u8(0x2a).u8(32).raw(token);
  out.u8(0x32);
  varint(out, static_cast<std::uint32_t>(sealed.size()));
  out.raw(sealed);
  return out.take();
}

struct LockView {
  std::uint32_t group = 0, epoch = 0, period = 0;
  ByteView salt, token, sealed;
};

std::optional<LockView> view_lock(ByteView body) {
  ByteReader in(body);
  LockView out;
  for (auto [tag, field] : {std::pair{0x08, &out.group}, {0x10, &out.epoch}, {0x18, &out.period}}) {
    if (in.u8() != tag) return std::nullopt;
    const auto value = read_varint(in);
    if (!value) return std::nullopt;
    *field = *value;
  }
  if (in.u8() != 0x22 || in.u8() != 32) return std::nullopt;
  out.salt = in.raw(32);
  if (in.u8() != 0x2a || in.u8() != 32) return std::nullopt;
  out.token = in.raw(32);
  if (in.u8() != 0x32) return std::nullopt;
  const auto size = read_varint(in);
  if (!size || *size != sealed_size) return std::nullopt;
  out.sealed = in.raw(sealed_size);
  if (!in.finished()) return std::nullopt;
  return out;
}

Header lock_header(std::uint32_t issued_hour, std::uint32_t expiry_day, std::size_t body_size) {
  return Header{.kind = RecordKind::lock,
                .flags = 0,
                .issued_hour = issued_hour,
                .expiry_day = expiry_day,
                .body_size = static_cast<std::uint32_t>(body_size),
                .commit = {}};
}

/// Evaluation and handling codes as feed.proto numbers them; 0 is "not stated".
bool codes_in_range(const v1::LockSummary& summary) {
  return summary.source_evaluation() <= 4 && summary.information_evaluation() <= 4 &&
         summary.handling() <= 3 && summary.tlp() <= 5 && summary.pap() <= 4;
}

bool suspect_side(v1::SubjectRole role) {
  return role > v1::SUBJECT_ROLE_UNSPECIFIED && role <= v1::SUBJECT_ROLE_UNKNOWN;
}

}  // namespace

Result<v1::LockSummary> parse_summary(ByteView bytes) {
  v1::LockSummary out;
  if (!out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Error::malformed;
  if (!out.GetReflection()->GetUnknownFields(out).empty()) return Error::malformed;
  if (!v1::IdentifierType_IsValid(out.type()) || out.type() == v1::IDENTIFIER_TYPE_UNSPECIFIED ||
      !suspect_side(out.role()) || !v1::Urgency_IsValid(out.urgency()) || out.ref().size() != 16 ||
      out.desk().size() > 24 || out.exploitation_size() > 32 || !codes_in_range(out))
    return Error::malformed;
  return out;
}

Bytes encode(const Scope& scope) {
  ByteWriter out;
  out.prefixed(scope.community.bytes).prefixed(scope.node.bytes).u32(scope.epoch).u8(scope.group);
  return out.take();
}

Bytes id_input(IdentifierType type, std::string_view canonical) {
  ByteWriter out;
  out.text("bakhita/1/id").u8(static_cast<std::uint8_t>(type)).u8(canon_version);
  out.prefixed(as_bytes(canonical));
  return out.take();
}

Bytes pad_input(const ByteArray<32>& random) {
  ByteWriter out;
  out.text("bakhita/1/pad").raw(random);
  return out.take();
}

voprf::KeyPair oprf_key(const ByteArray<32>& seed, const Scope& scope) {
  ByteWriter info;
  info.text("bakhita/1/oprf").raw(encode(scope));
  return voprf::derive_key_pair(seed, info.view()).value();
}

Prk make_prk(const ByteArray<32>& community_secret, const voprf::Output& output) {
  return hkdf_extract(community_secret, output);
}

voprf::Output evaluate_directly(const voprf::Scalar& secret, ByteView input) {
  return voprf::evaluate_input(secret, input).value();
}

std::uint32_t period_of(std::uint64_t unix_seconds) {
  // Civil from days (proleptic Gregorian), era of 400 years from 0000-03-01.
  const auto days = static_cast<std::int64_t>(unix_seconds / 86'400) + 719'468;
  const std::int64_t era = days / 146'097;
  const std::int64_t day_of_era = days % 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return static_cast<std::uint32_t>(12 * year + month - 1);
}

Token make_token(const Prk& prk, const Scope& scope, std::uint32_t period) {
  ByteWriter info;
  info.text("bakhita/1/token").raw(encode(scope)).u32(period);
  Token out;
  hkdf_expand(prk, info.view(), out);
  return out;
}

LockSecrets lock_secrets(const Prk& prk, const Scope& scope, std::uint32_t period,
                         const ByteArray<32>& salt) {
  ByteWriter info;
  info.text("bakhita/1/lock").raw(encode(scope)).u32(period).raw(salt);
  ByteArray<56> out;
  hkdf_expand(prk, info.view(), out);
  LockSecrets split;
  std::memcpy(split.key.data(), out.data(), split.key.size());
  std::memcpy(split.nonce.data(), out.data() + split.key.size(), split.nonce.size());
  sodium_memzero(out.data(), out.size());
  return split;
}

Record make_lock(const Prk& prk, const Scope& scope, std::uint32_t period,
                 const ByteArray<32>& salt, const v1::LockSummary& summary,
                 std::uint32_t issued_hour, std::uint32_t expiry_day) {
  const std::string plain = summary.SerializeAsString();
  if (plain.size() >= padded_summary_size) throw std::length_error("a lock summary is too long");
  ByteArray<padded_summary_size> padded{};
  std::memcpy(padded.data(), plain.data(), plain.size());
  padded[plain.size()] = 0x80;  // ISO 7816-4
  const Bytes scope_bytes = encode(scope);
  const Token token = make_token(prk, scope, period);
  LockSecrets secret = lock_secrets(prk, scope, period, salt);
  ByteArray<sealed_size> sealed{};
  const Header header =
      lock_header(issued_hour, expiry_day, encode_lock(scope, period, salt, token, sealed).size());
  const Bytes aad = lock_aad(header, scope_bytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, padded.data(), padded.size(),
                                             aad.data(), aad.size(), nullptr, secret.nonce.data(),
                                             secret.key.data());
  sodium_memzero(&secret, sizeof secret);
  return make_record(RecordKind::lock, issued_hour, expiry_day,
                     encode_lock(scope, period, salt, token, sealed));
}

Record make_dummy(const Scope& scope, std::uint32_t period, const ByteArray<208>& random,
                  std::uint32_t issued_hour, std::uint32_t expiry_day) {
  const ByteView bytes(random);
  return make_record(RecordKind::lock, issued_hour, expiry_day,
                     encode_lock(scope, period, bytes.first(32), bytes.subspan(32, 32),
                                 bytes.subspan(64, sealed_size)));
}

Result<v1::Lock> parse_lock(ByteView body) {
  const auto view = view_lock(body);
  if (!view) return Error::malformed;
  v1::Lock out;
  out.set_group(view->group);
  out.set_epoch(view->epoch);
  out.set_period(view->period);
  out.set_salt(std::string(as_text(view->salt)));
  out.set_token(std::string(as_text(view->token)));
  out.set_sealed(std::string(as_text(view->sealed)));
  return out;
}

std::optional<LockHead> lock_head(ByteView body) {
  const auto view = view_lock(body);
  if (!view) return std::nullopt;
  return LockHead{view->group, view->epoch, view->period, *to_array<32>(view->token)};
}

std::optional<Token> token_of(ByteView body) {
  const auto view = view_lock(body);
  if (!view) return std::nullopt;
  return to_array<32>(view->token);
}

Result<v1::LockSummary> open_lock(const Prk& prk, const Scope& scope, const Header& header,
                                  ByteView body) {
  const auto view = view_lock(body);
  if (!view || view->group != scope.group || view->epoch != scope.epoch) return Error::malformed;
  const Token token = make_token(prk, scope, view->period);
  if (sodium_memcmp(token.data(), view->token.data(), token.size()) != 0) return Error::not_opened;
  const Bytes scope_bytes = encode(scope);
  LockSecrets secret = lock_secrets(prk, scope, view->period, *to_array<32>(view->salt));
  const Bytes aad = lock_aad(header, scope_bytes);
  ByteArray<padded_summary_size> padded;
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      padded.data(), nullptr, nullptr, view->sealed.data(), view->sealed.size(), aad.data(),
      aad.size(), secret.nonce.data(), secret.key.data());
  sodium_memzero(&secret, sizeof secret);
  if (opened != 0) return Error::not_opened;
  std::size_t plain_size = 0;
  if (sodium_unpad(&plain_size, padded.data(), padded.size(), padded_summary_size) != 0)
    return Error::not_opened;
  auto summary = parse_summary(ByteView(padded).first(plain_size));
  sodium_memzero(padded.data(), padded.size());
  // The key of one exposure group must not vouch for what the other's quota guards.
  if (summary && group_of(static_cast<IdentifierType>(summary->type())) != scope.group)
    return Error::malformed;
  return summary;
}

}  // namespace bakhita
