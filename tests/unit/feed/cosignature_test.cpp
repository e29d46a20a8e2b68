// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/cosignature.h"

#include <gtest/gtest.h>

namespace bakhita {
namespace {

// Made with another implementation of Ed25519 from the seed 00 01 … 1f.
constexpr std::string_view key_hex =
    "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
constexpr std::string_view line =
    "— "
    "bakhita.v1/11111111111111111111111111111111/"
    "2222222222222222222222222222222222222222222222222222222222222222/1 "
    "ogNYugAAAABpo4GAAs8wDdjx/"
    "Xvy5az8pLTeOPh15yhjbxcjJOAtl7rO9zYG8GtRgxpMgR3VdAa0VKr50jcdBItc4VJP4+yjeHI7CA==";
constexpr std::uint64_t time = 1772323200;

const FeedId feed{
    {to_array<16>(Bytes(16, 0x11)).value()}, {to_array<32>(Bytes(32, 0x22)).value()}, 1};
const PublicKey key = to_array<32>(*from_hex(key_hex)).value();
const std::string text = checkpoint_text({feed, 3, to_array<32>(Bytes(32, 0x33)).value()});
/// Any note with this text: the cosignature stands for itself.
const std::string note = text + "\n\u2014 x AAAAAAA=\n";

TEST(Cosignature, OfAnotherImplementationOpens) {
  const auto opened = open_cosignature(line, note, origin_line(feed), key);
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, time);
}

TEST(Cosignature, IsMadeByteForByteAsTheOther) {
  const auto blob = parse_signature_line(line)->blob;
  const auto signature = to_array<64>(ByteView(blob).subspan(12)).value();
  EXPECT_EQ(make_cosignature(origin_line(feed), key, time, signature), line);
}

TEST(Cosignature, IsBoundToTimeTextNameAndKey) {
  const std::string name = origin_line(feed);
  const auto signature =
      to_array<64>(ByteView(parse_signature_line(line)->blob).subspan(12)).value();
  const auto refused = [&](std::string_view of, std::string_view under, const PublicKey& by) {
    return !open_cosignature(of, under, name, by);
  };
  EXPECT_TRUE(refused(make_cosignature(name, key, time + 1, signature), note, key));
  const std::string other = checkpoint_text({feed, 4, to_array<32>(Bytes(32, 0x33)).value()});
  EXPECT_TRUE(refused(line, other + "\n\u2014 x AAAAAAA=\n", key));
  EXPECT_TRUE(refused(line, note, PublicKey{1}));
  EXPECT_TRUE(refused(make_cosignature("other", key, time, signature), note, key));
}

TEST(Cosignature, RefusesWhatIsNoSignatureLine) {
  for (const std::string bad : {"", "x", "\u2014 ", "\u2014 x AAAA", "\u2014 x AAAAAAAAAAAA"})
    EXPECT_FALSE(open_cosignature(bad, note, origin_line(feed), key)) << bad;
  EXPECT_FALSE(open_cosignature(line, "no blank line", origin_line(feed), key));
}

TEST(Cosignature, BesideTheCheckpointsSignatureMakesOneNote) {
  const auto always = [](ByteView, const Signature&, const PublicKey&) { return true; };
  const std::string both =
      make_note(text, origin_line(feed), key, Signature{}) + std::string(line) + "\n";
  EXPECT_TRUE(open_checkpoint(both, feed, key, always));
}

}  // namespace
}  // namespace bakhita
