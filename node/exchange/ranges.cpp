// SPDX-License-Identifier: EUPL-1.2
#include "node/exchange/ranges.h"

#include "node/desk/names.h"

namespace bakhita::exchange {
namespace {

using desk::text;
using Hashes = google::protobuf::RepeatedPtrField<std::string>;

Bytes bytes(const std::string& field) { return to_bytes(as_bytes(field)); }

Result<std::vector<Hash>> to_hashes(const Hashes& fields) {
  std::vector<Hash> out;
  for (const std::string& field : fields) {
    const auto hash = to_array<32>(as_bytes(field));
    if (!hash) return Error::malformed;
    out.push_back(*hash);
  }
  return out;
}

void add_hashes(const std::vector<Hash>& hashes, Hashes& out) {
  for (const Hash& hash : hashes) *out.Add() = text(hash);
}

v1::Start to_message(const Start& start) {
  v1::Start out;
  out.set_first(start.first);
  add_hashes(start.peaks, *out.mutable_peaks());
  out.set_floor_index(start.floor_index);
  out.set_floor_header(text(start.floor_header));
  out.set_floor_body(text(start.floor_body));
  add_hashes(start.floor_proof, *out.mutable_floor_proof());
  out.set_closing_header(text(start.closing.header));
  out.set_closing_body(text(start.closing.body));
  add_hashes(start.closing.proof, *out.mutable_closing_proof());
  return out;
}

Result<Start> to_start(const v1::Start& message) {
  auto peaks = to_hashes(message.peaks());
  auto floor_proof = to_hashes(message.floor_proof());
  auto closing_proof = to_hashes(message.closing_proof());
  if (!peaks || !floor_proof || !closing_proof) return Error::malformed;
  Start out;
  out.first = message.first();
  out.peaks = std::move(*peaks);
  out.floor_index = message.floor_index();
  out.floor_header = bytes(message.floor_header());
  out.floor_body = bytes(message.floor_body());
  out.floor_proof = std::move(*floor_proof);
  out.closing.header = bytes(message.closing_header());
  out.closing.body = bytes(message.closing_body());
  out.closing.proof = std::move(*closing_proof);
  return out;
}

}  // namespace

v1::Want make_want(const FeedId& feed, std::uint64_t from, std::uint64_t to, bool may_start) {
  v1::Want out;
  out.set_community(desk::text(feed.community.bytes));
  out.set_origin(desk::text(feed.origin.bytes));
  out.set_generation(feed.generation);
  out.set_from(from);
  out.set_to(to);
  out.set_may_start(from == 0 && may_start);
  return out;
}

v1::Data to_data(const FeedId& feed, const store::Range& range) {
  v1::Data out;
  out.set_community(text(feed.community.bytes));
  out.set_origin(text(feed.origin.bytes));
  out.set_generation(feed.generation);
  out.set_from(range.from);
  out.set_headers(text(range.headers));
  out.set_bodies(text(range.bodies));
  out.set_erased(text(range.erased));
  out.set_note(range.note);
  add_hashes(range.proof, *out.mutable_proof());
  if (range.start) *out.mutable_start() = to_message(*range.start);
  return out;
}

Result<store::Range> to_range(const v1::Data& data) {
  store::Range out;
  out.from = data.from();
  out.headers = bytes(data.headers());
  out.bodies = bytes(data.bodies());
  out.erased = bytes(data.erased());
  out.note = data.note();
  auto proof = to_hashes(data.proof());
  if (!proof) return Error::malformed;
  out.proof = std::move(*proof);
  if (!data.has_start()) return out;
  auto start = to_start(data.start());
  if (!start) return start.error();
  out.start = std::move(*start);
  return out;
}

}  // namespace bakhita::exchange
