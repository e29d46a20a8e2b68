// SPDX-License-Identifier: EUPL-1.2
#include "node/feed_files/feed_files.h"

#include <gmock/gmock.h>
#include <sodium.h>

#include "bakhita/v1/feed.pb.h"
#include "protocol/feed/floor.h"
#include "protocol/feed/merkle.h"

namespace bakhita::feed_files {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::uint32_t today = 20'000;

class FeedFolder : public testing::Test {
 protected:
  FeedFolder() {
    EXPECT_GE(sodium_init(), 0);
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    parent_ = fs::path(testing::TempDir()) / (std::string("feed_files_") + info->name());
    fs::remove_all(parent_);
    const ByteArray<32> seed{7};
    crypto_sign_seed_keypair(key_.data(), secret_.data(), seed.data());
    feed_.origin.bytes = key_;
    feed_.community.bytes.fill(3);
  }
  ~FeedFolder() override { fs::remove_all(parent_); }

  void add(Record record, bool erased = false) {
    const auto header = encode(record.header);
    frontier_.append(leaf_hash(header));
    records_.push_back({std::move(record), erased});
  }
  void add_lock(std::uint32_t expiry_day, bool erased = false) {
    add(make_record(RecordKind::lock, 1, expiry_day, Bytes(40 + records_.size(), 9)), erased);
  }
  void add_withdrawal(std::uint64_t index) {
    v1::Withdraw withdraw;
    withdraw.set_index(index);
    withdraw.set_salt(std::string(32, 's'));
    add(make_record(RecordKind::withdraw, 1, today + 9,
                    to_bytes(as_bytes(withdraw.SerializeAsString()))));
  }

  /// From `first` on, the compact range before it.
  fs::path write(std::size_t first = 0) {
    Frontier before;
    for (std::size_t i = 0; i < first; ++i)
      before.append(leaf_hash(encode(records_[i].first.header)));
    Writer writer(parent_, feed_, key_, before);
    for (std::size_t i = first; i < records_.size(); ++i) {
      const auto& [record, erased] = records_[i];
      const auto header = encode(record.header);
      writer.add(header, erased ? std::nullopt : std::optional<ByteView>(record.body));
    }
    const std::string text = checkpoint_text({feed_, frontier_.size(), frontier_.root()});
    Signature signature;
    crypto_sign_detached(signature.data(), nullptr, as_bytes(text).data(), text.size(),
                         secret_.data());
    writer.finish(make_note(text, origin_line(feed_), key_, signature));
    return parent_ / folder_name(feed_);
  }

  static void flip(const fs::path& file, std::streamoff at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const int byte = stream.get();
    stream.seekp(at);
    stream.put(static_cast<char>(byte ^ 1));
  }
  static std::string problem(const fs::path& folder) {
    try {
      verify(folder, today, std::nullopt);
    } catch (const FeedFileError& error) {
      return error.what();
    }
    return "";
  }

  fs::path parent_;
  FeedId feed_;
  PublicKey key_{};
  ByteArray<64> secret_{};
  Frontier frontier_;
  std::vector<std::pair<Record, bool>> records_;
};

TEST_F(FeedFolder, VerifiesWhatWasWritten) {
  add_lock(today + 5);
  add_lock(today - 1, true);  // expired
  add_lock(today + 5, true);  // withdrawn by the next
  add_withdrawal(2);
  const Verified verified = verify(write(), today, key_);
  EXPECT_EQ(verified.feed, feed_);
  EXPECT_EQ(verified.records, 4u);
  EXPECT_EQ(verified.erased, 2u);
  EXPECT_EQ(verified.root, frontier_.root());
}

TEST_F(FeedFolder, MayBeginWhereItsOriginEndedTheRecordsBefore) {
  for (int i = 0; i < 600; ++i) add_lock(today + 5);
  add(make_floor(512, 1));
  add_lock(today + 5, true);
  add_withdrawal(601);
  const fs::path folder = write(512);
  const Verified verified = verify(folder, today, key_);
  EXPECT_EQ(512u, verified.first);
  EXPECT_EQ(603u, verified.records);
  EXPECT_EQ(1u, verified.erased);
  EXPECT_EQ(frontier_.root(), verified.root);
  for (const std::streamoff at : {0, 10, 60}) {
    flip(folder / "start", at);
    EXPECT_NE("", problem(folder)) << at;
    flip(folder / "start", at);
  }
  fs::remove(folder / "start");
  EXPECT_NE("", problem(folder));
  fs::remove_all(parent_);
  EXPECT_THAT(problem(write(576)), HasSubstr("begins behind records"));
}

TEST_F(FeedFolder, RefusesABodyThatIsMissingWithoutReason) {
  add_lock(today + 5);
  add_lock(today + 5, true);
  EXPECT_THAT(problem(write()), HasSubstr("record 2"));
}

TEST_F(FeedFolder, RefusesAFlippedBitInEveryFile) {
  for (int i = 0; i < 5; ++i) add_lock(today + 5);
  const fs::path folder = write();
  ASSERT_EQ(problem(folder), "");
  for (const char* file : {"checkpoint", "log_key", "headers", "bodies"})
    for (const std::uintmax_t at : {std::uintmax_t{0}, fs::file_size(folder / file) / 2}) {
      flip(folder / file, static_cast<std::streamoff>(at));
      EXPECT_NE(problem(folder), "") << file << " at " << at;
      flip(folder / file, static_cast<std::streamoff>(at));
    }
  EXPECT_EQ(problem(folder), "");
}

TEST_F(FeedFolder, RefusesFilesCutShortOrTooLong) {
  add_lock(today + 5);
  const fs::path folder = write();
  for (const char* file : {"headers", "bodies"}) {
    const std::uintmax_t size = fs::file_size(folder / file);
    fs::resize_file(folder / file, size + 1);
    EXPECT_NE(problem(folder), "") << file;
    fs::resize_file(folder / file, size);
  }
  fs::resize_file(folder / "bodies", fs::file_size(folder / "bodies") - 1);
  EXPECT_THAT(problem(folder), HasSubstr("cut short"));
}

TEST_F(FeedFolder, RefusesAnotherLogKeyThanTheExpected) {
  add_lock(today + 5);
  EXPECT_THROW(verify(write(), today, PublicKey{1}), FeedFileError);
}

TEST_F(FeedFolder, IsNotOverwritten) {
  add_lock(today + 5);
  write();
  EXPECT_THROW(write(), FeedFileError);
}

TEST_F(FeedFolder, ALaterGenerationBesideItExplainsAMissingBodyOfAnEarlierOne) {
  add_lock(today + 5);
  add_lock(today + 5, true);
  const fs::path first = write();
  EXPECT_THAT(problem(first), HasSubstr("record 2"));
  records_.clear();
  frontier_ = Frontier();
  feed_.generation = 2;
  add_lock(today + 5);
  add_lock(today + 5, true);
  v1::Withdraw withdraw;
  withdraw.set_index(1);
  withdraw.set_generation(1);
  add(make_record(RecordKind::withdraw, 1, today + 9,
                  to_bytes(as_bytes(withdraw.SerializeAsString()))));
  const fs::path second = write();
  EXPECT_EQ("", problem(first));
  EXPECT_THAT(problem(second), HasSubstr("record 2")) << "its own record 1 was not withdrawn";
  flip(second / "headers", 100);
  EXPECT_THAT(problem(first), HasSubstr(second.filename().string()))
      << "what does not verify explains nothing, and is named";
}

}  // namespace
}  // namespace bakhita::feed_files
