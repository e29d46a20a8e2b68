// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/record.h"

namespace bakhita::policy {
namespace {

constexpr std::uint8_t format = 2;
/// Names and codes are shorter.
constexpr std::size_t text_max = 1'024;

void put(ByteWriter& out, bool flag) { out.u8(flag ? 1 : 0); }
void put(ByteWriter& out, std::uint8_t value) { out.u8(value); }
void put(ByteWriter& out, std::uint16_t value) { out.u16(value); }
void put(ByteWriter& out, std::uint32_t value) { out.u32(value); }
void put(ByteWriter& out, std::uint64_t value) { out.u64(value); }
void put(ByteWriter& out, std::string_view text) {
  out.prefixed(as_bytes(text.substr(0, text_max)));
}
template <std::size_t N>
void put(ByteWriter& out, const ByteArray<N>& bytes) {
  out.raw(bytes);
}
template <class Enum>
requires std::is_enum_v<Enum>
void put(ByteWriter& out, Enum value) { out.u8(static_cast<std::uint8_t>(value)); }

void get(ByteReader& in, bool& flag) { flag = in.u8() == 1; }
void get(ByteReader& in, std::uint8_t& value) { value = in.u8(); }
void get(ByteReader& in, std::uint16_t& value) { value = in.u16(); }
void get(ByteReader& in, std::uint32_t& value) { value = in.u32(); }
void get(ByteReader& in, std::uint64_t& value) { value = in.u64(); }
void get(ByteReader& in, std::string& text) { text = as_text(in.prefixed()); }
template <std::size_t N>
void get(ByteReader& in, ByteArray<N>& bytes) {
  bytes = to_array<N>(in.raw(N)).value_or(ByteArray<N>{});
}
template <class Enum>
requires std::is_enum_v<Enum>
void get(ByteReader& in, Enum& value) { value = static_cast<Enum>(in.u8()); }

/// The fields in their order, for writing and for reading.
template <class Field>
void for_each_field(auto& recorded, Field field) {
  auto& q = recorded.question;
  field(recorded.rules_version), field(recorded.count), field(recorded.rule);
  field(recorded.has_terms), field(recorded.terms.community.bytes), field(recorded.terms.newest);
  field(recorded.terms.accepted), field(recorded.terms.frozen);
  field(q.act), field(q.now);
  field(q.from.bytes), field(q.via.bytes), field(q.to.bytes);
  field(q.from_accepts), field(q.via_accepts), field(q.to_accepts);
  field(q.peer_is_trusted), field(q.origin_is_trusted), field(q.persons), field(q.persons_needed);
  field(q.facts.type), field(q.facts.releasable_role), field(q.facts.shielded_role);
  field(q.facts.benign), field(q.facts.recalled), field(q.facts.roles), field(q.facts.open);
  field(q.marks.handling), field(q.marks.tlp), field(q.marks.pap);
  field(q.marks.do_not_contact_subject), field(q.marks.do_not_notify_platform_until);
  field(q.marks.purpose), field(q.purpose), field(q.has_case);
  field(q.live_locks), field(q.retention_days), field(q.key_epoch), field(q.quota_wait);
  field(q.part), field(q.use), field(q.recipient), field(q.file), field(q.has_reason);
}

}  // namespace

Bytes encode(const Recorded& recorded) {
  ByteWriter out;
  out.u8(format);
  for_each_field(recorded, [&](const auto& field) { put(out, field); });
  out.u8(static_cast<std::uint8_t>(recorded.question.consents.size()));
  for (const Consent& consent : recorded.question.consents) {
    put(out, consent.recipient);
    put(out, consent.purpose);
    put(out, consent.valid_until);
  }
  return out.take();
}

Result<Recorded> decode_recorded(ByteView bytes) {
  ByteReader in(bytes);
  if (in.u8() != format) return Error::unknown_version;
  Recorded out;
  for_each_field(out, [&](auto& field) { get(in, field); });
  const std::size_t consents = in.u8();
  if (consents > consents_max) return Error::malformed;
  for (std::size_t i = 0; i < consents; ++i) {
    Consent& consent = out.question.consents.emplace_back();
    get(in, consent.recipient);
    get(in, consent.purpose);
    get(in, consent.valid_until);
  }
  // One form: whatever else would say the same is none.
  const Bytes again = encode(out);
  if (!in.finished() || as_text(again) != as_text(bytes)) return Error::malformed;
  return out;
}

}  // namespace bakhita::policy
