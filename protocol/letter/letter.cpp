// SPDX-License-Identifier: EUPL-1.2
#include "protocol/letter/letter.h"

#include <algorithm>

#include "protocol/feed/merkle.h"
#include "protocol/session/wire.h"
#include "protocol/unix_time.h"

namespace bakhita {
namespace {

constexpr std::size_t id_size = 16;

bool is_id(const std::string& bytes) { return bytes.size() == id_size; }
bool is_id_or_empty(const std::string& bytes) { return bytes.empty() || is_id(bytes); }
bool is_text(const std::string& text) { return !text.empty() && text.size() <= letter_text_max; }
bool is_text_or_empty(const std::string& text) { return text.size() <= letter_text_max; }
bool is_word(const std::string& word) { return !word.empty() && word.size() <= letter_word_max; }
bool is_word_or_empty(const std::string& word) { return word.size() <= letter_word_max; }

bool in_range(std::uint32_t value, std::uint32_t first, std::uint32_t last) {
  return value >= first && value <= last;
}

/// Protobuf keeps enumerators of later versions as numbers; this version cannot judge them.
template <class Enum>
bool is_known(Enum value, bool (*is_valid)(int)) {
  return static_cast<int>(value) != 0 && is_valid(static_cast<int>(value));
}

bool fits(const v1::Marks& marks) {
  return marks.handling() <= 3 && (marks.handling() == 3) == !marks.handling_text().empty() &&
         is_text_or_empty(marks.handling_text()) && in_range(marks.tlp(), 1, 5) &&
         in_range(marks.pap(), 1, 4) && is_word(marks.purpose()) && is_word(marks.legal_basis());
}

bool fits(const v1::Statement& statement) {
  return is_text(statement.text()) && is_known(statement.basis(), v1::StatementBasis_IsValid) &&
         is_known(statement.subject(), v1::LegalCategory_IsValid) &&
         in_range(statement.source_evaluation(), 1, 4) &&
         in_range(statement.information_evaluation(), 1, 4);
}

template <class Message>
bool fit_statements(const Message& message, int at_least) {
  return message.statements_size() >= at_least &&
         message.statements_size() <= letter_statements_max &&
         std::ranges::all_of(message.statements(),
                             [](const v1::Statement& statement) { return fits(statement); });
}

bool fits(const v1::InformationRequest& request) {
  return is_id_or_empty(request.indicator()) &&
         is_known(request.answer_class(), v1::AnswerClass_IsValid) && is_text(request.facts()) &&
         is_text(request.context()) && is_text(request.reasons()) &&
         is_text(request.intended_use()) && is_word_or_empty(request.language()) &&
         fit_statements(request, 0);
}

bool fits(const v1::ConsentRequest& request) {
  return is_id(request.letter()) && is_word(request.recipient()) && is_word(request.purpose()) &&
         is_text(request.reasons());
}

bool fits(const v1::ConsentDecision& decision) {
  if (!is_text_or_empty(decision.conditions())) return false;
  return decision.granted() ? decision.valid_until() > 0
                            : is_known(decision.ground(), v1::ConsentGround_IsValid);
}

bool fits(const v1::AttachmentChunk& chunk) {
  return chunk.digest().size() == 32 && !chunk.content().empty() &&
         chunk.content().size() <= attachment_chunk_size &&
         chunk.number() < chunks_in(attachment_size_max);
}

/// `time`: of the letter; what was done lies before it.
bool fits(const v1::RecallReceipt& receipt, std::uint64_t time) {
  const std::uint64_t latest = time + std::min(clock_tolerance, ~time);
  return receipt.generation() > 0 && receipt.size() > 0 && receipt.root().size() == 32 &&
         receipt.done_at() > 0 && receipt.purged_size() <= receipt.size() &&
         (receipt.purged_size() > 0) == (receipt.purged_at() > 0) && receipt.done_at() <= latest &&
         receipt.purged_at() <= latest;
}

bool fits_body(const v1::Letter& letter) {
  switch (letter.body_case()) {
    case v1::Letter::kRequest:
      return fits(letter.request());
    case v1::Letter::kAcknowledgement:
      return true;
    case v1::Letter::kPartialReply:
      return fit_statements(letter.partial_reply(), 1);
    case v1::Letter::kReply:
      return fit_statements(letter.reply(), 1);
    case v1::Letter::kRefusal:
      return is_known(letter.refusal().ground(), v1::RefusalGround_IsValid) &&
             is_text_or_empty(letter.refusal().text());
    case v1::Letter::kClarificationRequest:
      return is_text(letter.clarification_request().question());
    case v1::Letter::kClarification:
      return is_text(letter.clarification().answer());
    case v1::Letter::kSpontaneous:
      return is_id_or_empty(letter.spontaneous().indicator()) &&
             fit_statements(letter.spontaneous(), 1);
    case v1::Letter::kConsentRequest:
      return fits(letter.consent_request());
    case v1::Letter::kConsentDecision:
      return fits(letter.consent_decision());
    case v1::Letter::kConsentWithdrawal:
      return is_text(letter.consent_withdrawal().reason());
    case v1::Letter::kFeedback:
      return is_known(letter.feedback().outcome(), v1::FeedbackOutcome_IsValid) &&
             is_text_or_empty(letter.feedback().text());
    case v1::Letter::kCancellation:
      return is_text_or_empty(letter.cancellation().reason());
    case v1::Letter::kRecallReceipt:
      return fits(letter.recall_receipt(), letter.time()) &&
             letter.recall_receipt().community() == letter.community();
    case v1::Letter::kChunk:
      return fits(letter.chunk());
    case v1::Letter::BODY_NOT_SET:
      return false;
  }
  return false;
}

/// A request, spontaneous information and a recall's receipt begin a correspondence; all others
/// belong to one.
bool begins_thread(const v1::Letter& letter) {
  return letter.has_request() || letter.has_spontaneous() || letter.has_recall_receipt();
}

bool fits_thread(const v1::Letter& letter) {
  if (begins_thread(letter)) return letter.thread() == letter.id() && letter.in_reply_to().empty();
  return is_id(letter.thread()) && letter.thread() != letter.id() && is_id(letter.in_reply_to()) &&
         letter.in_reply_to() != letter.id();
}

bool fits(const v1::Attachment& attachment) {
  return attachment.digest().size() == 32 && attachment.size() > 0 &&
         attachment.size() <= attachment_size_max && is_word(attachment.name()) &&
         attachment.name().find('/') == std::string::npos &&
         is_word_or_empty(attachment.media_type());
}

/// Content is marked; the carrying of it (chunks, receipts, acknowledgements) is not content.
bool needs_marks(const v1::Letter& letter) {
  return !letter.has_acknowledgement() && !letter.has_recall_receipt() && !letter.has_chunk();
}

Bytes signed_bytes(std::string_view letter) {
  return ByteWriter().text("bakhita/1/letter").raw(as_bytes(letter)).take();
}

template <std::size_t N>
ByteArray<N> array_of(const std::string& bytes) {
  return to_array<N>(as_bytes(bytes)).value();
}

}  // namespace

Result<void> check_letter(const v1::Letter& letter) {
  if (letter.format() != 1) return Error::unknown_version;
  if (letter.ByteSizeLong() > letter_size_max) return Error::too_large;
  const bool addressed = is_id(letter.id()) && letter.from().size() == 32 &&
                         letter.to().size() == 32 && letter.from() != letter.to() &&
                         is_id(letter.community()) && letter.time() > 0;
  if (!addressed || !fits_body(letter) || !fits_thread(letter)) return Error::malformed;
  if (needs_marks(letter) ? !fits(letter.marks()) : letter.has_marks()) return Error::malformed;
  if (letter.attachments_size() > letter_attachments_max) return Error::too_large;
  if (!std::ranges::all_of(letter.attachments(),
                           [](const v1::Attachment& attachment) { return fits(attachment); }))
    return Error::malformed;
  return {};
}

Result<Bytes> sign_letter(const v1::Letter& letter, const Sign& sign) {
  const auto checked = check_letter(letter);
  if (!checked) return checked.error();
  v1::SignedLetter out;
  out.set_letter(letter.SerializeAsString());
  out.set_signature(std::string(as_text(sign(signed_bytes(out.letter())))));
  return to_bytes(as_bytes(out.SerializeAsString()));
}

Result<v1::Letter> open_letter(ByteView signed_letter, const NodeId& self, const LogKeys& keys,
                               const SignatureCheck& check) {
  if (signed_letter.size() > letter_size_max + 128) return Error::too_large;
  const auto outer = session::parse<v1::SignedLetter>(signed_letter);
  if (!outer) return outer.error();
  const auto signature = to_array<64>(as_bytes(outer->signature()));
  if (!signature) return Error::malformed;
  auto letter = session::parse<v1::Letter>(as_bytes(outer->letter()));
  if (!letter) return letter.error();
  const auto checked = check_letter(*letter);
  if (!checked) return checked.error();
  if (recipient_of(*letter) != self) return Error::wrong_peer;
  const Bytes message = signed_bytes(outer->letter());
  for (const SigningKey& one : keys(sender_of(*letter)))
    if ((one.until == 0 || letter->time() < one.until) && check(message, *signature, one.key))
      return std::move(*letter);
  return Error::bad_signature;
}

LetterId receipt_of(ByteView sealed) {
  const Hash hash = sha256(sealed);
  return to_array<id_size>(ByteView(hash).first(id_size)).value();
}

LetterId id_of(const v1::Letter& letter) { return array_of<16>(letter.id()); }
LetterId thread_of(const v1::Letter& letter) { return array_of<16>(letter.thread()); }
NodeId sender_of(const v1::Letter& letter) { return {array_of<32>(letter.from())}; }
NodeId recipient_of(const v1::Letter& letter) { return {array_of<32>(letter.to())}; }

std::uint32_t chunks_in(std::uint64_t attachment_size) {
  return static_cast<std::uint32_t>((attachment_size + attachment_chunk_size - 1) /
                                    attachment_chunk_size);
}

}  // namespace bakhita
