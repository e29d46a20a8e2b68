// SPDX-License-Identifier: EUPL-1.2
#include <gmock/gmock.h>

#include "protocol/feed/generation.h"
#include "tests/unit/store/feed_disk.h"

namespace bakhita::store {
namespace {

constexpr std::uint32_t yesterday = today - 1;

/// Whoever holds [first, …) shows the same as whoever holds all.
void expect_like(const Feeds& whole, const Feeds& later, const Origin& origin) {
  const FeedState a = *whole.find(origin.feed), b = *later.find(origin.feed);
  ASSERT_LT(0u, b.first);
  EXPECT_EQ(a.root, b.root);
  EXPECT_EQ(a.note, b.note);
  EXPECT_EQ(a.ended(), b.ended());
  EXPECT_EQ("", later.verify(origin.feed, origin.key));
  const std::uint64_t step = std::max<std::uint64_t>(37, (b.size - b.first) / 30);
  for (std::uint64_t i = b.first; i < b.size; i += step) {
    EXPECT_EQ(whole.leaf(origin.feed, i), later.leaf(origin.feed, i)) << i;
    EXPECT_EQ(whole.root_at(origin.feed, i), later.root_at(origin.feed, i)) << i;
    EXPECT_EQ(whole.prove_record(origin.feed, i, b.size),
              later.prove_record(origin.feed, i, b.size));
    EXPECT_EQ(whole.prove_prefix(origin.feed, i, b.size),
              later.prove_prefix(origin.feed, i, b.size));
    const auto record = whole.record(origin.feed, i), other = later.record(origin.feed, i);
    ASSERT_EQ(record.has_value(), other.has_value()) << i;
    EXPECT_EQ(record ? record->body : Bytes(), other ? other->body : Bytes()) << i;
  }
}

/// 3,000 records of which the first 2,600 are over; then a floor, and 400 more.
class Starts : public testing::Test {
 protected:
  Starts() { fill(here_); }
  void fill(Disk& disk) {
    std::vector<Record> records;
    for (std::uint32_t i = 0; i < 2'600; ++i) records.push_back(lock(i, yesterday));
    append(disk, std::move(records));
    append(disk, locks(2'600, 400));
    const std::uint64_t living = disk.feeds->first_living(origin_.feed, today);
    EXPECT_EQ(2'600u, living);
    append(disk, {floor_at(living - living % tile_width)});
    append(disk, locks(3'001, 400));
  }
  void append(Disk& disk, std::vector<Record> records) {
    disk.feeds->append(origin_.feed, records, origin_.key, origin_.signer(), {});
  }
  Range start() { return here_.feeds->read(origin_.feed, 0, 100'000, true).value(); }
  Result<FeedState> take(const Range& range) {
    return there_.feeds->accept(origin_.feed, range, origin_.key, today);
  }
  void refuses(Error error, const Range& range, const char* what) {
    const auto taken = take(range);
    ASSERT_FALSE(taken.has_value()) << what;
    EXPECT_EQ(error, taken.error()) << what << ": " << describe(taken.error());
    EXPECT_EQ(0u, there_.feeds->find(origin_.feed)->size) << what;
  }

  Origin origin_;
  Disk here_{"origin"}, there_{"peer"}, third_{"third"};
};

TEST_F(Starts, AMemberThatHoldsNothingBeginsAtTheFloor) {
  EXPECT_GE(fetch(*here_.feeds, *there_.feeds, origin_), 1);
  const FeedState state = *there_.feeds->find(origin_.feed);
  EXPECT_EQ(2'560u, state.first);
  EXPECT_EQ(3'401u, state.size);
  EXPECT_EQ(0u, state.missing);
  EXPECT_EQ(2'560u, there_.feeds->matched_size(origin_.feed)) << "there is nothing before to match";
  EXPECT_LT(state.bytes, here_.feeds->find(origin_.feed)->bytes / 3);
  expect_like(*here_.feeds, *there_.feeds, origin_);
  EXPECT_EQ(2'999u, there_.feeds->find_token(origin_.feed, token_of(lock(2'999).body).value()));
  EXPECT_FALSE(there_.feeds->find_token(origin_.feed, token_of(lock(5).body).value()));
}

TEST_F(Starts, NothingIsSaidOfWhatLiesBefore) {
  fetch(*here_.feeds, *there_.feeds, origin_);
  const Feeds& feeds = *there_.feeds;
  EXPECT_TRUE(feeds.read_held(origin_.feed, 0, 10).empty());
  EXPECT_TRUE(feeds.read_held(origin_.feed, 2'559, 10).empty());
  EXPECT_EQ(10u, feeds.read_held(origin_.feed, 2'560, 10).size());
  EXPECT_EQ(std::nullopt, feeds.record(origin_.feed, 2'559));
  EXPECT_EQ(std::nullopt, feeds.leaf(origin_.feed, 2'559));
  EXPECT_EQ(std::nullopt, feeds.root_at(origin_.feed, 2'559));
  EXPECT_TRUE(feeds.prove_record(origin_.feed, 2'559, 3'401).empty());
  EXPECT_TRUE(feeds.prove_prefix(origin_.feed, 2'559, 3'401).empty());
  EXPECT_EQ(Error::not_found, feeds.read(origin_.feed, 0, 10).error());
  EXPECT_EQ(2'816u, feeds.aged(origin_.feed, 0, today).next);
  there_.feeds->erase_bodies(origin_.feed, std::vector<std::uint64_t>{0, 2'559, 2'700}, {});
  EXPECT_EQ(std::nullopt, feeds.record(origin_.feed, 2'700));
  EXPECT_EQ("", feeds.verify(origin_.feed, origin_.key));
}

TEST_F(Starts, ItIsReopenedGrowsAndIsHandedOn) {
  ASSERT_TRUE(take(start()).has_value());
  there_.close();
  there_.open();
  fetch(*here_.feeds, *there_.feeds, origin_);
  append(here_, locks(4'000, 70'000));
  fetch(*here_.feeds, *there_.feeds, origin_);
  there_.close();
  there_.open();
  expect_like(*here_.feeds, *there_.feeds, origin_);
  fetch(*there_.feeds, *third_.feeds, origin_);
  EXPECT_EQ(2'560u, third_.feeds->find(origin_.feed)->first);
  expect_like(*here_.feeds, *third_.feeds, origin_);
}

TEST_F(Starts, ALaterFloorIsServedByWhoBeganAtAnEarlierOne) {
  fetch(*here_.feeds, *there_.feeds, origin_);
  std::vector<Record> over;
  for (std::uint32_t i = 0; i < 66'000; ++i) over.push_back(lock(5'000 + i, yesterday));
  append(here_, std::move(over));
  append(here_, {floor_at(66'048), lock(99'999)});
  fetch(*here_.feeds, *there_.feeds, origin_);
  EXPECT_EQ(2'560u, there_.feeds->find(origin_.feed)->first) << "what is held stays";
  EXPECT_EQ(66'048u, there_.feeds->find(origin_.feed)->ended());
  fetch(*there_.feeds, *third_.feeds, origin_);
  EXPECT_EQ(66'048u, third_.feeds->find(origin_.feed)->first);
  expect_like(*here_.feeds, *third_.feeds, origin_);
}

TEST_F(Starts, AFloorEndsWhatIsHeldAndMissingBeforeIt) {
  Disk old("old");
  std::vector<Record> records = locks(0, 600);
  Origin other;
  other.feed.generation = 3;
  old.feeds->append(other.feed, records, other.key, other.signer(), {});
  const std::vector<std::uint64_t> withheld{3, 300, 555};
  old.feeds->erase_bodies(other.feed, withheld, {});
  fetch(*old.feeds, *there_.feeds, other);
  EXPECT_EQ(3u, there_.feeds->find(other.feed)->missing);
  const Record floor = floor_at(512);
  old.feeds->append(other.feed, {&floor, 1}, other.key, other.signer(), {});
  fetch(*old.feeds, *there_.feeds, other);
  const FeedState state = *there_.feeds->find(other.feed);
  EXPECT_EQ(512u, state.ended());
  EXPECT_EQ(1u, state.missing);
  EXPECT_EQ(555u, state.first_missing);
  EXPECT_EQ(255u, there_.feeds->aged(other.feed, 0, today).expired.size())
      << "all that are left of the first tile, whatever their day";
  EXPECT_TRUE(there_.feeds->aged(other.feed, 512, today).expired.empty());
}

TEST_F(Starts, NothingOfAWrongStartIsStored) {
  const Range sound = start();
  ASSERT_TRUE(sound.start.has_value());
  ASSERT_EQ(2'560u, sound.from);
  const auto with = [&](auto change) {
    Range out = sound;
    change(out);
    return out;
  };
  refuses(Error::wrong_root, with([](Range& r) { r.start->peaks[0][0] ^= 1; }), "a wrong hash");
  refuses(Error::malformed, with([](Range& r) { r.start->peaks.push_back({}); }), "one hash more");
  refuses(Error::bad_proof, with([](Range& r) { r.start->floor_proof[0][0] ^= 1; }), "no proof");
  refuses(Error::unexpected, with([](Range& r) { r.from = 0; }), "records from elsewhere");
  refuses(Error::unexpected, with([](Range& r) { r.from += 256; }), "a gap behind the start");
  refuses(Error::unexpected, with([](Range& r) { r.start.reset(); }), "records without a start");
  refuses(Error::bad_commitment, with([](Range& r) { r.bodies.front() ^= 1; }), "a changed body");
  refuses(Error::malformed, with([](Range& r) { r.start->floor_index = 1; }), "an early floor");
  // The lie itself: a start that its floor does not cover, with all hashes right.
  Range lie = here_.feeds->read(origin_.feed, 2'816, 100'000).value();
  lie.start = sound.start;
  lie.start->first = 2'816;
  std::vector<Hash> leaves;
  Frontier frontier = Frontier::restore(2'560, sound.start->peaks).value();
  for (std::uint64_t i = 2'560; i < 2'816; ++i)
    frontier.append(here_.feeds->leaf(origin_.feed, i).value());
  lie.start->peaks = frontier.peaks();
  refuses(Error::hidden_records, lie, "256 records are left out, most of them alive");
  ASSERT_TRUE(take(sound).has_value());
  EXPECT_EQ(Error::unexpected, take(sound).error()) << "a start is for who holds nothing";
}

TEST_F(Starts, ACrashInTheMidstOfTheFirstFetchLosesNoMoreThanRecords) {
  Range first = here_.feeds->read(origin_.feed, 0, 2'700, true).value();
  ASSERT_TRUE(take(first).has_value());
  EXPECT_FALSE(there_.feeds->find(origin_.feed)->caught_up());
  EXPECT_EQ(Error::not_found, there_.feeds->read(origin_.feed, 2'560, 10).error());
  there_.close();
  there_.open();
  EXPECT_EQ(2'560u, there_.feeds->find(origin_.feed)->first);
  fetch(*here_.feeds, *there_.feeds, origin_);
  expect_like(*here_.feeds, *there_.feeds, origin_);
}

TEST_F(Starts, AFetchThatNobodyCanGoOnWithBeginsAgainAtAFloorUnderTheNoteThatItHas) {
  fetch(*here_.feeds, *third_.feeds, origin_);
  const Range part = here_.feeds->read(origin_.feed, 0, 700).value();
  ASSERT_TRUE(take(part).has_value());
  ASSERT_FALSE(there_.feeds->find(origin_.feed)->caught_up());
  there_.close();
  there_.open();
  fetch(*third_.feeds, *there_.feeds, origin_);
  EXPECT_EQ(700u, there_.feeds->find(origin_.feed)->size) << "what follows is not there";
  const Range start = third_.feeds->read(origin_.feed, 0, 2'700, true).value();
  ASSERT_TRUE(take(start).has_value());
  there_.close();
  there_.open();
  fetch(*third_.feeds, *there_.feeds, origin_);
  expect_like(*here_.feeds, *there_.feeds, origin_);
  EXPECT_FALSE(there_.feeds->find_token(origin_.feed, token_of(lock(5).body).value()));
}

TEST_F(Starts, WhoHoldsAFeedUpToItsNoteDoesNotGiveThatMeasureUp) {
  append(third_, locks(0, 700));
  fetch(*third_.feeds, *there_.feeds, origin_);
  EXPECT_EQ(Error::unexpected, take(start()).error());
  EXPECT_EQ(700u, there_.feeds->find(origin_.feed)->size);
}

TEST_F(Starts, ANoteOfAFetchThatWasCutShortConvictsWhoGoesOnFromAFloorOfAnother) {
  Disk twin("twin");
  std::vector<Record> records;
  for (std::uint32_t i = 0; i < 3'000; ++i) records.push_back(lock(9'000 + i, yesterday));
  append(twin, std::move(records));
  ASSERT_TRUE(take(twin.feeds->read(origin_.feed, 0, 700).value()).has_value());
  const auto taken = take(start());
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(Error::split_view, taken.error());
  EXPECT_TRUE(there_.feeds->find(origin_.feed)->frozen);
  ASSERT_EQ(1u, there_.feeds->evidence(origin_.feed).size());
}

TEST_F(Starts, ASplitViewBehindTheStartIsProvenAndOneBeforeItIsNotSeen) {
  Disk twin("twin");
  std::vector<Record> records;
  for (std::uint32_t i = 0; i < 3'000; ++i) records.push_back(lock(9'000 + i, yesterday));
  append(twin, {records.begin(), records.begin() + 100});
  const std::string early = twin.feeds->find(origin_.feed)->note;
  append(twin, {records.begin() + 100, records.end()});
  const std::string late = twin.feeds->find(origin_.feed)->note;
  fetch(*here_.feeds, *there_.feeds, origin_);
  EXPECT_TRUE(there_.feeds->compare(origin_.feed, early, origin_.key).has_value())
      << "nothing here tells what the first 100 records were";
  EXPECT_FALSE(there_.feeds->find(origin_.feed)->frozen);
  EXPECT_EQ(Error::split_view, there_.feeds->compare(origin_.feed, late, origin_.key).error());
  EXPECT_TRUE(there_.feeds->find(origin_.feed)->frozen);
  ASSERT_EQ(1u, there_.feeds->evidence(origin_.feed).size());
}

TEST_F(Starts, AKeyThatARelayLeavesOutIsMissedWhateverItsDay) {
  const Record key = make_record(RecordKind::oprf_key, 480'000, yesterday, Bytes(40, 7));
  append(here_, {key});
  const std::uint64_t index = here_.feeds->find(origin_.feed)->size - 1;
  fetch(*here_.feeds, *third_.feeds, origin_);
  third_.feeds->erase_bodies(origin_.feed, std::vector<std::uint64_t>{index, 2'600}, {});
  fetch(*third_.feeds, *there_.feeds, origin_);
  EXPECT_EQ(2u, there_.feeds->find(origin_.feed)->missing);
  EXPECT_EQ(2'600u, there_.feeds->find(origin_.feed)->first_missing);
  const auto range = here_.feeds->read(origin_.feed, 2'600, 4'000).value();
  EXPECT_EQ(2u, there_.feeds->fill(origin_.feed, range).value());
  const auto whole = here_.feeds->read(origin_.feed, 0, 10).value();
  EXPECT_EQ(0u, there_.feeds->fill(origin_.feed, whole).value()) << "nothing waits there";
  expect_like(*here_.feeds, *there_.feeds, origin_);
}

TEST_F(Starts, AFloorThatARelayLeavesOutIsMissed) {
  here_.feeds->erase_bodies(origin_.feed, std::vector<std::uint64_t>{3'000}, {});
  fetch(*here_.feeds, *there_.feeds, origin_);
  EXPECT_EQ(0u, there_.feeds->find(origin_.feed)->ended());
  EXPECT_EQ(1u, there_.feeds->find(origin_.feed)->missing);
  EXPECT_EQ(3'000u, there_.feeds->find(origin_.feed)->first_missing);
  EXPECT_THAT(there_.feeds->aged(origin_.feed, 2'816, today + 1'000).expired,
              testing::Not(testing::Contains(3'000u)))
      << "it holds for ever";
}

TEST_F(Starts, WhatWasMissingInAPartIsForgottenWithItAndNothingElse) {
  Disk whole("whole");
  std::vector<Record> records;
  for (std::uint8_t i = 0; i < 5; ++i)
    records.push_back(make_record(RecordKind::oprf_key, 480'000, yesterday, Bytes(40, i)));
  for (std::uint32_t i = 5; i < 2'600; ++i) records.push_back(lock(i, yesterday));
  append(whole, std::move(records));
  append(whole, locks(2'600, 400));
  append(whole, {floor_at(2'560)});
  append(whole, locks(3'001, 400));
  const std::vector<std::uint64_t> withheld{0, 1, 2, 3, 4, 2'600, 2'601, 2'602};
  whole.feeds->erase_bodies(origin_.feed, withheld, {});
  ASSERT_TRUE(take(whole.feeds->read(origin_.feed, 0, 700).value()).has_value());
  ASSERT_EQ(5u, there_.feeds->find(origin_.feed)->missing);
  ASSERT_TRUE(take(whole.feeds->read(origin_.feed, 0, 100'000, true).value()).has_value());
  ASSERT_EQ(2'560u, there_.feeds->find(origin_.feed)->first);
  EXPECT_EQ(3u, there_.feeds->find(origin_.feed)->missing);
  EXPECT_EQ(2'600u, there_.feeds->find(origin_.feed)->first_missing);
}

TEST_F(Starts, AMatchingStepThatWasUnderWayDoesNotTakeTheFeedBackBehindItsStart) {
  ASSERT_TRUE(take(here_.feeds->read(origin_.feed, 0, 700).value()).has_value());
  ASSERT_TRUE(take(start()).has_value());
  EXPECT_EQ(2'560u, there_.feeds->matched_size(origin_.feed));
  Batch late;
  there_.feeds->set_matched_size(origin_.feed, 600, late);
  there_.database->commit(std::move(late));
  EXPECT_EQ(2'560u, there_.feeds->matched_size(origin_.feed));
  EXPECT_TRUE(there_.feeds->read_held(origin_.feed, 600, 10).empty());
}

TEST_F(Starts, AnOwnFeedIsReplacedOnlyByWhatIsProven) {
  fetch(*here_.feeds, *there_.feeds, origin_);
  const FeedState before = *there_.feeds->find(origin_.feed);
  const Range whole = here_.feeds->read(origin_.feed, 0, 100'000).value();
  Range wrong = whole;
  wrong.bodies.back() ^= 1;
  const auto replace = [&](const Range& range) {
    return there_.feeds->replace(origin_.feed, range, origin_.key, today);
  };
  EXPECT_FALSE(replace(wrong).has_value());
  EXPECT_EQ(before.first, there_.feeds->find(origin_.feed)->first);
  expect_like(*here_.feeds, *there_.feeds, origin_);
  Disk behind("behind");
  append(behind, locks(0, 100));
  EXPECT_EQ(Error::unexpected, replace(behind.feeds->read(origin_.feed, 0, 100).value()).error())
      << "an older note";
  there_.close();
  there_.open();
  expect_like(*here_.feeds, *there_.feeds, origin_);
  ASSERT_TRUE(replace(whole).has_value());
  fetch(*here_.feeds, *there_.feeds, origin_);
  there_.close();
  there_.open();
  EXPECT_EQ(0u, there_.feeds->find(origin_.feed)->first);
  EXPECT_EQ(here_.feeds->find(origin_.feed)->root, there_.feeds->find(origin_.feed)->root);
  EXPECT_EQ(0u, there_.feeds->find(origin_.feed)->missing);
  EXPECT_EQ("", there_.feeds->verify(origin_.feed, origin_.key));
  const auto index = there_.feeds->find_token(origin_.feed, token_of(lock(2'700).body).value());
  EXPECT_EQ(2'700u, index.value_or(0));
}

TEST_F(Starts, AnOwnFeedThatIsHadBackFromAFloorIsSignedOn) {
  fetch(*here_.feeds, *there_.feeds, origin_);
  there_.feeds->adopt(origin_.feed);
  there_.anchor->advance_feed({origin_.feed, 3'401, there_.feeds->find(origin_.feed)->root});
  there_.close();
  there_.open();
  there_.feeds->finish_signing(origin_.feed, origin_.key, origin_.signer());
  append(there_, locks(50'000, 300));
  append(here_, locks(50'000, 300));
  expect_like(*here_.feeds, *there_.feeds, origin_);
  EXPECT_EQ(2'600u, there_.feeds->first_living(origin_.feed, today));
  // An anchor from before the start cannot be held against what is there.
  Disk other("other");
  fetch(*here_.feeds, *other.feeds, origin_);
  other.anchor->advance_feed({origin_.feed, 100, Hash{1}});
  EXPECT_THROW(other.feeds->finish_signing(origin_.feed, origin_.key, origin_.signer()),
               RecoveryNeeded);
  other.feeds->begin_again(origin_.feed);
  EXPECT_EQ(0u, other.feeds->find(origin_.feed)->first);
}

TEST(FirstLiving, IsWhatNeitherExpiredNorWasWithdrawnButForWhatIsSaidAgain) {
  Origin origin;
  Disk here("origin");
  const auto living = [&] { return here.feeds->first_living(origin.feed, today); };
  const auto append = [&](const Record& record) {
    here.feeds->append(origin.feed, {&record, 1}, origin.key, origin.signer(), {});
  };
  EXPECT_EQ(0u, living());
  append(make_record(RecordKind::oprf_key, 1, today + 300, Bytes(40, 1)));
  append(make_record(RecordKind::policy, 1, today + 300, Bytes(40, 2)));
  append(lock(1, yesterday));
  EXPECT_EQ(3u, living());
  append(lock(2, today));
  append(lock(3, yesterday));
  EXPECT_EQ(3u, living()) << "its last day is not over";
  here.feeds->erase_bodies(origin.feed, std::vector<std::uint64_t>{3}, {});
  EXPECT_EQ(5u, living());
  append(withdrawal_of(3));
  append(lock(4, yesterday));
  EXPECT_EQ(5u, living()) << "tombstones live as long as they say";
}

TEST(FirstLiving, AWithdrawalFromAnEarlierGenerationStaysUntilThatRecordIsOver) {
  Origin origin, later;
  later.feed.generation = 2;
  Disk here("origin");
  here.feeds->append(origin.feed, locks(0, 2), origin.key, origin.signer(), {});
  v1::Withdraw withdraw;
  withdraw.set_index(1);
  withdraw.set_generation(1);
  const Record record = make_record(RecordKind::withdraw, 1, yesterday,
                                    to_bytes(as_bytes(withdraw.SerializeAsString())));
  here.feeds->append(later.feed, {&record, 1}, later.key, later.signer(), {});
  EXPECT_EQ(0u, here.feeds->first_living(later.feed, today));
  EXPECT_EQ(1u, here.feeds->first_living(later.feed, today + 11));
}

TEST(LaterGenerations, BeginAtAFloorWithTheEndOfTheOneBefore) {
  Origin origin;
  origin.feed.generation = 2;
  Disk here("origin"), there("peer"), third("third");
  const v1::Close close = make_close({origin.feed.community, origin.feed.origin, 1}, 9,
                                     [](ByteView) { return Signature{}; });
  std::vector<Record> records{
      make_record(RecordKind::close, 1, ~0u, to_bytes(as_bytes(close.SerializeAsString())))};
  for (std::uint32_t i = 1; i < 800; ++i) records.push_back(lock(i, yesterday));
  records.push_back(floor_at(768));
  here.feeds->append(origin.feed, records, origin.key, origin.signer(), {});
  fetch(*here.feeds, *there.feeds, origin);
  records.clear();
  for (std::uint32_t i = 0; i < 3'000; ++i) records.push_back(lock(1'000 + i, yesterday));
  records.push_back(floor_at(3'072));
  here.feeds->append(origin.feed, records, origin.key, origin.signer(), {});
  fetch(*here.feeds, *there.feeds, origin);
  EXPECT_EQ(768u, there.feeds->find(origin.feed)->first);
  there.close();
  there.open();
  const Range mine = here.feeds->read(origin.feed, 0, 100'000, true).value();
  const Range relayed = there.feeds->read(origin.feed, 0, 100'000, true).value();
  ASSERT_TRUE(mine.start && relayed.start);
  EXPECT_EQ(3'072u, relayed.start->first);
  EXPECT_EQ(mine.start->closing.header, relayed.start->closing.header);
  EXPECT_EQ(mine.start->closing.body, relayed.start->closing.body);
  EXPECT_EQ(mine.start->closing.proof, relayed.start->closing.proof);
  fetch(*there.feeds, *third.feeds, origin);
  EXPECT_EQ("", third.feeds->verify(origin.feed, origin.key));
}

TEST(LaterGenerations, AFloorBehindTheEndOfItsGenerationSaysNothing) {
  Origin origin;
  Disk here("origin"), there("peer");
  std::vector<Record> records = locks(0, 600);
  records.push_back(floor_at(512));
  here.feeds->append(origin.feed, records, origin.key, origin.signer(), {});
  fetch(*here.feeds, *there.feeds, origin);
  here.feeds->close(origin.feed, 600);
  EXPECT_EQ(0u, here.feeds->find(origin.feed)->ended());
  EXPECT_FALSE(here.feeds->read(origin.feed, 0, 600, true)->start.has_value());
  Disk other("other");
  other.feeds->open(origin.feed);
  other.feeds->close(origin.feed, 600);
  const Range start = there.feeds->find(origin.feed)->first == 512
                          ? there.feeds->read(origin.feed, 0, 1'000, true).value()
                          : Range();
  ASSERT_TRUE(start.start.has_value());
  EXPECT_EQ(Error::unexpected, other.feeds->accept(origin.feed, start, origin.key, today).error());
}

}  // namespace
}  // namespace bakhita::store
