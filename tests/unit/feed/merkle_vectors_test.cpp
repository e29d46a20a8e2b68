// SPDX-License-Identifier: EUPL-1.2
// Vectors of transparency-dev/merkle and of real logs, see tests/vectors/SOURCES.md.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <random>

#include "protocol/feed/checkpoint.h"
#include "protocol/feed/merkle.h"
#include "tests/support/source_folder.h"

namespace bakhita {
namespace {

namespace json = boost::json;

std::string read(const std::string& file) {
  std::ifstream in(testing_support::in_source_folder("tests/vectors/") + file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A hash of 32 bytes, or nothing: the vectors have others, which callers refuse before hashing.
std::optional<Hash> hash(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  const auto bytes = from_base64(std::string_view(value.as_string()));
  return bytes ? to_array<32>(*bytes) : std::nullopt;
}

std::optional<std::vector<Hash>> proof(const json::value& value) {
  std::vector<Hash> out;
  if (value.is_null()) return out;
  for (const json::value& item : value.as_array()) {
    const auto one = hash(item);
    if (!one) return std::nullopt;
    out.push_back(*one);
  }
  return out;
}

TEST(MerkleVectors, Inclusion) {
  int good = 0, bad = 0;
  const json::value file = json::parse(read("merkle/inclusion.json"));
  for (const json::value& test : file.as_array()) {
    const auto leaf = hash(test.at("leafHash")), root = hash(test.at("root"));
    const auto path = proof(test.at("proof"));
    const bool ok =
        leaf && root && path &&
        verify_inclusion(test.at("leafIdx").to_number<std::uint64_t>(),
                         test.at("treeSize").to_number<std::uint64_t>(), *leaf, *path, *root)
            .has_value();
    EXPECT_EQ(!test.at("wantErr").as_bool(), ok) << test.at("name").as_string();
    ++(ok ? good : bad);
  }
  EXPECT_EQ(6, good);
  EXPECT_EQ(92, bad);
}

TEST(MerkleVectors, Consistency) {
  int good = 0, bad = 0;
  const json::value file = json::parse(read("merkle/consistency.json"));
  for (const json::value& test : file.as_array()) {
    const auto root1 = hash(test.at("root1")), root2 = hash(test.at("root2"));
    const auto path = proof(test.at("proof"));
    const bool ok =
        root1 && root2 && path &&
        verify_consistency(test.at("size1").to_number<std::uint64_t>(),
                           test.at("size2").to_number<std::uint64_t>(), *root1, *root2, *path)
            .has_value();
    // Equal "roots" that are no hashes pass there; here what is no hash never reaches the verifier.
    const bool no_hashes = test.at("name").as_string() ==
                           "consistency/additional/sizes-are-equal-one-and-proof-is-empty";
    EXPECT_EQ(!test.at("wantErr").as_bool() && !no_hashes, ok) << test.at("name").as_string();
    ++(ok ? good : bad);
  }
  EXPECT_EQ(5, good);
  EXPECT_EQ(93, bad);
}

Hash leaf(std::uint64_t i) { return sha256(0x00, ByteWriter().u64(i).view()); }

TEST(Tree, ProofsBetweenAllSizesVerifyAndAFlippedBitDoesNot) {
  constexpr std::uint64_t size = 600;
  Tree tree;
  std::vector<Hash> leaves, roots{empty_root()};
  for (std::uint64_t i = 0; i < size; ++i) {
    leaves.push_back(leaf(i));
    tree.append(leaves.back());
    roots.push_back(tree.root());
  }
  const Tree::LeafReader reader = [&](std::uint64_t from, std::uint64_t count) {
    return std::vector<Hash>(leaves.begin() + static_cast<std::ptrdiff_t>(from),
                             leaves.begin() + static_cast<std::ptrdiff_t>(from + count));
  };
  for (std::uint64_t old_size = 1; old_size <= size; old_size += 7)
    for (std::uint64_t new_size = old_size; new_size <= size; new_size += 13) {
      auto path = tree.consistency_proof(old_size, new_size, reader);
      ASSERT_TRUE(verify_consistency(old_size, new_size, roots[old_size], roots[new_size], path)
                      .has_value())
          << old_size << " " << new_size;
      if (path.empty()) continue;
      path[old_size % path.size()][5] ^= 4;
      ASSERT_FALSE(verify_consistency(old_size, new_size, roots[old_size], roots[new_size], path)
                       .has_value());
    }
  for (std::uint64_t index = 0; index < size; index += 11) {
    const auto path = tree.inclusion_proof(index, size, reader);
    ASSERT_TRUE(verify_inclusion(index, size, leaves[index], path, roots[size]).has_value())
        << index;
    ASSERT_FALSE(verify_inclusion(index, size, leaf(size + 1), path, roots[size]).has_value());
  }
}

TEST(Tree, RestoredFromTilesItIsTheSame) {
  for (std::uint64_t size : {0u, 1u, 255u, 256u, 257u, 511u, 65'536u, 66'000u}) {
    Tree tree;
    std::vector<Hash> tail;
    for (std::uint64_t i = 0; i < size; ++i) {
      tree.append(leaf(i));
      if (i >= size / tile_width * tile_width) tail.push_back(leaf(i));
    }
    EXPECT_EQ(tree.root(), Tree::restore({}, tree.tiles(), tail).root()) << size;
  }
}

/// "<name>+<key id>+<base64 of 0x01 and the key>", C2SP signed-note.
struct VerifierKey {
  std::string name;
  PublicKey key{};
};

VerifierKey verifier_key(const std::string& file) {
  std::string line = read(file);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  const std::size_t id_at = line.find('+');
  const std::size_t key_at = line.find('+', id_at + 1);
  const Bytes blob = from_base64(std::string_view(line).substr(key_at + 1)).value();
  return {line.substr(0, id_at), to_array<32>(ByteView(blob).subspan(1)).value()};
}

TEST(Notes, RealOnesVerifyAndOthersDoNot) {
  struct Real {
    const char* note;
    const char* vkey;
  };
  for (const Real& real : {Real{"tlog/signed-note-example.txt", "tlog/signed-note-example.vkey"},
                           Real{"tlog/sumdb-checkpoint.txt", "tlog/sumdb.vkey"}}) {
    const std::string note = read(real.note);
    const auto [name, key] = verifier_key(real.vkey);
    EXPECT_TRUE(open_note(note, name, key).has_value()) << real.note;
    std::string changed = note;
    changed[2] = changed[2] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(open_note(changed, name, key).has_value()) << real.note;
  }
}

/// The entries of a bundle (C2SP tlog-tiles): a length of two bytes before each.
std::vector<Bytes> entries(const std::string& file) {
  const std::string bundle = read(file);
  ByteReader in(as_bytes(bundle));
  std::vector<Bytes> out;
  while (!in.rest().empty()) out.push_back(to_bytes(in.prefixed()));
  EXPECT_TRUE(in.finished()) << file;
  return out;
}

TEST(TiledLog, EachSizeOfARealOneHasTheSignedRootAndGrowsFromTheOneBefore) {
  const auto [name, key] = verifier_key("tlog/tessera-log.vkey");
  const std::vector<Bytes> all = entries("tlog/tessera-log/tile/entries/000.p/15");
  const std::string tile = read("tlog/tessera-log/tile/0/000.p/15");
  ASSERT_EQ(15u, all.size());
  ASSERT_EQ(15u * 32, tile.size());
  Tree tree;
  std::vector<Hash> leaves, roots;
  const Tree::LeafReader reader = [&](std::uint64_t from, std::uint64_t count) {
    return std::vector<Hash>(leaves.begin() + static_cast<std::ptrdiff_t>(from),
                             leaves.begin() + static_cast<std::ptrdiff_t>(from + count));
  };
  for (std::size_t size = 0; size <= all.size(); ++size) {
    if (size > 0) {
      leaves.push_back(sha256(0x00, all[size - 1]));
      EXPECT_EQ(to_hex(as_bytes(tile).subspan((size - 1) * 32, 32)), to_hex(leaves.back()));
      tree.append(leaves.back());
    }
    roots.push_back(tree.root());
    const auto text =
        open_note(read("tlog/tessera-log/checkpoint." + std::to_string(size)), name, key);
    ASSERT_TRUE(text.has_value()) << size;
    EXPECT_EQ(name + "\n" + std::to_string(size) + "\n" + to_base64(tree.root()) + "\n", *text);
    if (size < 2) continue;
    EXPECT_TRUE(verify_consistency(size - 1, size, roots[size - 1], roots[size],
                                   tree.consistency_proof(size - 1, size, reader))
                    .has_value())
        << size;
  }
}

TEST(Wycheproof, Ed25519) {
  int valid = 0, invalid = 0;
  const json::value file = json::parse(read("wycheproof/ed25519_test.json"));
  for (const json::value& group : file.at("testGroups").as_array()) {
    const auto key = to_array<32>(
        from_hex(std::string_view(group.at("publicKey").at("pk").as_string())).value());
    for (const json::value& test : group.at("tests").as_array()) {
      const Bytes message = from_hex(std::string_view(test.at("msg").as_string())).value();
      const auto signature =
          to_array<64>(from_hex(std::string_view(test.at("sig").as_string())).value());
      const bool holds = signature && verify_ed25519(message, *signature, key.value());
      EXPECT_EQ(test.at("result").as_string() == "valid", holds) << test.at("tcId");
      ++(holds ? valid : invalid);
    }
  }
  EXPECT_EQ(88, valid);
  EXPECT_EQ(63, invalid);
}

TEST(Cctv, TheAcceptedSetIsFrozen) {
  // libsodium refuses what its rules call ambiguous; which 43 of the 914 it takes must never change
  // silently.
  int accepted = 0, all = 0;
  const json::value file = json::parse(read("cctv/ed25519vectors.json"));
  ByteWriter set;
  for (const json::value& test : file.as_array()) {
    ++all;
    const auto key = to_array<32>(from_hex(std::string_view(test.at("key").as_string())).value());
    const auto signature =
        to_array<64>(from_hex(std::string_view(test.at("sig").as_string())).value());
    if (!key || !signature ||
        !verify_ed25519(as_bytes(std::string_view(test.at("msg").as_string())), *signature, *key))
      continue;
    ++accepted;
    set.u32(test.at("number").to_number<std::uint32_t>());
  }
  EXPECT_EQ(914, all);
  EXPECT_EQ(43, accepted);
  EXPECT_EQ("faaeaecd9292758350ba71acbb44178ca8ef0201b4b10120d2d65fa503c45693",
            to_hex(sha256(set.view())));
}

}  // namespace
}  // namespace bakhita
