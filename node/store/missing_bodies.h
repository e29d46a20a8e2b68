// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <map>

#include "node/store/feed_rows.h"

namespace bakhita::store {

/// Must a body that is absent come yet? Not when its day is over; but of keys and quotas the newest
/// holds whatever its day, a floor holds for ever, and nobody deletes them.
bool is_awaited(const Header& header, std::uint32_t today);

/// Records of one feed whose body was absent when they came, though not expired, and whose
/// withdrawal was not yet seen: a bit for each, in a row for each tile that has one. Changes stay
/// here until write(), so that a range that is refused leaves nothing behind.
class MissingBodies {
 public:
  /// `anew`: what is stored of the feed is about to be erased, and does not count.
  MissingBodies(const Database& database, const FeedState& state, bool anew = false);

  bool contains(std::uint64_t index);
  void add(std::uint64_t index);
  /// Does nothing when the record does not wait.
  void remove(std::uint64_t index);
  /// Nothing before `index` waits any more.
  void remove_before(std::uint64_t index);
  /// Adds the changed rows to the batch, and tells the state how many wait and which is the first.
  void write(Batch& batch, FeedState& state);

 private:
  ByteArray<32>& tile(std::uint64_t number);
  std::uint64_t first_behind(std::uint64_t index);

  /// Calls `fn` with each stored row from that of tile `from` on, until it returns false.
  void scan(std::uint64_t from, const std::function<bool(std::uint64_t tile, ByteView bits)>& fn);

  const Database& database_;
  bool anew_;
  std::uint32_t feed_;
  std::uint64_t count_;
  std::uint64_t first_;
  std::map<std::uint64_t, ByteArray<32>> tiles_;  ///< read so far, as they are to be written
};

}  // namespace bakhita::store
