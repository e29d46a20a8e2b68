// SPDX-License-Identifier: EUPL-1.2
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "node/capture/reader.h"
#include "node/capture/writer.h"
#include "protocol/session/frame.h"

namespace bakhita::capture {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Capture : public testing::Test {
 protected:
  Capture()
      : folder_(fs::path(testing::TempDir()) /
                (std::string("capture.") +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
  }
  ~Capture() override { fs::remove_all(folder_); }

  static Bytes ping(std::uint64_t nonce) {
    v1::Frame frame;
    frame.mutable_ping()->set_nonce(nonce);
    return session::encode_frame(frame).value();
  }
  std::vector<Entry> read_all() {
    std::vector<Entry> out;
    Entry entry;
    for (Reader reader(file_); reader.next(entry);) out.push_back(entry);
    return out;
  }
  std::unique_ptr<Writer> writer(std::uint64_t limit = 1 << 20) {
    auto made =
        std::make_unique<Writer>(folder_, limit, [this](const std::string& why) { why_ = why; });
    file_ = made->state().file;
    return made;
  }

  fs::path folder_, file_;
  std::string why_;
  NodeId peer_{{1, 2, 3}};
};

TEST_F(Capture, HoldsTheSameFramesInWhateverPiecesTheyCame) {
  Bytes stream = ping(1);
  for (std::uint8_t byte : ping(1'000'000)) stream.push_back(byte);
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    {
      const auto out = writer();
      Tap tap(*out, peer_);
      for (std::size_t at = 0; at < stream.size(); at += piece)
        tap.received(ByteView(stream).subspan(at, std::min(piece, stream.size() - at)));
    }
    const auto entries = read_all();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(session::decode_frame(entries[0].content)->ping().nonce(), 1U);
    EXPECT_EQ(session::decode_frame(entries[1].content)->ping().nonce(), 1'000'000U);
    EXPECT_EQ(entries[0].direction, Direction::received);
    EXPECT_EQ(entries[0].peer, peer_);
    EXPECT_GT(entries[0].time, 1'600'000'000'000'000U);
  }
}

TEST_F(Capture, KeepsBytesThatMakeNoFrame) {
  {
    const auto out = writer();
    Tap broken(*out, peer_), cut(*out, peer_);
    broken.received(as_bytes("\xff\xff\xff\xff and what follows"));
    broken.received(as_bytes(", too"));
    cut.sending(ByteView(ping(1)).first(5));
  }
  std::vector<std::string> contents;
  for (const Entry& entry : read_all()) {
    EXPECT_EQ(entry.form, Form::remains);
    contents.emplace_back(as_text(entry.content));
  }
  EXPECT_THAT(contents, ElementsAre("\xff\xff\xff\xff and what follows", ", too",
                                    std::string(as_text(ping(1))).substr(0, 5)));
}

TEST_F(Capture, StopsAtItsLimitWithAWholeEntryAndSaysWhy) {
  const auto out = writer(400);
  Tap tap(*out, peer_);
  for (int i = 0; i < 20; ++i) tap.sending(ping(1));
  EXPECT_THAT(why_, HasSubstr("limit of 400"));
  EXPECT_EQ(out->state().stopped, why_);
  EXPECT_LE(fs::file_size(file_), 400U);
  EXPECT_EQ(read_all().size(), out->state().frames);
}

TEST_F(Capture, CountsEarlierCapturesAgainstTheLimitAndDeletesNone) {
  {
    const auto out = writer(400);
    Tap tap(*out, peer_);
    for (int i = 0; i < 20; ++i) tap.sending(ping(1));
  }
  EXPECT_THROW(writer(300), CaptureError);
  EXPECT_GT(read_all().size(), 0U);
}

TEST_F(Capture, IsForTheOwnerAlone) {
  const auto out = writer();
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(folder_).permissions(), fs::perms::owner_all);
  fs::permissions(folder_, fs::perms::others_read, fs::perm_options::add);
  EXPECT_THROW(writer(), CaptureError);
}

TEST_F(Capture, ReadsUpToAnEntryThatIsCutShortAndNamesTheByte) {
  {
    const auto out = writer();
    Tap tap(*out, peer_);
    tap.sending(ping(1));
    tap.sending(ping(2));
  }
  const std::uint64_t second = (fs::file_size(file_) + magic.size()) / 2;
  fs::resize_file(file_, fs::file_size(file_) - 1);
  Reader reader(file_);
  Entry entry;
  EXPECT_TRUE(reader.next(entry));
  try {
    reader.next(entry);
    FAIL() << "read";
  } catch (const CaptureError& error) {
    EXPECT_THAT(error.what(), HasSubstr("byte " + std::to_string(second) + " is cut short"));
  }
}

TEST_F(Capture, AFolderIsNamedAsOne) {
  fs::create_directories(folder_);
  EXPECT_THAT([&] { Reader reader(folder_); },
              testing::ThrowsMessage<CaptureError>(HasSubstr("is a folder; name the files in it")));
}

TEST_F(Capture, RefusesAnotherKindOfFile) {
  fs::create_directory(folder_);
  std::ofstream(folder_ / "notes") << "some notes of mine";
  EXPECT_THROW(Reader(folder_ / "notes"), CaptureError);
  EXPECT_THROW(Reader(folder_ / "none"), CaptureError);
}

}  // namespace
}  // namespace bakhita::capture
