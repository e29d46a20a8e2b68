// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <vector>

#include "protocol/bytes.h"
#include "protocol/error.h"

/// The Merkle tree of RFC 6962 section 2.1 and RFC 9162 section 2.1.
namespace bakhita {

/// SHA-256 of one buffer, by OpenSSL with a fetched digest and a context per thread.
Hash sha256(ByteView bytes);
/// SHA-256 of a one-byte prefix and up to two buffers, without joining them.
Hash sha256(std::uint8_t prefix, ByteView first, ByteView second = {});
/// H(0x01 ‖ left ‖ right).
Hash node_hash(const Hash& left, const Hash& right);
/// Root of the empty tree: H("").
Hash empty_root();

/// The compact range [0, size): at most 64 hashes, largest subtree first. Grows by leaves.
class Frontier {
 public:
  Frontier() = default;
  /// Rebuilds from stored hashes; fails unless their number fits the size.
  static Result<Frontier> restore(std::uint64_t size, std::vector<Hash> peaks);
  void append(const Hash& leaf);
  std::uint64_t size() const { return size_; }
  const std::vector<Hash>& peaks() const { return peaks_; }
  Hash root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> peaks_;
};

/// Checks that `leaf` is record `index` of the tree of `size` leaves and `root`.
Result<void> verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                              std::span<const Hash> proof, const Hash& root);
/// Checks that the tree (size1, root1) is a prefix of (size2, root2). Strict: size1 ≥ 1.
Result<void> verify_consistency(std::uint64_t size1, std::uint64_t size2, const Hash& root1,
                                const Hash& root2, std::span<const Hash> proof);

inline constexpr std::uint64_t tile_width = 256;

/// A tree from which proofs are made: keeps the roots of full tiles of 256 leaves, and of 256 such
/// tiles, in memory (32 B per 256 leaves); single leaves are read through `LeafReader`. It may
/// begin behind leaves of which only the compact range is known: what lies behind them is proven
/// all the same.
class Tree {
 public:
  /// Leaf hashes [from, from + n), n < 256, of leaves that were appended.
  using LeafReader = std::function<std::vector<Hash>(std::uint64_t from, std::uint64_t count)>;
  void append(const Hash& leaf);
  /// Rebuilds from the compact range that the tree begins with, whose size is a multiple of 256,
  /// the stored tile roots behind it, and the leaves of the tile that is not full (fewer than 256).
  static Tree restore(Frontier base, std::vector<Hash> tiles, std::span<const Hash> tail);
  /// Roots of the full tiles from first() on.
  const std::vector<Hash>& tiles() const { return tiles_; }
  /// Leaves that are known by their compact range alone.
  std::uint64_t first() const { return base_.size(); }
  std::uint64_t size() const { return frontier_.size(); }
  const Frontier& frontier() const { return frontier_; }
  Hash root() const { return frontier_.root(); }
  /// Root of the first `size` leaves. It and the proofs throw std::out_of_range beyond size(), and
  /// where they need what lies before first().
  Hash root_at(std::uint64_t size, const LeafReader& leaves) const;
  std::vector<Hash> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                    const LeafReader& leaves) const;
  std::vector<Hash> consistency_proof(std::uint64_t size1, std::uint64_t size2,
                                      const LeafReader& leaves) const;
  /// The compact range of the first `size` leaves.
  Frontier frontier_at(std::uint64_t size, const LeafReader& leaves) const;
  /// Root of leaves [from, to), a subtree of the whole.
  Hash subtree(std::uint64_t from, std::uint64_t to, const LeafReader& leaves) const;

 private:
  Hash before_first(std::uint64_t from, std::uint64_t to) const;
  Frontier base_;
  Frontier frontier_;
  Frontier open_tile_;            ///< leaves of the tile not yet full
  Frontier open_wide_;            ///< tile roots of the wide tile not yet full
  std::vector<Hash> tiles_;       ///< roots of full tiles of 256 leaves, from first() on
  std::vector<Hash> wide_tiles_;  ///< roots of 65,536 leaves, from the one in which first() lies on
};

}  // namespace bakhita
