// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/floor.h"

#include <algorithm>
#include <bit>

#include "bakhita/v1/feed.pb.h"

namespace bakhita {
namespace {

/// A floor lives as long as its feed.
constexpr std::uint32_t never = 0xffff'ffff;

/// The header fits the body and is of that kind.
Result<void> check_record(RecordKind kind, ByteView header_bytes, ByteView body) {
  const auto header = parse_header(header_bytes);
  if (!header) return header.error();
  if (header->kind != kind || header->body_size != body.size()) return Error::malformed;
  if (commit_to(body) != header->commit) return Error::bad_commitment;
  return {};
}

Result<void> check_closing(const Start& start, const FeedId& feed) {
  const Start::Closing& closing = start.closing;
  if (feed.generation == 1)
    return closing.header.empty() ? Result<void>() : Result<void>(Error::malformed);
  if (const auto sound = check_record(RecordKind::close, closing.header, closing.body); !sound)
    return sound;
  return verify_inclusion(0, std::bit_floor(start.first), leaf_hash(closing.header), closing.proof,
                          start.peaks.front());
}

}  // namespace

Record make_floor(std::uint64_t first, std::uint32_t issued_hour) {
  v1::Floor floor;
  floor.set_first(first);
  return make_record(RecordKind::floor, issued_hour, never,
                     to_bytes(as_bytes(floor.SerializeAsString())));
}

Result<std::uint64_t> open_floor(std::uint64_t index, const Header& header, ByteView body) {
  v1::Floor floor;
  if (header.expiry_day != never ||
      !floor.ParseFromArray(body.data(), static_cast<int>(body.size())) || floor.first() == 0 ||
      floor.first() % tile_width != 0 || floor.first() > index ||
      !std::ranges::equal(body, make_floor(floor.first(), 0).body))
    return Error::malformed;
  return floor.first();
}

Result<Frontier> open_start(const Start& start, const Checkpoint& checkpoint) {
  if (start.first == 0 || start.first % tile_width != 0 || start.floor_index < start.first ||
      start.floor_index >= checkpoint.size)
    return Error::malformed;
  auto frontier = Frontier::restore(start.first, start.peaks);
  if (!frontier) return frontier.error();
  if (const auto sound = check_record(RecordKind::floor, start.floor_header, start.floor_body);
      !sound)
    return sound.error();
  const auto named =
      open_floor(start.floor_index, parse_header(start.floor_header).value(), start.floor_body);
  if (!named) return named.error();
  if (*named < start.first) return Error::hidden_records;
  if (const auto signed_for =
          verify_inclusion(start.floor_index, checkpoint.size, leaf_hash(start.floor_header),
                           start.floor_proof, checkpoint.root);
      !signed_for)
    return signed_for.error();
  if (const auto ended = check_closing(start, checkpoint.feed); !ended) return ended.error();
  return frontier;
}

}  // namespace bakhita
