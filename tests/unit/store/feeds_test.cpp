// SPDX-License-Identifier: EUPL-1.2
#include "node/store/feeds.h"

#include <fstream>

#include "tests/unit/store/feed_disk.h"

namespace bakhita::store {
namespace {

TEST(Feeds, APeerReceivesInProvenPrefixesAndResumesAfterARestart) {
  Origin origin;
  Disk here("origin"), there("peer");
  here.feeds->append(origin.feed, locks(0, 3'000), origin.key, origin.signer(), {});
  const auto first = here.feeds->read(origin.feed, 0, 700);
  ASSERT_TRUE(there.feeds->accept(origin.feed, *first, origin.key, today).has_value());
  EXPECT_FALSE(there.feeds->find(origin.feed)->caught_up());
  there.close();
  there.open();
  EXPECT_GT(fetch(*here.feeds, *there.feeds, origin), 2);
  here.feeds->append(origin.feed, locks(3'000, 33), origin.key, origin.signer(), {});
  EXPECT_EQ(1, fetch(*here.feeds, *there.feeds, origin));
  EXPECT_EQ(here.feeds->find(origin.feed)->root, there.feeds->find(origin.feed)->root);
  EXPECT_EQ("", there.feeds->verify(origin.feed, origin.key));
  for (std::uint32_t i : {0u, 699u, 700u, 2'999u, 3'032u})
    EXPECT_EQ(i, there.feeds->find_token(origin.feed, token_of(lock(i).body).value()));
  EXPECT_FALSE(there.feeds->find_token(origin.feed, Token{1, 1, 1, 1, 1, 1}));
}

TEST(Feeds, InTheMiddleOfAFetchNothingIsHandedOn) {
  Origin origin;
  Disk here("origin"), there("peer");
  here.feeds->append(origin.feed, locks(0, 3'000), origin.key, origin.signer(), {});
  const auto first = here.feeds->read(origin.feed, 0, 700);
  ASSERT_TRUE(there.feeds->accept(origin.feed, *first, origin.key, today).has_value());
  EXPECT_EQ(Error::not_found, there.feeds->read(origin.feed, 0, 100).error());
  fetch(*here.feeds, *there.feeds, origin);
  EXPECT_TRUE(there.feeds->read(origin.feed, 0, 100).has_value());
}

TEST(Feeds, NothingOfAWrongRangeIsStored) {
  Origin origin, thief;
  thief.seed = keys::SecretBytes::copy_of(ByteArray<32>{9});
  Disk here("origin"), there("peer");
  here.feeds->append(origin.feed, locks(0, 300), origin.key, origin.signer(), {});
  const Range sound = here.feeds->read(origin.feed, 0, 256).value();
  const auto refuses = [&](Range range, Error error, const char* what) {
    const auto accepted = there.feeds->accept(origin.feed, range, origin.key, today);
    ASSERT_FALSE(accepted.has_value()) << what;
    EXPECT_EQ(error, accepted.error()) << what;
    EXPECT_EQ(0u, there.feeds->find(origin.feed)->size) << what;
  };
  Range changed = sound;
  changed.bodies[50] ^= 1;
  refuses(changed, Error::bad_commitment, "a body was changed");
  changed = sound;
  changed.headers[5] ^= 1;
  refuses(changed, Error::bad_proof, "a header was changed");
  changed = sound;
  changed.proof.pop_back();
  refuses(changed, Error::bad_proof, "a proof was cut");
  changed = sound;
  changed.from = 1;
  refuses(changed, Error::unexpected, "a gap");
  changed = sound;
  changed.headers.pop_back();
  refuses(changed, Error::malformed, "a cut header");
  changed = sound;
  changed.bodies.push_back(0);
  refuses(changed, Error::malformed, "bytes behind the last body");
  changed = sound;
  const auto state = here.feeds->find(origin.feed);
  const std::string text = checkpoint_text({origin.feed, state->size, state->root});
  changed.note =
      make_note(text, origin_line(origin.feed), origin.key, keys::sign(thief.seed, as_bytes(text)));
  refuses(changed, Error::bad_signature, "a forged signature");
  EXPECT_TRUE(there.feeds->accept(origin.feed, sound, origin.key, today).has_value());
}

TEST(Feeds, ASplitViewFreezesTheFeed) {
  Origin origin;
  Disk here("origin"), twin("twin"), there("peer");
  here.feeds->append(origin.feed, locks(0, 40), origin.key, origin.signer(), {});
  twin.feeds->append(origin.feed, locks(500, 40), origin.key, origin.signer(), {});
  fetch(*here.feeds, *there.feeds, origin);
  EXPECT_TRUE(there.feeds->compare(origin.feed, here.feeds->find(origin.feed)->note, origin.key)
                  .has_value());
  const auto compared =
      there.feeds->compare(origin.feed, twin.feeds->find(origin.feed)->note, origin.key);
  ASSERT_FALSE(compared.has_value());
  EXPECT_EQ(Error::split_view, compared.error());
  EXPECT_TRUE(there.feeds->find(origin.feed)->frozen);
  EXPECT_EQ(1u, there.database->approximate_count(Table::evidence));
}

TEST(Feeds, AnOlderNoteTakesNobodyBack) {
  Origin origin;
  Disk here("origin"), there("peer");
  here.feeds->append(origin.feed, locks(0, 40), origin.key, origin.signer(), {});
  const Range old_range = here.feeds->read(origin.feed, 0, 40).value();
  here.feeds->append(origin.feed, locks(40, 40), origin.key, origin.signer(), {});
  const Range first = here.feeds->read(origin.feed, 0, 10).value();
  ASSERT_TRUE(there.feeds->accept(origin.feed, first, origin.key, today).has_value());
  Range behind = old_range;
  behind.from = 10;
  behind.headers.erase(behind.headers.begin(), behind.headers.begin() + 10 * header_size);
  const auto accepted = there.feeds->accept(origin.feed, behind, origin.key, today);
  ASSERT_FALSE(accepted.has_value());
  EXPECT_EQ(Error::unexpected, accepted.error());
  EXPECT_EQ(80u, there.feeds->find(origin.feed)->note_size);
}

/// Both notes are by the key, and the smaller size's root is another in the larger one's tree.
void expect_proof(const v1::SplitView& proof, const Origin& origin) {
  const auto smaller = open_checkpoint(proof.smaller(), origin.feed, origin.key);
  const auto larger = open_checkpoint(proof.larger(), origin.feed, origin.key);
  ASSERT_TRUE(smaller.has_value() && larger.has_value());
  const Hash prefix = to_array<32>(as_bytes(proof.prefix_root())).value();
  std::vector<Hash> path;
  for (const std::string& hash : proof.proof()) path.push_back(*to_array<32>(as_bytes(hash)));
  EXPECT_TRUE(
      verify_consistency(smaller->size, larger->size, prefix, larger->root, path).has_value());
  EXPECT_NE(prefix, smaller->root);
}

TEST(Feeds, AFeedThatChangesWhileItIsFetchedIsConvicted) {
  Origin origin;
  Disk here("origin"), twin("twin"), there("peer");
  here.feeds->append(origin.feed, locks(0, 40), origin.key, origin.signer(), {});
  here.feeds->append(origin.feed, locks(40, 10), origin.key, origin.signer(), {});
  twin.feeds->append(origin.feed, locks(0, 40), origin.key, origin.signer(), {});
  twin.feeds->append(origin.feed, locks(500, 30), origin.key, origin.signer(), {});
  const Range first = here.feeds->read(origin.feed, 0, 20).value();  // under the note of size 50
  ASSERT_TRUE(there.feeds->accept(origin.feed, first, origin.key, today).has_value());
  const Range second = twin.feeds->read(origin.feed, 20, 30).value();  // under that of size 70
  ASSERT_TRUE(there.feeds->accept(origin.feed, second, origin.key, today).has_value());
  const Range last = twin.feeds->read(origin.feed, 50, 30).value();
  const auto accepted = there.feeds->accept(origin.feed, last, origin.key, today);
  ASSERT_FALSE(accepted.has_value());
  EXPECT_EQ(Error::split_view, accepted.error());
  EXPECT_TRUE(there.feeds->find(origin.feed)->frozen);
  ASSERT_EQ(1u, there.feeds->evidence(origin.feed).size());
  expect_proof(there.feeds->evidence(origin.feed)[0], origin);
  there.close();
  there.open();
  EXPECT_TRUE(there.feeds->find(origin.feed)->frozen);
}

TEST(Feeds, ANoteOfASizeNotYetHeldConvictsWhenThatSizeArrives) {
  Origin origin;
  Disk here("origin"), twin("twin"), there("peer");
  here.feeds->append(origin.feed, locks(0, 40), origin.key, origin.signer(), {});
  fetch(*here.feeds, *there.feeds, origin);
  here.feeds->append(origin.feed, locks(40, 20), origin.key, origin.signer(), {});
  twin.feeds->append(origin.feed, locks(0, 40), origin.key, origin.signer(), {});
  twin.feeds->append(origin.feed, locks(900, 10), origin.key, origin.signer(), {});
  EXPECT_TRUE(there.feeds->compare(origin.feed, twin.feeds->find(origin.feed)->note, origin.key)
                  .has_value());
  there.close();
  there.open();
  const Range rest = here.feeds->read(origin.feed, 40, 20).value();
  EXPECT_FALSE(there.feeds->accept(origin.feed, rest, origin.key, today).has_value());
  EXPECT_TRUE(there.feeds->find(origin.feed)->frozen);
  ASSERT_EQ(1u, there.feeds->evidence(origin.feed).size());
  expect_proof(there.feeds->evidence(origin.feed)[0], origin);
}

TEST(Feeds, TheNewestOfTwoRecordsWithOneTokenIsFoundAndOutlivesTheOther) {
  Origin origin;
  Disk here("origin"), there("peer");
  std::vector<Record> records = locks(0, 5);
  records.push_back(lock(2));
  here.feeds->append(origin.feed, records, origin.key, origin.signer(), {});
  fetch(*here.feeds, *there.feeds, origin);
  const Token token = token_of(lock(2).body).value();
  EXPECT_EQ(5u, there.feeds->find_token(origin.feed, token));
  there.feeds->erase_bodies(origin.feed, std::vector<std::uint64_t>{2}, {});
  EXPECT_EQ(5u, there.feeds->find_token(origin.feed, token));
  there.feeds->erase_bodies(origin.feed, std::vector<std::uint64_t>{5}, {});
  EXPECT_FALSE(there.feeds->find_token(origin.feed, token));
}

TEST(Feeds, ACrashBeforeTheSignatureIsMendedAtStart) {
  Origin origin;
  Disk here("origin");
  here.feeds->append(origin.feed, locks(0, 10), origin.key, origin.signer(), {});
  const Feeds::Signer dies = [](ByteView) -> Signature { throw std::runtime_error("power lost"); };
  EXPECT_THROW(here.feeds->append(origin.feed, locks(10, 10), origin.key, dies, {}),
               std::runtime_error);
  here.close();
  here.open();
  EXPECT_FALSE(here.feeds->find(origin.feed)->caught_up());
  here.feeds->finish_signing(origin.feed, origin.key, origin.signer());
  EXPECT_TRUE(here.feeds->find(origin.feed)->caught_up());
  EXPECT_EQ("", here.feeds->verify(origin.feed, origin.key));
}

TEST(Feeds, AnOldCopyOfTheDatabaseNeedsRecovery) {
  Origin origin;
  Disk here("origin");
  here.feeds->append(origin.feed, locks(0, 10), origin.key, origin.signer(), {});
  here.close();
  fs::copy(here.folder() / "data", here.folder() / "copy", fs::copy_options::recursive);
  here.open();
  here.feeds->append(origin.feed, locks(10, 10), origin.key, origin.signer(), {});
  here.close();
  fs::remove_all(here.folder() / "data");
  fs::rename(here.folder() / "copy", here.folder() / "data");
  fs::permissions(here.folder() / "data", fs::perms::owner_all);
  here.open();
  EXPECT_THROW(here.feeds->finish_signing(origin.feed, origin.key, origin.signer()),
               RecoveryNeeded);
}

TEST(Feeds, TheAnchorNeverGoesBack) {
  Origin origin;
  Disk here("origin");
  here.anchor->advance_feed({origin.feed, 5, Hash{1}});
  EXPECT_THROW(here.anchor->advance_feed({origin.feed, 4, Hash{2}}), StorageError);
  EXPECT_THROW(here.anchor->advance_feed({origin.feed, 5, Hash{2}}), StorageError);
  EXPECT_NO_THROW(here.anchor->advance_feed({origin.feed, 5, Hash{1}}));
}

TEST(Feeds, AMissingBodyIsKnownUntilItsWithdrawalArrives) {
  Origin origin;
  Disk here("origin"), there("peer");
  here.feeds->append(origin.feed, locks(0, 10), origin.key, origin.signer(), {});
  here.feeds->erase_bodies(origin.feed, std::vector<std::uint64_t>{3}, {});
  fetch(*here.feeds, *there.feeds, origin);
  EXPECT_EQ(1u, there.feeds->find(origin.feed)->missing);
  EXPECT_FALSE(there.feeds->record(origin.feed, 3));
  const Record record = withdrawal_of(3);
  here.feeds->append(origin.feed, {&record, 1}, origin.key, origin.signer(), {});
  fetch(*here.feeds, *there.feeds, origin);
  EXPECT_EQ(0u, there.feeds->find(origin.feed)->missing);
}

TEST(Feeds, AnyNumberOfBodiesMayBeMissingAndTheFirstIsKnownAsWithdrawalsArrive) {
  constexpr std::uint32_t count = 70'000;
  Origin origin;
  Disk here("origin"), there("peer");
  here.feeds->append(origin.feed, locks(0, count), origin.key, origin.signer(), {});
  std::vector<std::uint64_t> all(count);
  for (std::uint64_t i = 0; i < count; ++i) all[i] = i;
  here.feeds->erase_bodies(origin.feed, all, {});
  fetch(*here.feeds, *there.feeds, origin);
  EXPECT_EQ(count, there.feeds->find(origin.feed)->missing);
  EXPECT_EQ(0u, there.feeds->find(origin.feed)->first_missing);
  // All but two, the first of them in the midst of a tile.
  std::vector<Record> withdrawals;
  for (std::uint64_t i = 0; i < count; ++i)
    if (i != 700 && i != 69'999) withdrawals.push_back(withdrawal_of(i));
  here.feeds->append(origin.feed, withdrawals, origin.key, origin.signer(), {});
  fetch(*here.feeds, *there.feeds, origin);
  EXPECT_EQ(2u, there.feeds->find(origin.feed)->missing);
  EXPECT_EQ(700u, there.feeds->find(origin.feed)->first_missing);
  there.close();
  there.open();
  const Record last = withdrawal_of(700);
  here.feeds->append(origin.feed, {&last, 1}, origin.key, origin.signer(), {});
  fetch(*here.feeds, *there.feeds, origin);
  EXPECT_EQ(1u, there.feeds->find(origin.feed)->missing);
  EXPECT_EQ(69'999u, there.feeds->find(origin.feed)->first_missing);
}

TEST(Feeds, WhatALaterGenerationWithdrewIsNotMissedBeforeOrAfterItsRecordCame) {
  Origin origin;
  Disk here("origin"), first("first"), last("last");
  here.feeds->append(origin.feed, locks(0, 10), origin.key, origin.signer(), {});
  Range stale = here.feeds->read(origin.feed, 0, 10).value();
  const std::vector<std::uint64_t> gone{3};
  here.feeds->erase_bodies(origin.feed, gone, {});
  fetch(*here.feeds, *first.feeds, origin);
  EXPECT_EQ(1u, first.feeds->find(origin.feed)->missing);
  first.feeds->erase_bodies(origin.feed, gone, {});
  EXPECT_EQ(0u, first.feeds->find(origin.feed)->missing);
  last.feeds->open(origin.feed);
  last.feeds->erase_bodies(origin.feed, gone, {});
  for (Disk* disk : {&first, &last}) {
    disk->close();
    disk->open();
  }
  EXPECT_EQ(0u, first.feeds->find(origin.feed)->missing);
  // Who has not heard of the withdrawal still hands the body on.
  ASSERT_TRUE(last.feeds->accept(origin.feed, stale, origin.key, today).has_value());
  EXPECT_EQ(0u, last.feeds->find(origin.feed)->missing);
  EXPECT_FALSE(last.feeds->record(origin.feed, 3));
  EXPECT_TRUE(last.feeds->record(origin.feed, 4));
  EXPECT_FALSE(last.feeds->find_token(origin.feed, token_of(lock(3).body).value()));
  EXPECT_EQ("", last.feeds->verify(origin.feed, origin.key));
}

TEST(Feeds, ABodyIsMissedNoMoreWhenItsDayIsOver) {
  Origin origin;
  Disk here("origin"), there("peer");
  here.feeds->append(origin.feed, locks(0, 10), origin.key, origin.signer(), {});
  const Record withdrawal = withdrawal_of(3);
  here.feeds->append(origin.feed, {&withdrawal, 1}, origin.key, origin.signer(), {});
  here.feeds->erase_bodies(origin.feed, std::vector<std::uint64_t>{5, 10}, {});
  fetch(*here.feeds, *there.feeds, origin);
  EXPECT_EQ(2u, there.feeds->find(origin.feed)->missing) << "a lock, and the withdrawal itself";
  EXPECT_TRUE(there.feeds->aged(origin.feed, 0, today + 10).expired.empty()) << "on its last day";
  const auto over = there.feeds->aged(origin.feed, 0, today + 11).expired;
  EXPECT_EQ((std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), over);
  there.feeds->erase_bodies(origin.feed, over, {});
  EXPECT_EQ(0u, there.feeds->find(origin.feed)->missing);
  EXPECT_TRUE(there.feeds->aged(origin.feed, 0, today + 11).expired.empty());
}

TEST(Feeds, ARefusedRangeLeavesNoMissingBodyBehind) {
  Origin origin;
  Disk here("origin"), there("peer");
  here.feeds->append(origin.feed, locks(0, 10), origin.key, origin.signer(), {});
  here.feeds->erase_bodies(origin.feed, std::vector<std::uint64_t>{3}, {});
  Range range = here.feeds->read(origin.feed, 0, 10).value();
  range.bodies.back() ^= 1;
  EXPECT_FALSE(there.feeds->accept(origin.feed, range, origin.key, today).has_value());
  EXPECT_EQ(0u, there.feeds->find(origin.feed)->missing);
  const Record withdrawal = withdrawal_of(3);
  here.feeds->append(origin.feed, {&withdrawal, 1}, origin.key, origin.signer(), {});
  fetch(*here.feeds, *there.feeds, origin);
  EXPECT_EQ(0u, there.feeds->find(origin.feed)->missing);
}

/// Does any file of the database hold these bytes?
bool on_disk(const Disk& disk, ByteView bytes) {
  for (const auto& file : fs::recursive_directory_iterator(disk.folder() / "data")) {
    std::ifstream in(file.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    if (content.find(as_text(bytes)) != std::string::npos) return true;
  }
  return false;
}

TEST(Feeds, WhatIsWithdrawnIsErasedInTheSameCommitHoweverTheSigningEnds) {
  Origin origin;
  Disk here("origin");
  here.feeds->append(origin.feed, locks(0, 600), origin.key, origin.signer(), {});
  const auto crash = [](ByteView) -> Signature { throw std::runtime_error("power lost"); };
  const Feeds::Withdrawn gone{{1, {3, 599}}};  // one of them in the tile that is written on
  EXPECT_THROW(here.feeds->append(origin.feed, std::vector{withdrawal_of(3), withdrawal_of(599)},
                                  origin.key, crash, {}, gone),
               std::runtime_error);
  here.close();
  here.open();
  here.feeds->finish_signing(origin.feed, origin.key, origin.signer());
  EXPECT_EQ(602u, here.feeds->find(origin.feed)->note_size);
  for (std::uint64_t index : {3u, 599u})
    EXPECT_EQ(std::nullopt, here.feeds->record(origin.feed, index)) << index;
  EXPECT_TRUE(here.feeds->record(origin.feed, 4).has_value());
  EXPECT_TRUE(here.feeds->record(origin.feed, 601).has_value());
  EXPECT_EQ("", here.feeds->verify(origin.feed, origin.key));
}

TEST(Feeds, ARecordOfAnEarlierGenerationIsErasedWithItsWithdrawal) {
  Origin origin;
  Disk here("origin");
  here.feeds->append(origin.feed, locks(0, 5), origin.key, origin.signer(), {});
  Origin later;
  later.feed.generation = 2;
  here.feeds->append(later.feed, locks(10, 5), later.key, later.signer(), {}, {{1, {2}}});
  EXPECT_EQ(std::nullopt, here.feeds->record(origin.feed, 2));
  EXPECT_TRUE(here.feeds->record(later.feed, 2).has_value());
}

TEST(Feeds, AfterAPurgeNoFileHoldsWhatWasErased) {
  Origin origin;
  Disk here("origin");
  const auto records = locks(0, 600);
  here.feeds->append(origin.feed, records, origin.key, origin.signer(), {});
  here.close();
  here.open();  // what was written lies in files, not in the log alone
  const ByteView body = records[3].body, kept = records[4].body;
  here.feeds->erase_bodies(origin.feed, std::vector<std::uint64_t>{3}, {});
  EXPECT_TRUE(on_disk(here, body)) << "deleting a row of a database erases nothing yet";
  constexpr Table tables[] = {Table::feed_bodies, Table::tokens};
  here.database->purge(tables);
  EXPECT_FALSE(on_disk(here, body));
  EXPECT_TRUE(on_disk(here, kept));
  EXPECT_EQ("", here.feeds->verify(origin.feed, origin.key));
}

TEST(Feeds, ProvesRecordsAndPrefixesToWhoHasACheckpoint) {
  Origin origin;
  Disk here("origin");
  here.feeds->append(origin.feed, locks(0, 700), origin.key, origin.signer(), {});
  const FeedState state = here.feeds->find(origin.feed).value();
  const Hash leaf = here.feeds->leaf(origin.feed, 300).value();
  const auto path = here.feeds->prove_record(origin.feed, 300, 700);
  EXPECT_TRUE(verify_inclusion(300, 700, leaf, path, state.root));
  EXPECT_FALSE(verify_inclusion(301, 700, leaf, path, state.root));
  const auto prefix = here.feeds->prove_prefix(origin.feed, 555, 700);
  EXPECT_TRUE(verify_consistency(555, 700, here.feeds->root_at(origin.feed, 555).value(),
                                 state.root, prefix));
  EXPECT_EQ(std::nullopt, here.feeds->root_at(origin.feed, 701));
  EXPECT_EQ(std::nullopt, here.feeds->leaf(origin.feed, 700));
}

}  // namespace
}  // namespace bakhita::store
