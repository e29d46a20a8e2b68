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

TEST_F(KeystoreFile, AServiceManagersCredentialOpensIt) {
  const fs::path key = folder_ / "bakhita-key";
  create_private_file(key, as_bytes(std::string_view("0123456789abcdef0123456789abcdef")));
  Keystore::create(file_, read_key_file(key));
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_THROW(read_service_credential("bakhita-key"), KeyError);
  ::setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  Keystore::open(file_, read_service_credential("bakhita-key"));
  ::chmod(key.c_str(), 0404);
  EXPECT_THROW(read_service_credential("bakhita-key"), FileError);
  ::unsetenv("CREDENTIALS_DIRECTORY");
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

Credential key_file(std::string_view bytes) {
  return {Credential::Kind::key_file, SecretBytes::copy_of(as_bytes(bytes))};
}
constexpr std::string_view old_key = "0123456789abcdef0123456789abcdef";
constexpr std::string_view new_key = "fedcba9876543210fedcba9876543210";

TEST_F(KeystoreFile, ASlotIsRemovedByAnotherWayInAndNeverTheLast) {
  make();
  Keystore opened = Keystore::open(file_, passphrase("right"));
  EXPECT_THROW(opened.remove_slot(1), KeyError);  // it opened the keystore
  opened.add_slot({Credential::Kind::recovery, SecretBytes::random(32)});
  EXPECT_THROW(opened.remove_slot(3), KeyError);
  opened.add_slot(key_file(old_key));
  Keystore by_key = Keystore::open(file_, key_file(old_key));
  EXPECT_TRUE(by_key.slots().at(2).in_use);
  by_key.remove_slot(1);
  EXPECT_NE("", problem("right"));
  Keystore again = Keystore::open(file_, key_file(old_key));
  EXPECT_EQ(2u, again.slots().size());
  EXPECT_THROW(again.remove_slot(2), KeyError);
}

TEST_F(KeystoreFile, TheLastKeyFileStaysWhenARecoveryKeyOpenedIt) {
  const SecretBytes recovery = SecretBytes::random(32);
  Keystore::create(file_, key_file(old_key))
      .add_slot({Credential::Kind::recovery, SecretBytes::copy_of(recovery.view())});
  Keystore opened =
      Keystore::open(file_, {Credential::Kind::recovery, SecretBytes::copy_of(recovery.view())});
  EXPECT_THROW(opened.remove_slot(1), KeyError);
  EXPECT_TRUE(opened.replace_slot(key_file(new_key)));
  EXPECT_EQ(2u, Keystore::open(file_, key_file(new_key)).slots().size());
  EXPECT_THROW(Keystore::open(file_, key_file(old_key)), KeyError);
  Keystore::open(file_, {Credential::Kind::recovery, SecretBytes::copy_of(recovery.view())});
}

TEST_F(KeystoreFile, ReplacingAWayInRenewsTheInnerKeyUnlessAnotherKeepsIt) {
  Keystore made = Keystore::create(file_, key_file(old_key));
  EXPECT_TRUE(made.replace_slot(key_file(new_key)));
  made.add_slot(passphrase("right"), cheap);
  // The key file opened it and can be wrapped anew; opened by the passphrase, it cannot.
  EXPECT_TRUE(made.replace_slot(passphrase("better"), cheap));
  Keystore by_passphrase = Keystore::open(file_, passphrase("better"));
  EXPECT_FALSE(by_passphrase.replace_slot(passphrase("best"), cheap));
  EXPECT_EQ("", problem("best"));
  Keystore::open(file_, key_file(new_key));
}

TEST_F(KeystoreFile, AfterALossOneNewWayInTakesThePlaceOfAllButTheRecoveryKey) {
  const SecretBytes recovery = SecretBytes::random(32);
  Keystore made = Keystore::create(file_, key_file(old_key));
  made.add_slot(passphrase("right"), cheap);
  made.add_slot({Credential::Kind::recovery, SecretBytes::copy_of(recovery.view())});
  const SecretBytes identity = made.get(name::identity);
  const auto by_recovery = [&] {
    return Credential{Credential::Kind::recovery, SecretBytes::copy_of(recovery.view())};
  };
  const std::filesystem::path lost = file_;
  file_ += ".restored";
  std::filesystem::remove(file_);
  EXPECT_THROW(Keystore::restore(lost, by_recovery(), file_, key_file(old_key)), KeyError)
      << "it was lost with the machine";
  Keystore::restore(lost, by_recovery(), file_, key_file(new_key));
  EXPECT_NE("", problem("right"));
  EXPECT_THROW(Keystore::open(file_, key_file(old_key)), KeyError);
  EXPECT_THROW(Keystore::restore(lost, by_recovery(), file_, key_file(new_key)), KeyError)
      << "never over another";
  Keystore::open(file_, by_recovery());
  const Keystore now = Keystore::open(file_, key_file(new_key));
  EXPECT_EQ(2u, now.slots().size());
  EXPECT_EQ(to_hex(identity.view()), to_hex(now.get(name::identity).view()));
  std::filesystem::remove(file_);
}

TEST_F(KeystoreFile, ANinthWayInIsRefusedAndTheFileStillOpens) {
  Keystore made = Keystore::create(file_, key_file(old_key));
  for (int i = 0; i < 7; ++i) made.add_slot(key_file(std::string(32, static_cast<char>('a' + i))));
  EXPECT_THROW(made.add_slot(key_file(new_key)), KeyError);
  EXPECT_THROW(made.replace_slot({Credential::Kind::recovery, SecretBytes::random(32)}), KeyError);
  EXPECT_EQ(8u, Keystore::open(file_, key_file(old_key)).slots().size());
}

TEST_F(KeystoreFile, NeverOverwritesAnother) {
  make();
  EXPECT_THROW(make(), KeyError);
}

TEST_F(KeystoreFile, AfterAFailedWriteNothingIsHandedOutAndTheFileIsTheOldOne) {
  Keystore keystore = Keystore::create(file_, passphrase("right"), cheap);
  const auto add = [&](const std::string& name) {
    std::map<std::string, std::optional<SecretBytes>> changes;
    changes.emplace(name, SecretBytes::random(32));
    keystore.change(std::move(changes));
  };
  add("durable");
  fs::create_directories(folder_ / "keystore.new" / "in the way");
  EXPECT_THROW(add("lost"), KeyWriteError);
  EXPECT_THROW(keystore.has("lost"), KeyWriteError);
  EXPECT_THROW(keystore.get("durable"), KeyWriteError);
  fs::remove_all(folder_ / "keystore.new");
  EXPECT_THROW(add("later"), KeyWriteError);
  const Keystore again = Keystore::open(file_, passphrase("right"));
  EXPECT_TRUE(again.has("durable"));
  EXPECT_FALSE(again.has("lost"));
}

TEST_F(KeystoreFile, TellsEachGenerationAfterItIsDurable) {
  Keystore keystore = Keystore::create(file_, passphrase("right"), cheap);
  std::vector<std::uint64_t> told;
  keystore.on_written([&](std::uint64_t generation) {
    EXPECT_EQ(generation, Keystore::open(file_, passphrase("right")).generation());
    told.push_back(generation);
  });
  for (const char* name : {"one", "two"}) {
    std::map<std::string, std::optional<SecretBytes>> changes;
    changes.emplace(name, SecretBytes::random(32));
    keystore.change(std::move(changes));
  }
  EXPECT_EQ((std::vector<std::uint64_t>{2, 3}), told);
}

TEST_F(KeystoreFile, ANewPrivateFileIsThereWhenItIsWholeAndFollowsNoLink) {
  fs::create_symlink(folder_ / "elsewhere", folder_ / "planted");
  {
    NewPrivateFile dropped(folder_ / "dropped");
    dropped.write(as_bytes("half"));
  }
  NewPrivateFile planted(folder_ / "planted");
  planted.write(as_bytes("secret"));
  EXPECT_THROW(planted.keep(), FileError);
  NewPrivateFile kept(folder_ / "kept");
  kept.write(as_bytes("all "));
  EXPECT_FALSE(fs::exists(folder_ / "kept"));
  kept.write(as_bytes("of it"));
  kept.keep();
  EXPECT_EQ("all of it", as_text(read_private_file(folder_ / "kept", 100)));
  EXPECT_FALSE(fs::exists(folder_ / "dropped"));
  EXPECT_FALSE(fs::exists(folder_ / "elsewhere"));
}

}  // namespace
}  // namespace bakhita::keys
