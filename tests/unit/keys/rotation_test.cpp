// SPDX-License-Identifier: EUPL-1.2
#include "keys/rotation.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "keys/error.h"
#include "keys/sealing.h"

namespace bakhita::keys {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view key_bytes = "0123456789abcdef0123456789abcdef";

Credential key_file(std::string_view bytes = key_bytes) {
  return {Credential::Kind::key_file, SecretBytes::copy_of(as_bytes(bytes))};
}

class Rotation : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("rotation-" + std::to_string(::getpid()) +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  Keystore make() { return Keystore::create(folder_ / "keystore", key_file()); }
  fs::path folder_;
};

TEST_F(Rotation, WhatWasSealedToAFormerEncryptionKeyStillOpens) {
  Keystore keystore = make();
  std::vector<Bytes> sealed;
  for (std::uint64_t round = 0; round < 4; ++round) {
    sealed.push_back(seal_to(x25519_public(keystore.get(name::encryption)), as_bytes("secret")));
    rotate(keystore, name::encryption, round);
  }
  const Keystore again = Keystore::open(folder_ / "keystore", key_file());
  EXPECT_EQ(5u, secrets_of(again, name::encryption).size());
  for (const Bytes& one : sealed) {
    EXPECT_FALSE(open_sealed(again.get(name::encryption), one));
    const auto opened = open_sealed(again, name::encryption, one);
    ASSERT_TRUE(opened);
    EXPECT_EQ("secret", as_text(opened->view()));
  }
  EXPECT_FALSE(open_sealed(again, name::intake, sealed[0]));
}

TEST_F(Rotation, AFormerLogKeyKeepsItsPublicHalfAlone) {
  Keystore keystore = make();
  const SecretBytes before = keystore.get(name::log);
  rotate(keystore, name::log, 1'000);
  rotate(keystore, name::log, 2'000);
  const auto former = former_log_keys(keystore);
  ASSERT_EQ(2u, former.size());
  EXPECT_EQ(2'000u, former[0].until);
  EXPECT_EQ(1'000u, former[1].until);
  EXPECT_EQ(ed25519_public(before), former[1].key);
  for (const std::string& name : keystore.names()) {
    const SecretBytes kept = keystore.get(name);
    EXPECT_NE(to_hex(before.view()),
              to_hex(kept.view().first(std::min<std::size_t>(32, kept.size()))))
        << name;
  }
}

TEST_F(Rotation, TheIdentityAndUnknownKeysAreRefused) {
  Keystore keystore = make();
  for (const char* name : {"identity", "master", "nothing"})
    EXPECT_THROW(rotate(keystore, name, 1), KeyError) << name;
}

}  // namespace
}  // namespace bakhita::keys
