// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/merkle.h"

#include <openssl/evp.h>

#include <bit>
#include <memory>
#include <stdexcept>

namespace bakhita {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// Fetched once: an implicit fetch for each hash costs three times the hash of a leaf.
const EVP_MD* sha256_method() {
  static const EVP_MD* method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return method;
}

Hash digest(std::initializer_list<ByteView> parts) {
  thread_local std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
  Hash out;
  bool ok = EVP_DigestInit_ex2(context.get(), sha256_method(), nullptr) == 1;
  for (ByteView part : parts)
    ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  if (!ok || EVP_DigestFinal_ex(context.get(), out.data(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
  return out;
}

/// Largest power of two below n, n ≥ 2 (RFC 9162 section 2.1.1).
std::uint64_t split_point(std::uint64_t n) { return std::bit_floor(n - 1); }

}  // namespace

Hash sha256(ByteView bytes) { return digest({bytes}); }

Hash sha256(std::uint8_t prefix, ByteView first, ByteView second) {
  return digest({ByteView(&prefix, 1), first, second});
}

Hash node_hash(const Hash& left, const Hash& right) { return sha256(0x01, left, right); }

Hash empty_root() { return sha256(ByteView()); }

Result<Frontier> Frontier::restore(std::uint64_t size, std::vector<Hash> peaks) {
  if (peaks.size() != static_cast<std::size_t>(std::popcount(size))) return Error::malformed;
  Frontier out;
  out.size_ = size;
  out.peaks_ = std::move(peaks);
  return out;
}

void Frontier::append(const Hash& leaf) {
  Hash carried = leaf;
  for (std::uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
    carried = node_hash(peaks_.back(), carried);
    peaks_.pop_back();
  }
  peaks_.push_back(carried);
  ++size_;
}

Hash Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  Hash out = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) out = node_hash(peaks_[i], out);
  return out;
}

Result<void> verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                              std::span<const Hash> proof, const Hash& root) {
  if (index >= size) return Error::bad_proof;
  std::uint64_t at = index, last = size - 1;
  Hash running = leaf;
  for (const Hash& sibling : proof) {
    if (last == 0) return Error::bad_proof;
    if ((at & 1) != 0 || at == last) {
      running = node_hash(sibling, running);
      while ((at & 1) == 0 && at != 0) at >>= 1, last >>= 1;
    } else {
      running = node_hash(running, sibling);
    }
    at >>= 1;
    last >>= 1;
  }
  if (last != 0 || running != root) return Error::bad_proof;
  return {};
}

Result<void> verify_consistency(std::uint64_t size1, std::uint64_t size2, const Hash& root1,
                                const Hash& root2, std::span<const Hash> proof) {
  if (size1 == 0 || size1 > size2) return Error::bad_proof;
  if (size1 == size2) {
    if (!proof.empty() || root1 != root2) return Error::bad_proof;
    return {};
  }
  if (proof.empty()) return Error::bad_proof;
  std::size_t next = 0;
  std::uint64_t first = size1 - 1, second = size2 - 1;
  while ((first & 1) != 0) first >>= 1, second >>= 1;
  // A whole subtree of size1 leaves stands in the proof only by its root, which the verifier has.
  Hash old_root = std::has_single_bit(size1) ? root1 : proof[next++];
  Hash new_root = old_root;
  for (; next < proof.size(); ++next) {
    if (second == 0) return Error::bad_proof;
    const Hash& sibling = proof[next];
    if ((first & 1) != 0 || first == second) {
      old_root = node_hash(sibling, old_root);
      new_root = node_hash(sibling, new_root);
      while ((first & 1) == 0 && first != 0) first >>= 1, second >>= 1;
    } else {
      new_root = node_hash(new_root, sibling);
    }
    first >>= 1;
    second >>= 1;
  }
  if (second != 0 || old_root != root1 || new_root != root2) return Error::bad_proof;
  return {};
}

void Tree::append(const Hash& leaf) {
  frontier_.append(leaf);
  open_tile_.append(leaf);
  if (open_tile_.size() < tile_width) return;
  tiles_.push_back(open_tile_.root());
  open_tile_ = {};
  open_wide_.append(tiles_.back());
  if (open_wide_.size() < tile_width) return;
  wide_tiles_.push_back(open_wide_.root());
  open_wide_ = {};
}

Tree Tree::restore(Frontier base, std::vector<Hash> tiles, std::span<const Hash> tail) {
  if (base.size() % tile_width != 0) throw std::invalid_argument("a tree begins with whole tiles");
  Tree out;
  out.base_ = std::move(base);
  const std::uint64_t tiles_before = out.first() / tile_width;
  // A peak over tiles is a peak over their leaves: tiles are full subtrees.
  Frontier over_tiles = Frontier::restore(tiles_before, out.base_.peaks()).value();
  const std::uint64_t in_wide = tiles_before % tile_width;
  out.open_wide_ = Frontier::restore(in_wide, {out.base_.peaks().end() - std::popcount(in_wide),
                                               out.base_.peaks().end()})
                       .value();
  for (const Hash& tile : tiles) {
    over_tiles.append(tile);
    out.open_wide_.append(tile);
    if (out.open_wide_.size() < tile_width) continue;
    out.wide_tiles_.push_back(out.open_wide_.root());
    out.open_wide_ = {};
  }
  for (const Hash& leaf : tail) out.open_tile_.append(leaf);
  std::vector<Hash> peaks = over_tiles.peaks();
  peaks.insert(peaks.end(), out.open_tile_.peaks().begin(), out.open_tile_.peaks().end());
  out.frontier_ =
      Frontier::restore(over_tiles.size() * tile_width + tail.size(), std::move(peaks)).value();
  out.tiles_ = std::move(tiles);
  return out;
}

/// A subtree of leaves that are known by their compact range alone: one of its peaks, or some.
Hash Tree::before_first(std::uint64_t from, std::uint64_t to) const {
  std::uint64_t at = 0, left = first();
  for (const Hash& peak : base_.peaks()) {
    const std::uint64_t width = std::bit_floor(left);
    if (at == from && at + width == to) return peak;
    at += width;
    left -= width;
  }
  if (to - from <= tile_width) throw std::out_of_range("leaves before the tree's first are gone");
  const std::uint64_t middle = from + split_point(to - from);
  return node_hash(before_first(from, middle), before_first(middle, to));
}

/// `from` is a multiple of the subtree's full width.
Hash Tree::subtree(std::uint64_t from, std::uint64_t to, const LeafReader& leaves) const {
  constexpr std::uint64_t wide_width = tile_width * tile_width;
  if (to <= first()) return before_first(from, to);
  const std::uint64_t count = to - from;
  if (count == wide_width && from % wide_width == 0)
    return wide_tiles_[from / wide_width - first() / wide_width];
  if (count == tile_width && from % tile_width == 0) return tiles_[(from - first()) / tile_width];
  if (count < tile_width) {
    Frontier small;
    for (const Hash& leaf : leaves(from, count)) small.append(leaf);
    if (small.size() != count)
      throw std::logic_error("a leaf reader gave another number of leaves");
    return small.root();
  }
  const std::uint64_t middle = from + split_point(count);
  return node_hash(subtree(from, middle, leaves), subtree(middle, to, leaves));
}

Hash Tree::root_at(std::uint64_t size, const LeafReader& leaves) const {
  if (size > this->size()) throw std::out_of_range("no tree of that size yet");
  if (size == 0) return empty_root();
  return size == this->size() ? root() : subtree(0, size, leaves);
}

Frontier Tree::frontier_at(std::uint64_t size, const LeafReader& leaves) const {
  if (size > this->size()) throw std::out_of_range("no tree of that size yet");
  std::vector<Hash> peaks;
  for (std::uint64_t at = 0, width = 0; at < size; at += width) {
    width = std::bit_floor(size - at);
    peaks.push_back(subtree(at, at + width, leaves));
  }
  return Frontier::restore(size, std::move(peaks)).value();
}

std::vector<Hash> Tree::inclusion_proof(std::uint64_t index, std::uint64_t size,
                                        const LeafReader& leaves) const {
  if (index >= size || size > this->size()) throw std::out_of_range("no such leaf in the tree");
  std::vector<Hash> top_down;
  std::uint64_t from = 0, to = size;
  while (to - from > 1) {
    const std::uint64_t middle = from + split_point(to - from);
    if (index < middle) {
      top_down.push_back(subtree(middle, to, leaves));
      to = middle;
    } else {
      top_down.push_back(subtree(from, middle, leaves));
      from = middle;
    }
  }
  return {top_down.rbegin(), top_down.rend()};
}

std::vector<Hash> Tree::consistency_proof(std::uint64_t size1, std::uint64_t size2,
                                          const LeafReader& leaves) const {
  if (size1 > size2 || size2 > this->size()) throw std::out_of_range("no trees of those sizes");
  if (size1 == 0 || size1 == size2) return {};
  std::vector<Hash> top_down;
  std::uint64_t from = 0, to = size2;
  // RFC 9162 section 2.1.4.1: walk to the subtree whose right edge is size1.
  while (to != size1) {
    const std::uint64_t middle = from + split_point(to - from);
    if (size1 <= middle) {
      top_down.push_back(subtree(middle, to, leaves));
      to = middle;
    } else {
      top_down.push_back(subtree(from, middle, leaves));
      from = middle;
    }
  }
  if (from != 0) top_down.push_back(subtree(from, to, leaves));
  return {top_down.rbegin(), top_down.rend()};
}

}  // namespace bakhita
