// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/shape.h"

#include <algorithm>
#include <limits>
#include <string>

#include "protocol/community/card.h"
#include "protocol/community/charter.h"
#include "protocol/feed/merkle.h"
#include "protocol/limits.h"

namespace bakhita::session {
namespace {

constexpr std::size_t record_header_size = 48;
/// A checkpoint with a few signatures; one of ours has some 300 bytes.
constexpr std::size_t note_size_max = 2'048;
/// A signature line with the longest origin line takes some 260 bytes.
constexpr std::size_t cosignature_size_max = 512;
constexpr std::size_t text_size_max = 256;
constexpr int acceptances_max = 64;
constexpr std::size_t audit_mark_size_max = 128;
constexpr int kept_audit_marks_max = 2;
/// Twice the height of the tallest tree, of 2^64 records.
constexpr int proof_hashes_max = 128;
/// A compact range has one hash for each bit of its size.
constexpr int peaks_max = 64;

bool is(const std::string& bytes, std::size_t size) { return bytes.size() == size; }

bool are_hashes(const google::protobuf::RepeatedPtrField<std::string>& hashes, int count_max) {
  return hashes.size() <= count_max &&
         std::ranges::all_of(hashes, [](const std::string& hash) { return is(hash, 32); });
}

template <class Message>
bool names_a_feed(const Message& message) {
  return is(message.community(), 16) && is(message.origin(), 32) && message.generation() > 0;
}

bool is_batch(const std::string& elements) {
  constexpr std::size_t element_size = 32;
  return is(elements, limits::batch_interactive * element_size) ||
         is(elements, limits::batch_scheduled * element_size) ||
         is(elements, limits::batch_backfill * element_size);
}

bool fits(const v1::Acceptance& acceptance) {
  return is(acceptance.charter_hash(), 32) && is(acceptance.node(), 32) &&
         is(acceptance.signature(), 64);
}

bool fits(const v1::Hello& hello) {
  return is(hello.node(), 32) && is(hello.peer(), 32) && is(hello.signature(), 64) &&
         hello.software().size() <= text_size_max && hello.acceptances_size() <= acceptances_max &&
         std::ranges::all_of(hello.acceptances(),
                             [](const v1::Acceptance& acceptance) { return fits(acceptance); });
}

bool fits(const v1::FeedHead& head) {
  const bool empty = head.size() == 0;
  return names_a_feed(head) && (empty ? head.first() == 0 : head.first() < head.size()) &&
         head.note().size() <= note_size_max && head.cosignature().size() <= cosignature_size_max &&
         head.note().empty() == empty && (empty || is(head.root(), 32));
}

bool fits(const v1::SplitView& proof) {
  return proof.smaller().size() <= note_size_max && proof.larger().size() <= note_size_max &&
         is(proof.prefix_root(), 32) && are_hashes(proof.proof(), proof_hashes_max);
}

bool fits(const v1::Clock& clock) {
  constexpr auto fits_it = [](const auto& part) { return fits(part); };
  return std::ranges::all_of(clock.heads(), fits_it) &&
         std::ranges::all_of(clock.cards(),
                             [](const std::string& card) {
                               return !card.empty() && card.size() <= card_size_max;
                             }) &&
         std::ranges::all_of(clock.acceptances(), fits_it) &&
         std::ranges::all_of(clock.split_views(), fits_it) &&
         clock.audit_mark().size() <= audit_mark_size_max &&
         clock.kept_audit_marks_size() <= kept_audit_marks_max &&
         std::ranges::all_of(clock.kept_audit_marks(), [](const std::string& mark) {
           return !mark.empty() && mark.size() <= audit_mark_size_max;
         });
}

bool fits(const v1::Start& start) {
  return start.first() > 0 && start.first() % tile_width == 0 &&
         are_hashes(start.peaks(), peaks_max) && is(start.floor_header(), record_header_size) &&
         start.floor_body().size() <= limits::record_body_size_max &&
         are_hashes(start.floor_proof(), proof_hashes_max) &&
         (start.closing_header().empty() || is(start.closing_header(), record_header_size)) &&
         start.closing_body().size() <= limits::record_body_size_max &&
         are_hashes(start.closing_proof(), proof_hashes_max);
}

bool fits(const v1::Data& data) {
  const std::size_t records = data.headers().size() / record_header_size;
  const bool whole = data.headers().size() % record_header_size == 0;
  return names_a_feed(data) && whole && records > 0 && records <= limits::data_records_max &&
         data.from() <= std::numeric_limits<std::uint64_t>::max() - records &&
         (data.erased().empty() || is(data.erased(), (records + 7) / 8)) &&
         data.note().size() <= note_size_max && are_hashes(data.proof(), proof_hashes_max) &&
         (!data.has_start() || (fits(data.start()) && data.start().first() == data.from()));
}

bool fits(const v1::Evaluate& request) {
  return is(request.request_id(), 16) && is(request.community(), 16) &&
         is_batch(request.elements()) && request.purpose().size() <= text_size_max &&
         (request.case_hash().empty() || is(request.case_hash(), 32)) &&
         is(request.public_key(), 32);
}

bool fits(const v1::Evaluated& answer) {
  return is(answer.request_id(), 16) && is_batch(answer.elements()) && is(answer.proof(), 64);
}

bool fits_request_id(const std::string& id) { return id.empty() || is(id, 16); }

bool fits(const v1::Frame& frame) {
  switch (frame.body_case()) {
    case v1::Frame::kHello:
      return fits(frame.hello());
    case v1::Frame::kClock:
      return fits(frame.clock());
    case v1::Frame::kWant:
      return names_a_feed(frame.want()) && frame.want().from() < frame.want().to() &&
             (!frame.want().may_start() || frame.want().from() == 0);
    case v1::Frame::kData:
      return fits(frame.data());
    case v1::Frame::kEvaluate:
      return fits(frame.evaluate());
    case v1::Frame::kEvaluated:
      return fits(frame.evaluated());
    case v1::Frame::kBusy:
      return fits_request_id(frame.busy().request_id());
    case v1::Frame::kError:
      return fits_request_id(frame.error().request_id()) &&
             frame.error().text().size() <= text_size_max;
    case v1::Frame::kCharterNotice:
      return !frame.charter_notice().package().empty() &&
             frame.charter_notice().package().size() <= package_size_max;
    case v1::Frame::kLetter:
      return !frame.letter().sealed().empty();
    case v1::Frame::kLetterReceipt:
      return is(frame.letter_receipt().id(), 16);
    case v1::Frame::kPing:
    case v1::Frame::kPong:
    case v1::Frame::BODY_NOT_SET:
      return true;
  }
  return false;
}

}  // namespace

Result<void> check_shape(const v1::Frame& frame) {
  if (frame.has_clock() &&
      static_cast<std::size_t>(frame.clock().heads_size()) > limits::clock_heads_max)
    return Error::too_large;
  if (!fits(frame)) return Error::malformed;
  return {};
}

std::uint64_t records_in(const v1::Data& data) {
  return data.headers().size() / record_header_size;
}

}  // namespace bakhita::session
