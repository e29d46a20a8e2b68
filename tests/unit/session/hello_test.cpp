// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/hello.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "protocol/session/error_code.h"

namespace bakhita::session {
namespace {

struct Keys {
  PublicKey key{};
  ByteArray<64> secret{};
  explicit Keys(std::uint8_t fill) {
    ByteArray<32> seed;
    seed.fill(fill);
    crypto_sign_seed_keypair(key.data(), secret.data(), seed.data());
  }
  Signature sign(ByteView message) const {
    Signature signature;
    crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret.data());
    return signature;
  }
};

NodeId node(std::uint8_t fill) {
  NodeId id;
  id.bytes.fill(fill);
  return id;
}

class HelloTest : public testing::Test {
 protected:
  Hash exporter_ = [] {
    Hash hash;
    hash.fill(7);
    return hash;
  }();
  Keys keys_{1};
  /// The sender's view, and the receiver's.
  Ends sender_{node(1), node(2), {}, exporter_};
  Ends receiver_{node(2), node(1), keys_.key, exporter_};
  v1::Hello hello_ = make_hello(sender_, 3, 1'800'000'000, "test",
                                [this](ByteView message) { return keys_.sign(message); });

  std::optional<Error> refusal() const {
    const auto checked = check_hello(hello_, receiver_);
    if (checked) return std::nullopt;
    return checked.error();
  }
};

TEST_F(HelloTest, SignsExactlyTheBytesOfTheExchange) {
  Bytes expected = to_bytes(as_bytes("bakhita/1/hello"));
  expected.insert(expected.end(), 32, 7);
  expected.insert(expected.end(), 32, 1);
  expected.insert(expected.end(), 32, 2);
  expected.insert(expected.end(), {0, 0, 0, 1});
  EXPECT_EQ(hello_message(exporter_, node(1), node(2)), expected);
}

TEST_F(HelloTest, IsAcceptedByTheNodeItIsFor) { EXPECT_EQ(refusal(), std::nullopt); }

TEST_F(HelloTest, OfAnotherConnectionIsRefused) {
  receiver_.exporter[0] ^= 1;
  EXPECT_EQ(refusal(), Error::bad_signature);
}

TEST_F(HelloTest, SignedByAnotherKeyIsRefused) {
  receiver_.peer_log_key = Keys(2).key;
  EXPECT_EQ(refusal(), Error::bad_signature);
}

TEST_F(HelloTest, ForAnotherNodeIsRefused) {
  receiver_.self = node(3);
  EXPECT_EQ(refusal(), Error::wrong_peer);
}

TEST_F(HelloTest, FromAnotherNodeIsRefused) {
  receiver_.peer = node(3);
  EXPECT_EQ(refusal(), Error::wrong_peer);
}

TEST_F(HelloTest, SentBackToItsSenderIsRefused) {
  const Ends mirrored{node(1), node(2), keys_.key, exporter_};
  EXPECT_FALSE(check_hello(hello_, mirrored));
  std::swap(*hello_.mutable_node(), *hello_.mutable_peer());
  EXPECT_FALSE(check_hello(hello_, mirrored));
}

TEST_F(HelloTest, OfAnotherVersionIsRefused) {
  hello_.set_version(2);
  EXPECT_EQ(refusal(), Error::unknown_version);
}

TEST(ErrorCode, NamesEveryErrorAndNothingElse) {
  for (std::uint32_t code = 1; code <= code_of(Error::hidden_records); ++code) {
    ASSERT_TRUE(error_of(code));
    EXPECT_EQ(code_of(*error_of(code)), code);
    EXPECT_NE(describe(*error_of(code)), "unknown error");
  }
  EXPECT_FALSE(error_of(0));
  EXPECT_FALSE(error_of(code_of(Error::hidden_records) + 1));
}

}  // namespace
}  // namespace bakhita::session
