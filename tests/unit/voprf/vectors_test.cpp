// SPDX-License-Identifier: EUPL-1.2
// Official vectors: RFC 9497 (VOPRF), RFC 9496 (group), RFC 9380 (expansion), Wycheproof (HMAC,
// HKDF, AEAD, X25519), see tests/vectors/SOURCES.md.
#include <gtest/gtest.h>
#include <sodium.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <sstream>

#include "protocol/voprf/composite.h"
#include "protocol/voprf/expand_message.h"
#include "protocol/voprf/hkdf.h"
#include "protocol/voprf/voprf.h"
#include "tests/support/source_folder.h"

namespace bakhita {
namespace {

namespace json = boost::json;

json::value load(const std::string& file) {
  std::ifstream in(testing_support::in_source_folder("tests/vectors/") + file);
  return json::parse(
      std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
}

Bytes hex(const json::value& value) {
  return from_hex(std::string_view(value.as_string())).value();
}

/// Several values in one string, comma separated, as the RFC's batch vectors have them.
std::vector<Bytes> list(const json::value& value) {
  std::vector<Bytes> out;
  std::istringstream in{std::string(value.as_string())};
  for (std::string part; std::getline(in, part, ',');) out.push_back(from_hex(part).value());
  return out;
}

template <std::size_t N>
std::vector<ByteArray<N>> arrays(const json::value& value) {
  std::vector<ByteArray<N>> out;
  for (const Bytes& bytes : list(value)) out.push_back(to_array<N>(bytes).value());
  return out;
}

TEST(Rfc9497, VoprfVectorsHoldAndATamperedProofDoesNot) {
  int checked = 0;
  const json::value file = load("rfc9497/ristretto255-SHA512.json");
  for (const json::value& group : file.as_array()) {
    if (group.at("mode").to_number<int>() != 1) continue;
    const auto key =
        voprf::derive_key_pair(hex(group.at("seed")), hex(group.at("keyInfo"))).value();
    EXPECT_EQ(hex(group.at("skSm")), to_bytes(key.secret));
    EXPECT_EQ(hex(group.at("pkSm")), to_bytes(key.public_key));
    for (const json::value& vector : group.at("vectors").as_array()) {
      const auto inputs = list(vector.at("Input"));
      const auto blinds = arrays<32>(vector.at("Blind"));
      const auto blinded = arrays<32>(vector.at("BlindedElement"));
      const auto evaluated = arrays<32>(vector.at("EvaluationElement"));
      const auto outputs = arrays<64>(vector.at("Output"));
      for (std::size_t i = 0; i < inputs.size(); ++i)
        EXPECT_EQ(blinded[i], voprf::blind(inputs[i], blinds[i]).value());
      std::vector<voprf::Element> ours(blinded.size());
      ASSERT_TRUE(voprf::evaluate(key.secret, blinded, ours).has_value());
      EXPECT_EQ(evaluated, ours);
      const auto random = to_array<32>(hex(vector.at("Proof").at("r"))).value();
      voprf::Proof proof = voprf::prove(key, blinded, evaluated, random).value();
      EXPECT_EQ(hex(vector.at("Proof").at("proof")), ByteWriter().raw(proof.c).raw(proof.s).take());
      EXPECT_TRUE(voprf::verify(key.public_key, blinded, evaluated, proof));
      proof.s[3] ^= 1;
      EXPECT_FALSE(voprf::verify(key.public_key, blinded, evaluated, proof));
      for (std::size_t i = 0; i < inputs.size(); ++i)
        EXPECT_EQ(outputs[i], voprf::finalize(inputs[i], blinds[i], evaluated[i]));
      ++checked;
    }
  }
  EXPECT_EQ(3, checked);
}

TEST(Rfc9497, TheIdentityIsRefused) {
  EXPECT_FALSE(voprf::is_valid_element(ByteArray<32>{}));
  const std::vector<voprf::Element> identity(1);
  std::vector<voprf::Element> out(1);
  EXPECT_EQ(Error::bad_point, voprf::evaluate(voprf::Scalar{1}, identity, out).error());
}

TEST(Rfc9497, ARepeatedElementIsRefused) {
  const voprf::Element one = voprf::hash_to_group(as_bytes("a"));
  EXPECT_EQ(Error::duplicate_element,
            voprf::split_elements(ByteWriter().raw(one).raw(one).view()).error());
}

TEST(Rfc9496, MultiplesOfTheGeneratorAreEncodedAsThereAndTheIdentityAloneIsRefused) {
  const json::value file = load("rfc9496/ristretto255.json");
  const json::array& multiples = file.at("small_multiples").as_array();
  ASSERT_EQ(16u, multiples.size());
  EXPECT_FALSE(voprf::is_valid_element(to_array<32>(hex(multiples[0])).value()));
  for (std::size_t i = 1; i < multiples.size(); ++i) {
    const voprf::Scalar scalar{static_cast<std::uint8_t>(i)};
    voprf::Element element;
    ASSERT_EQ(0, crypto_scalarmult_ristretto255_base(element.data(), scalar.data()));
    EXPECT_EQ(hex(multiples[i]), to_bytes(element)) << i;
    EXPECT_TRUE(voprf::is_valid_element(element)) << i;
  }
}

TEST(Rfc9496, BadEncodingsAreRefusedWhereverElementsComeIn) {
  const json::value file = load("rfc9496/ristretto255.json");
  const json::array& bad = file.at("bad_encodings").as_array();
  EXPECT_EQ(29u, bad.size());
  for (const json::value& encoding : bad) {
    const auto element = to_array<32>(hex(encoding)).value();
    EXPECT_FALSE(voprf::is_valid_element(element)) << encoding.as_string();
    std::vector<voprf::Element> out(1);
    EXPECT_EQ(Error::bad_point, voprf::evaluate(voprf::Scalar{1}, {&element, 1}, out).error())
        << encoding.as_string();
  }
}

TEST(Rfc9496, UniformBytesBecomeTheElementsThere) {
  const json::value file = load("rfc9496/ristretto255.json");
  const json::array& cases = file.at("from_uniform_bytes").as_array();
  EXPECT_EQ(11u, cases.size());
  for (const json::value& test : cases) {
    const Bytes input = hex(test.at("input"));
    voprf::Element element;
    crypto_core_ristretto255_from_hash(element.data(), input.data());
    EXPECT_EQ(hex(test.at("output")), to_bytes(element)) << test.at("label").as_string();
  }
}

TEST(Rfc9380, ExpandMessageXmdSha512) {
  const json::value file = load("rfc9380/expand_message_xmd_SHA512_38.json");
  const json::array& cases = file.at("tests").as_array();
  EXPECT_EQ(10u, cases.size());
  for (const json::value& test : cases) {
    Bytes out(std::stoul(std::string(test.at("len_in_bytes").as_string()), nullptr, 16));
    expand_message_xmd({as_bytes(test.at("msg").as_string())}, file.at("DST").as_string(), out);
    EXPECT_EQ(hex(test.at("uniform_bytes")), out) << test.at("msg").as_string();
  }
}

TEST(Wycheproof, HmacSha512WhichIsWhatExtractIs) {
  int valid = 0, invalid = 0;
  const json::value file = load("wycheproof/hmac_sha512_test.json");
  for (const json::value& group : file.at("testGroups").as_array())
    for (const json::value& test : group.at("tests").as_array()) {
      Bytes mac = to_bytes(hkdf_extract(hex(test.at("key")), hex(test.at("msg"))));
      mac.resize(group.at("tagSize").to_number<std::size_t>() / 8);
      const bool holds = mac == hex(test.at("tag"));
      EXPECT_EQ(test.at("result").as_string() == "valid", holds) << test.at("tcId");
      ++(holds ? valid : invalid);
    }
  EXPECT_EQ(66, valid);
  EXPECT_EQ(108, invalid);
}

TEST(Wycheproof, X25519RefusesPointsThatGiveAllZeros) {
  // What sealed boxes (keys/sealing.h) stand on.
  int agreed = 0, refused = 0;
  const json::value file = load("wycheproof/x25519_test.json");
  for (const json::value& group : file.at("testGroups").as_array())
    for (const json::value& test : group.at("tests").as_array()) {
      const Bytes secret = hex(test.at("private")), point = hex(test.at("public"));
      const Bytes wanted = hex(test.at("shared"));
      Bytes shared(crypto_scalarmult_BYTES);
      if (crypto_scalarmult(shared.data(), secret.data(), point.data()) != 0) {
        EXPECT_EQ(Bytes(wanted.size()), wanted) << test.at("tcId");
        ++refused;
        continue;
      }
      EXPECT_EQ(wanted, shared) << test.at("tcId");
      ++agreed;
    }
  EXPECT_EQ(487, agreed);
  EXPECT_EQ(31, refused);
}

TEST(Wycheproof, HkdfSha512) {
  int checked = 0;
  const json::value file = load("wycheproof/hkdf_sha512_test.json");
  for (const json::value& group : file.at("testGroups").as_array())
    for (const json::value& test : group.at("tests").as_array()) {
      const auto size = test.at("size").to_number<std::size_t>();
      Bytes out(size);
      const auto prk = hkdf_extract(hex(test.at("salt")), hex(test.at("ikm")));
      ++checked;
      if (test.at("result").as_string() == "invalid") {
        EXPECT_THROW(hkdf_expand(prk, hex(test.at("info")), out), std::length_error);
        continue;
      }
      hkdf_expand(prk, hex(test.at("info")), out);
      EXPECT_EQ(hex(test.at("okm")), out) << test.at("tcId");
    }
  EXPECT_EQ(83, checked);
}

TEST(Wycheproof, XChaCha20Poly1305) {
  int opened = 0;
  const json::value file = load("wycheproof/xchacha20_poly1305_test.json");
  for (const json::value& group : file.at("testGroups").as_array()) {
    if (group.at("ivSize").to_number<int>() != 192) continue;
    for (const json::value& test : group.at("tests").as_array()) {
      const Bytes sealed = ByteWriter().raw(hex(test.at("ct"))).raw(hex(test.at("tag"))).take();
      const Bytes aad = hex(test.at("aad")), iv = hex(test.at("iv")), key = hex(test.at("key"));
      Bytes plain(sealed.size());
      unsigned long long size = 0;
      const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
          plain.data(), &size, nullptr, sealed.data(), sealed.size(), aad.data(), aad.size(),
          iv.data(), key.data());
      EXPECT_EQ(test.at("result").as_string() == "valid", failed == 0) << test.at("tcId");
      opened += failed == 0;
    }
  }
  EXPECT_GT(opened, 100);
}

TEST(Voprf, ABatchWhoseWeightedSumIsTheIdentityIsABadPoint) {
  const auto key = voprf::derive_key_pair(ByteArray<32>{1}, as_bytes("test")).value();
  const voprf::Composite identity;
  EXPECT_EQ(Error::bad_point, voprf::prove_parts(key, {&identity, 1}, voprf::Scalar{5}).error());
}

}  // namespace
}  // namespace bakhita
