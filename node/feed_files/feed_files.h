// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

#include "protocol/feed/checkpoint.h"
#include "protocol/feed/merkle.h"
#include "protocol/feed/record.h"

/// A feed as files that anybody can check without a node:
///
///   <folder>/checkpoint   the signed note
///   <folder>/log_key      the origin's log key, 64 hexadecimal digits and a line end
///   <folder>/start        only where the feed is held from a later record on: that record's number
///   and
///                         a line for each hash of the compact range before it, in hexadecimal
///   <folder>/headers      48 bytes a record
///   <folder>/bodies       a record each: 0x01 ‖ body, or 0x00 where the body was erased
namespace bakhita::feed_files {

class FeedFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// "<community>-<node>-<generation>", in hexadecimal but for the generation.
std::string folder_name(const FeedId& feed);

/// Writes a folder, for the owner only. Throws FeedFileError.
class Writer {
 public:
  /// Makes the folder below `parent`; refuses one that is there already.
  /// `before`: the compact range of the records before the first that is added.
  Writer(const std::filesystem::path& parent, const FeedId& feed, const PublicKey& log_key,
         const Frontier& before = {});
  /// The next record; nothing for an erased body.
  void add(ByteView header, std::optional<ByteView> body);
  /// The checkpoint that the records make; without it the folder does not verify.
  void finish(std::string_view note);

 private:
  void require(const std::ofstream& out, const char* file) const;
  std::filesystem::path folder_;
  std::ofstream headers_;
  std::ofstream bodies_;
};

struct Verified {
  FeedId feed;
  PublicKey log_key{};
  std::uint64_t first = 0;    ///< records before it had ended, by the origin's word in the feed
  std::uint64_t records = 0;  ///< of the whole feed
  std::uint64_t erased = 0;   ///< bodies that are rightly absent
  Hash root{};
};

/// Checks signature, headers, commitments, root, that the origin ended what lies before the first
/// record (floor.h), and that absent bodies are expired or withdrawn. A
/// later generation may have withdrawn them: it counts when it lies beside the folder, as Writer
/// puts it there, and is signed by the same key.
/// `today` is in days since the Unix epoch. With `log_key` the feed must be signed by that key; the
/// key in the folder proves nothing of itself. Throws FeedFileError with file and record of the
/// first mistake. Memory: a bit a record.
Verified verify(const std::filesystem::path& folder, std::uint32_t today,
                const std::optional<PublicKey>& log_key);

}  // namespace bakhita::feed_files
