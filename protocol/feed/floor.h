// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <vector>

#include "protocol/feed/checkpoint.h"
#include "protocol/feed/merkle.h"
#include "protocol/feed/record.h"

/// Floors: an origin says in its feed that all records before a given one have ended (exchange:
/// feed, kind 9), and whoever holds nothing of the feed begins there. As the floor itself ends
/// them, for everybody, no clock and no other record is needed to see that nothing living was left
/// out (docs/decisions/0025-floors.md).
namespace bakhita {

/// The record that ends everything before `first`, a multiple of tile_width.
Record make_floor(std::uint64_t first, std::uint32_t issued_hour);

/// What the floor at `index` names. Error::malformed: no multiple of tile_width, 0, or behind the
/// floor itself; a day on which it would end; or a body with anything else in it, since it is to
/// fit a frame beside records.
Result<std::uint64_t> open_floor(std::uint64_t index, const Header& header, ByteView body);

/// What stands for the records before `first`.
struct Start {
  std::uint64_t first = 0;
  std::vector<Hash> peaks;  ///< compact range of [0, first)
  std::uint64_t floor_index = 0;
  Bytes floor_header;  ///< 48
  Bytes floor_body;
  std::vector<Hash> floor_proof;  ///< of its inclusion in the checkpoint's tree
  /// Record 0 of a later generation, which ends the one before, and its inclusion in the tree of
  /// the first peak, which is the same in every later tree. Empty in a first generation.
  struct Closing {
    Bytes header;  ///< 48
    Bytes body;
    std::vector<Hash> proof;
  } closing;
};

/// Checks that the origin of the checkpoint ended everything before the start, and returns the
/// compact range that the records from `first` on are to be added to: only with them, and a proof
/// to the checkpoint, is the range itself proven. Error::malformed, Error::bad_commitment,
/// Error::bad_proof: no correct sender makes this. Error::hidden_records: the floor names an
/// earlier record, so that living ones may be left out. The identity's signature in `closing` is
/// for the caller (generation.h).
Result<Frontier> open_start(const Start& start, const Checkpoint& checkpoint);

}  // namespace bakhita
