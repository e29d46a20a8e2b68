// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/floor.h"

#include <gtest/gtest.h>

#include <bit>

#include "bakhita/v1/feed.pb.h"
#include "protocol/feed/generation.h"
#include "protocol/limits.h"

namespace bakhita {
namespace {

Hash leaf(std::uint64_t index) { return leaf_hash(ByteWriter().u64(index).view()); }

Tree::LeafReader reader(std::uint64_t first = 0) {
  return [first](std::uint64_t from, std::uint64_t count) {
    if (from < first) throw std::logic_error("a leaf that is gone is read");
    std::vector<Hash> out;
    for (std::uint64_t i = 0; i < count; ++i) out.push_back(leaf(from + i));
    return out;
  };
}

TEST(LaterTree, ProvesWhatLiesBehindItsStartAsTheWholeOneDoes) {
  constexpr std::uint64_t size = 140'011;
  Tree whole;
  for (std::uint64_t i = 0; i < size; ++i) whole.append(leaf(i));
  for (std::uint64_t first : {256u, 768u, 1'280u, 65'280u, 65'536u, 66'048u, 131'072u, 139'776u}) {
    const Frontier base = whole.frontier_at(first, reader());
    EXPECT_EQ(static_cast<std::size_t>(std::popcount(first)), base.peaks().size());
    Tree later = Tree::restore(base, {}, {});
    EXPECT_EQ(whole.root_at(first, reader()), later.root()) << first;
    for (std::uint64_t i = first; i < size; ++i) later.append(leaf(i));
    ASSERT_EQ(whole.root(), later.root()) << first;
    for (std::uint64_t at = first; at < size; at += 4'999) {
      EXPECT_EQ(whole.root_at(at, reader()), later.root_at(at, reader(first)));
      EXPECT_EQ(whole.frontier_at(at, reader()).peaks(),
                later.frontier_at(at, reader(first)).peaks());
      EXPECT_EQ(whole.inclusion_proof(at, size, reader()),
                later.inclusion_proof(at, size, reader(first)));
      for (std::uint64_t to = at; to <= size; to += 30'001)
        EXPECT_EQ(whole.consistency_proof(at, to, reader()),
                  later.consistency_proof(at, to, reader(first)));
    }
    EXPECT_THROW(later.root_at(first - 1, reader(first)), std::out_of_range);
    EXPECT_THROW(later.inclusion_proof(first - 1, size, reader(first)), std::out_of_range);
  }
}

TEST(LaterTree, RestoredFromItsTilesItIsTheSameAndGrowsOn) {
  constexpr std::uint64_t first = 65'536 + 512;
  Tree whole;
  for (std::uint64_t i = 0; i < first; ++i) whole.append(leaf(i));
  const Frontier base = whole.frontier();
  for (std::uint64_t size : {first, first + 1, first + 300, first + 66'000}) {
    std::vector<Hash> tail;
    for (std::uint64_t i = whole.size(); i < size; ++i) whole.append(leaf(i));
    for (std::uint64_t i = size / tile_width * tile_width; i < size; ++i) tail.push_back(leaf(i));
    const std::vector<Hash> tiles(whole.tiles().begin() + first / tile_width, whole.tiles().end());
    Tree later = Tree::restore(base, tiles, tail);
    EXPECT_EQ(whole.root(), later.root()) << size;
    EXPECT_EQ(tiles, later.tiles());
    for (std::uint64_t i = size; i < size + 70'000; ++i) later.append(leaf(i));
    EXPECT_EQ(whole.root(), later.root_at(size, reader(first)));
  }
  EXPECT_THROW(Tree::restore(Frontier::restore(1, {Hash{}}).value(), {}, {}),
               std::invalid_argument);
}

TEST(Floor, NamesAWholeTileThatIsNotBehindIt) {
  const auto open = [](std::uint64_t index, const Record& floor) {
    return open_floor(index, floor.header, floor.body);
  };
  EXPECT_EQ(512u, open(512, make_floor(512, 1)).value());
  EXPECT_EQ(512u, open(10'000, make_floor(512, 1)).value());
  for (const auto& [first, index] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {0, 0}, {0, 100}, {1, 10}, {511, 600}, {512, 511}, {~0ull - 255, ~0ull - 256}})
    EXPECT_EQ(Error::malformed, open(index, make_floor(first, 1)).error()) << first;
  Record odd = make_floor(512, 1);
  odd.body = Bytes{0xff, 0xff};
  EXPECT_EQ(Error::malformed, open(600, odd).error());
  odd.body = make_floor(512, 1).body;
  odd.body.insert(odd.body.end(), {0x7a, 1, 'x'});
  EXPECT_EQ(Error::malformed, open(600, odd).error()) << "a field that nobody knows";
}

TEST(Floor, HoldsForEver) {
  Record floor = make_floor(512, 1);
  floor.header.expiry_day = 20'000;
  EXPECT_EQ(Error::malformed, open_floor(600, floor.header, floor.body).error());
}

/// A feed of 1,000 records whose record 900 ends all before 768.
class StartTest : public testing::Test {
 protected:
  explicit StartTest(std::uint32_t generation = 1) {
    feed_.generation = generation;
    const Signature signature{};
    const v1::Close close = generation == 1 ? v1::Close()
                                            : make_close({{}, {}, generation - 1}, 7,
                                                         [&](ByteView) { return signature; });
    for (std::uint64_t i = 0; i < size; ++i) {
      if (i == 0 && generation > 1)
        add(make_record(RecordKind::close, 1, 9, to_bytes(as_bytes(close.SerializeAsString()))));
      else if (i == floor_index)
        add(make_floor(768, 1));
      else if (i == floor_index + 1)
        add(make_floor(512, 1));
      else
        add(make_record(RecordKind::advisory, 1, 9, ByteWriter().u64(i).take()));
    }
    start_ = start_at(768, floor_index);
  }
  void add(Record record) {
    const auto header = encode(record.header);
    tree_.append(leaf_hash(header));
    leaves_.push_back(leaf_hash(header));
    records_.push_back(std::move(record));
  }
  Tree::LeafReader reader() const {
    return [this](std::uint64_t from, std::uint64_t count) {
      const auto begin = leaves_.begin() + static_cast<std::ptrdiff_t>(from);
      return std::vector<Hash>(begin, begin + static_cast<std::ptrdiff_t>(count));
    };
  }
  Start start_at(std::uint64_t first, std::uint64_t floor) const {
    Start out;
    out.first = first;
    out.peaks = tree_.frontier_at(first, reader()).peaks();
    out.floor_index = floor;
    out.floor_header = to_bytes(encode(records_[floor].header));
    out.floor_body = records_[floor].body;
    out.floor_proof = tree_.inclusion_proof(floor, size, reader());
    if (feed_.generation == 1) return out;
    out.closing.header = to_bytes(encode(records_[0].header));
    out.closing.body = records_[0].body;
    out.closing.proof = tree_.inclusion_proof(0, std::bit_floor(first), reader());
    return out;
  }
  Checkpoint checkpoint() const { return {feed_, size, tree_.root()}; }
  void expect(Error error, const Start& start, const char* what) const {
    const auto opened = open_start(start, checkpoint());
    ASSERT_FALSE(opened.has_value()) << what;
    EXPECT_EQ(error, opened.error()) << what << ": " << describe(opened.error());
  }

  static constexpr std::uint64_t size = 1'000, floor_index = 900;
  FeedId feed_;
  Tree tree_;
  std::vector<Hash> leaves_;
  std::vector<Record> records_;
  Start start_;
};

TEST_F(StartTest, OpensTheCompactRangeThatTheRecordsGoOnFrom) {
  auto frontier = open_start(start_, checkpoint());
  ASSERT_TRUE(frontier.has_value());
  for (std::uint64_t i = 768; i < size; ++i) frontier->append(leaves_[i]);
  EXPECT_EQ(tree_.root(), frontier->root());
  EXPECT_TRUE(open_start(start_at(512, floor_index), checkpoint()).has_value())
      << "more than it must is no fault";
}

TEST_F(StartTest, BehindWhatTheOriginEndedIsRefused) {
  expect(Error::hidden_records, start_at(768, floor_index + 1), "an earlier floor, a later start");
  Start none = start_at(768, 800);
  expect(Error::malformed, none, "a record that is no floor");
  none.floor_header = start_.floor_header;
  none.floor_body = start_.floor_body;
  expect(Error::bad_proof, none, "a floor at a place where it is not");
  Start forged = start_;
  const Record invented = make_floor(768, 2);
  forged.floor_header = to_bytes(encode(invented.header));
  expect(Error::bad_proof, forged, "a floor that the origin never signed");
  forged.floor_index = 768;
  expect(Error::bad_proof, forged, "nor anywhere else");
}

TEST_F(StartTest, HostileValuesAreRefused) {
  const auto with = [&](auto change) {
    Start out = start_;
    change(out);
    return out;
  };
  expect(Error::malformed, with([](Start& s) { s.first = 0; }), "0");
  expect(Error::malformed, with([](Start& s) { s.first = 767; }), "no tile's first record");
  expect(Error::malformed, with([](Start& s) { s.first = ~0ull - 255; }), "behind everything");
  expect(Error::malformed, with([](Start& s) { s.first = 1'024; }), "behind the feed's end");
  expect(Error::malformed, with([](Start& s) { s.floor_index = size; }), "a floor behind the end");
  expect(Error::malformed, with([](Start& s) { s.floor_index = 767; }), "a floor before the start");
  expect(Error::malformed, with([](Start& s) { s.floor_index = ~0ull; }), "no such floor");
  expect(Error::malformed, with([](Start& s) { s.peaks.clear(); }), "no hashes");
  expect(Error::malformed, with([](Start& s) { s.peaks.resize(64); }), "too many hashes");
  expect(Error::malformed, with([](Start& s) { s.peaks.resize(100'000); }), "far too many");
  expect(Error::malformed, with([](Start& s) { s.floor_header.pop_back(); }), "a cut header");
  expect(Error::malformed, with([](Start& s) { s.floor_header.clear(); }), "no header");
  expect(Error::malformed, with([](Start& s) { s.floor_body.push_back(0); }), "a longer body");
  expect(Error::bad_commitment, with([](Start& s) { s.floor_body[1] ^= 1; }), "another body");
  expect(Error::bad_proof, with([](Start& s) { s.floor_proof.pop_back(); }), "a cut proof");
  expect(Error::bad_proof, with([](Start& s) { s.floor_proof.resize(128); }), "a long proof");
  expect(Error::bad_proof, with([](Start& s) { s.floor_proof[0][3] ^= 1; }), "a wrong proof");
  expect(Error::malformed, with([](Start& s) { s.closing.header = s.floor_header; }),
         "the end of a generation before the first");
  // The compact range is proven with the records that follow it, not before.
  const auto wrong = open_start(with([](Start& s) { s.peaks[0][3] ^= 1; }), checkpoint());
  ASSERT_TRUE(wrong.has_value());
  Frontier frontier = *wrong;
  for (std::uint64_t i = 768; i < size; ++i) frontier.append(leaves_[i]);
  EXPECT_NE(tree_.root(), frontier.root());
}

class LaterGeneration : public StartTest {
 protected:
  LaterGeneration() : StartTest(2) {}
};

TEST_F(LaterGeneration, BringsTheEndOfTheOneBefore) {
  EXPECT_TRUE(open_start(start_, checkpoint()).has_value());
  Start without = start_;
  without.closing = {};
  expect(Error::malformed, without, "nothing is said of the generation before");
  Start other = start_;
  other.closing.header = to_bytes(encode(records_[1].header));
  other.closing.body = records_[1].body;
  expect(Error::malformed, other, "a record that closes nothing");
  const Record invented = make_record(RecordKind::close, 2, 9, records_[0].body);
  other.closing.header = to_bytes(encode(invented.header));
  other.closing.body = invented.body;
  expect(Error::bad_proof, other, "a close that is not this feed's first record");
  other = start_;
  other.closing.proof.resize(128);
  expect(Error::bad_proof, other, "a long proof");
}

}  // namespace
}  // namespace bakhita
