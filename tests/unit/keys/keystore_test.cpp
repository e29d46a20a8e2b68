// SPDX-License-Identifier: EUPL-1.2
#include "keys/keystore.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "keys/error.h"
#include "keys/private_file.h"

namespace bakhita::keys {
namespace {

namespace fs = std::filesystem;

constexpr PassphraseCost cheap{8ull << 20, 1};

Credential passphrase(std::string_view text) {
  return {Credential::Kind::passphrase, SecretBytes::copy_of(as_bytes(text))};
}

class KeystoreFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("keystore-" + std::to_string(::getpid()) +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    file_ = folder_ / "keystore";
  }
  void TearDown() override { fs::remove_all(folder_); }
  void make() { Keystore::create(file_, passphrase("right"), cheap); }
  std::string problem(std::string_view with = "right") {
    try {
      Keystore::open(file_, passphrase(with));
      return "";
    } catch (const KeyError& error) {
      return error.what();
    }
  }
  fs::path folder_, file_;
};

TEST_F(KeystoreFile, KeepsSecretsAndGrowsItsGeneration) {
  {
    Keystore made = Keystore::create(file_, passphrase("right"), cheap);
    std::map<std::string, std::optional<SecretBytes>> changes;
    changes.emplace("one", SecretBytes::copy_of(as_bytes("1")));
    changes.emplace("two", SecretBytes::copy_of(as_bytes("2")));
    made.change(std::move(changes));
  }
  Keystore opened = Keystore::open(file_, passphrase("right"));
  EXPECT_EQ(2u, opened.generation());
  EXPECT_EQ("1", as_text(opened.get("one").view()));
  std::map<std::string, std::optional<SecretBytes>> changes;
  changes.emplace("one", std::nullopt);
  opened.change(std::move(changes));
  const Keystore again = Keystore::open(file_, passphrase("right"));
  EXPECT_FALSE(again.has("one"));
  EXPECT_TRUE(again.has("two"));
  EXPECT_EQ(opened.derive("x").view()[0], again.derive("x").view()[0]);
}

TEST_F(KeystoreFile, RefusesTheWrongPassphraseWithoutRepeatingIt) {
  make();
  EXPECT_NE("", problem("wrong"));
  EXPECT_EQ(std::string::npos, problem("opensesame").find("opensesame"));
}

TEST_F(KeystoreFile, FindsEveryFlippedBitAndEveryCut) {
  make();
  const Bytes sound = read_private_file(file_, 1 << 20);
  for (std::size_t at = 0; at < sound.size(); at += sound.size() / 60 + 1) {
    Bytes damaged = sound;
    damaged[at] ^= 0x10;
    replace_private_file(file_, damaged);
    EXPECT_NE("", problem()) << "flipped " << at;
    replace_private_file(file_, ByteView(sound).first(at));
    EXPECT_NE("", problem()) << "cut " << at;
  }
}

TEST_F(KeystoreFile, RefusesWhatOthersMayReadAndSymbolicLinks) {
  make();
  ::chmod(file_.c_str(), 0640);
  EXPECT_NE(std::string::npos, problem().find("chmod 600"));
  ::chmod(file_.c_str(), 0600);
  fs::rename(file_, folder_ / "elsewhere");
  fs::create_symlink(folder_ / "elsewhere", file_);
  EXPECT_NE(std::string::npos, problem().find("symbolic link"));
}

TEST_F(KeystoreFile, OpensByItsRecoveryKey) {
  SecretBytes recovery = SecretBytes::random(32);
  const SecretBytes copy = SecretBytes::copy_of(recovery.view());
  Keystore::create(file_, passphrase("right"), cheap)
      .add_slot({Credential::Kind::recovery, std::move(recovery)});
  const Keystore opened =
      Keystore::open(file_, {Credential::Kind::recovery, SecretBytes::copy_of(copy.view())});
  EXPECT_EQ(2u, opened.slots().size());
}

TEST_F(KeystoreFile, NeverOverwritesAnother) {
  make();
  EXPECT_THROW(make(), KeyError);
}

}  // namespace
}  // namespace bakhita::keys
