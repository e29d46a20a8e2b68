// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/open.h"

#include <algorithm>

#include "protocol/feed/merkle.h"

namespace bakhita {
namespace {

template <class Message>
Result<Message> parse_known(ByteView body) {
  Message out;
  if (!out.ParseFromArray(body.data(), static_cast<int>(body.size()))) return Error::malformed;
  if (!out.GetReflection()->GetUnknownFields(out).empty()) return Error::malformed;
  return out;
}

/// Protobuf itself refuses text that is no UTF-8.
bool is_without_controls(std::string_view text, bool lines = false) {
  return std::ranges::none_of(text, [lines](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && !(lines && c == '\n')) || byte == 0x7f;
  });
}

bool is_value(const v1::CanonicalValue& value) {
  return identifier_type(static_cast<int>(value.type())) && !value.canonical().empty() &&
         value.canonical().size() <= open_value_max &&
         value.GetReflection()->GetUnknownFields(value).empty();
}

}  // namespace

Token open_token(IdentifierType type, std::string_view canonical) {
  return sha256(ByteWriter().text("bakhita/1/open").u8(0).raw(id_input(type, canonical)).view());
}

Record make_open(IdentifierType type, std::string_view canonical, const v1::LockSummary& summary,
                 const ByteArray<32>& salt, std::uint32_t issued_hour, std::uint32_t expiry_day) {
  v1::OpenIndicator body;
  body.set_type(static_cast<v1::IdentifierType>(type));
  body.set_canonical(std::string(canonical));
  *body.mutable_summary() = summary;
  body.set_salt(std::string(as_text(salt)));
  return make_record(RecordKind::open, issued_hour, expiry_day,
                     to_bytes(as_bytes(body.SerializeAsString())));
}

Result<v1::OpenIndicator> parse_open(ByteView body) {
  auto out = parse_known<v1::OpenIndicator>(body);
  if (!out) return out.error();
  const auto type = identifier_type(static_cast<int>(out->type()));
  if (!type || !is_infrastructure(*type) || out->canonical().empty() ||
      out->canonical().size() > open_value_max || out->salt().size() != 32)
    return Error::malformed;
  const auto summary = parse_summary(as_bytes(out->summary().SerializeAsString()));
  if (!summary || summary->type() != out->type()) return Error::malformed;
  return out;
}

std::string problem_of(const v1::Advisory& advisory) {
  if (!v1::AdvisoryKind_IsValid(advisory.kind()) ||
      advisory.kind() == v1::ADVISORY_KIND_UNSPECIFIED)
    return "the kind is one of prevention, helpline, verified-recruiter";
  if (advisory.title().empty() || advisory.title().size() > advisory_title_max ||
      !is_without_controls(advisory.title()))
    return "the title needs 1 to 200 bytes without control characters";
  if (advisory.text().size() > advisory_text_max || !is_without_controls(advisory.text(), true))
    return "the text has at most 8,192 bytes and no control characters but line feeds";
  if (advisory.language().empty() || advisory.language().size() > advisory_language_max ||
      !std::ranges::all_of(advisory.language(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
      }))
    return "the language is a tag such as fr or pt-BR";
  if (advisory.tlp() < 1 || advisory.tlp() > 5) return "the TLP is missing or unknown";
  const bool has_values = !advisory.values().empty();
  if (has_values != (advisory.kind() != v1::ADVISORY_KIND_PREVENTION))
    return has_values ? "a prevention notice names no values"
                      : "a helpline or recruiter needs at least one value";
  if (static_cast<std::size_t>(advisory.values_size()) > advisory_values_max ||
      !std::ranges::all_of(advisory.values(), is_value))
    return "at most 16 values, each of a known type";
  return {};
}

Result<v1::Advisory> parse_advisory(ByteView body) {
  auto out = parse_known<v1::Advisory>(body);
  if (!out) return out.error();
  if (out->salt().size() != 32 || !problem_of(*out).empty()) return Error::malformed;
  return out;
}

std::optional<Token> recall_token_of(const Record& record) {
  if (record.header.kind == RecordKind::lock) return token_of(record.body);
  if (record.header.kind != RecordKind::open) return std::nullopt;
  const auto open = parse_open(record.body);
  if (!open) return std::nullopt;
  return open_token(static_cast<IdentifierType>(open->type()), open->canonical());
}

}  // namespace bakhita
