// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/wire.h"

#include <gtest/gtest.h>

#include "bakhita/v1/frame.pb.h"
#include "protocol/limits.h"
#include "protocol/session/frame.h"
#include "protocol/session/shape.h"

namespace bakhita::session {
namespace {

Bytes serialised(const google::protobuf::Message& message) {
  return to_bytes(as_bytes(message.SerializeAsString()));
}

Result<void> walk(const Bytes& bytes) { return check_wire(bytes, *v1::Frame::descriptor()); }

/// tag ‖ size ‖ content.
Bytes field(std::uint8_t number, const Bytes& content) {
  Bytes out{static_cast<std::uint8_t>(number << 3 | 2)};
  for (std::size_t rest = content.size();; rest >>= 7) {
    out.push_back(static_cast<std::uint8_t>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
    if (rest <= 0x7f) break;
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

v1::Frame data_frame() {
  v1::Frame frame;
  auto& data = *frame.mutable_data();
  data.set_community(std::string(16, 'c'));
  data.set_origin(std::string(32, 'o'));
  data.set_generation(1);
  data.set_from(300);
  data.set_headers(std::string(96, 'h'));
  data.set_note("note");
  data.add_proof(std::string(32, 'p'));
  return frame;
}

TEST(Wire, TakesWhatProtobufMakes) { EXPECT_TRUE(walk(serialised(data_frame()))); }

TEST(Wire, RefusesEveryTruncation) {
  const Bytes whole = serialised(data_frame());
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_FALSE(walk(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
}

TEST(Wire, RefusesABombOfEmptySubmessages) {
  Bytes heads;  // FeedHead of no bytes, again and again: each costs 88 bytes when parsed
  for (std::size_t i = 0; i <= limits::message_fields_max; ++i) {
    const Bytes empty = field(1, {});
    heads.insert(heads.end(), empty.begin(), empty.end());
  }
  const auto walked = walk(field(2, heads));
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error(), Error::too_large);
}

TEST(Wire, RefusesAHeapOfUnknownFields) {
  Bytes unknown;
  for (int i = 0; i < 100; ++i) unknown.insert(unknown.end(), {0x78, 0x00});  // field 15, varint
  EXPECT_FALSE(walk(unknown));
  unknown.resize(20);
  EXPECT_TRUE(walk(unknown));
}

TEST(Wire, RefusesGroupsAndNumbersWithoutMeaning) {
  for (const int wire : {3, 4, 6, 7})
    EXPECT_FALSE(walk({static_cast<std::uint8_t>(15 << 3 | wire), 0x00})) << wire;
}

TEST(Wire, RefusesAnotherWireTypeThanTheSchemas) {
  EXPECT_FALSE(walk({0x08, 0x01}));                   // Frame.hello as a number
  EXPECT_FALSE(walk(field(11, {0x0a, 0x01, 0x00})));  // Ping.nonce as bytes
  EXPECT_TRUE(walk(field(11, {0x08, 0x01})));
}

TEST(Wire, RefusesFieldZeroAndEndlessNumbers) {
  EXPECT_FALSE(walk({0x00, 0x00}));
  Bytes endless{0x58};
  endless.insert(endless.end(), 11, 0xff);
  EXPECT_FALSE(walk(endless));
  EXPECT_FALSE(walk(field(11, {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02})));
  EXPECT_TRUE(walk(field(11, {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})));
}

TEST(Wire, RefusesNestingOverTheLimit) {
  // No message of ours nests into itself, so the schema's own descriptor, which does, stands in.
  const auto* schema = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
      "google.protobuf.DescriptorProto");
  ASSERT_NE(schema, nullptr);
  Bytes nested;
  for (int depth = 1; depth < limits::message_depth_max; ++depth) nested = field(3, nested);
  EXPECT_TRUE(check_wire(nested, *schema));
  nested = field(3, nested);
  EXPECT_FALSE(check_wire(nested, *schema));
  for (int depth = 0; depth < 10'000; ++depth) nested = field(3, nested);
  EXPECT_FALSE(check_wire(nested, *schema));
}

TEST(Shape, OfAStartBoundsEveryCountAndSize) {
  v1::Frame sound = data_frame();
  v1::Start& start = *sound.mutable_data()->mutable_start();
  start.set_first(768);
  start.add_peaks(std::string(32, 'a'));
  start.set_floor_header(std::string(48, 'f'));
  sound.mutable_data()->set_from(768);
  EXPECT_TRUE(check_shape(sound));
  const auto refuses = [&](auto change, const char* what) {
    v1::Frame frame = sound;
    change(*frame.mutable_data(), *frame.mutable_data()->mutable_start());
    EXPECT_EQ(Error::malformed, check_shape(frame).error()) << what;
  };
  const std::string hash(32, 'h');
  refuses([](v1::Data& data, v1::Start&) { data.set_from(0); }, "records from elsewhere");
  refuses([](v1::Data& data, v1::Start& s) { data.set_from(0), s.set_first(0); }, "0");
  refuses([](v1::Data& data, v1::Start& s) { data.set_from(700), s.set_first(700); }, "no tile");
  refuses([](v1::Data&, v1::Start& s) { s.add_peaks("short"); }, "a hash that is none");
  refuses(
      [&](v1::Data&, v1::Start& s) {
        for (int i = 0; i < 64; ++i) s.add_peaks(hash);
      },
      "65 hashes");
  refuses(
      [&](v1::Data&, v1::Start& s) {
        for (int i = 0; i < 129; ++i) s.add_floor_proof(hash);
      },
      "a long proof");
  refuses(
      [&](v1::Data&, v1::Start& s) {
        for (int i = 0; i < 129; ++i) s.add_closing_proof(hash);
      },
      "a long proof of the end");
  refuses([](v1::Data&, v1::Start& s) { s.set_floor_header("short"); }, "a cut header");
  refuses([](v1::Data&, v1::Start& s) { s.set_closing_header("short"); }, "a cut header");
  refuses([](v1::Data&, v1::Start& s) { s.set_floor_body(std::string(65'537, 'b')); }, "a body");
  refuses([](v1::Data&, v1::Start& s) { s.set_closing_body(std::string(65'537, 'b')); }, "a body");
}

TEST(Shape, OfAHeadAndAWantThatSpeakOfAStart) {
  v1::Frame frame;
  v1::FeedHead& head = *frame.mutable_clock()->add_heads();
  head.set_community(std::string(16, 'c'));
  head.set_origin(std::string(32, 'o'));
  head.set_generation(1);
  head.set_size(1'000);
  head.set_root(std::string(32, 'r'));
  head.set_note("note");
  head.set_first(999);
  EXPECT_TRUE(check_shape(frame));
  head.set_first(1'000);
  EXPECT_FALSE(check_shape(frame)) << "it would hold nothing";
  v1::Want& want = *frame.mutable_want();
  want.set_community(std::string(16, 'c'));
  want.set_origin(std::string(32, 'o'));
  want.set_generation(1);
  want.set_to(10);
  want.set_may_start(true);
  EXPECT_TRUE(check_shape(frame));
  want.set_from(1);
  EXPECT_FALSE(check_shape(frame)) << "who holds something goes on from there";
}

TEST(Frame, SurvivesTheWayInPiecesOfEverySize) {
  const auto encoded = encode_frame(data_frame());
  ASSERT_TRUE(encoded);
  for (std::size_t piece = 1; piece <= encoded->size(); ++piece) {
    FrameInput input;
    std::size_t seen = 0;
    for (int copy = 0; copy < 3; ++copy) {
      for (std::size_t at = 0; at < encoded->size(); at += piece) {
        input.append(ByteView(*encoded).subspan(at, std::min(piece, encoded->size() - at)));
        while (true) {
          const auto payload = input.next();
          ASSERT_TRUE(payload);
          if (!*payload) break;
          const auto frame = decode_frame(**payload);
          ASSERT_TRUE(frame);
          EXPECT_EQ(frame->SerializeAsString(), data_frame().SerializeAsString());
          ++seen;
        }
      }
    }
    EXPECT_EQ(seen, 3U);
    EXPECT_EQ(input.begun(), 0U);
  }
}

TEST(Frame, RefusesALengthOverTheLimitFromItsPrefixAlone) {
  FrameInput input;
  input.append(Bytes{0x00, 0x04, 0x00, 0x01});  // 256 KiB and one
  const auto next = input.next();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error(), Error::too_large);
}

TEST(Frame, RefusesAnEmptyFrame) {
  FrameInput input;
  input.append(Bytes(4));
  EXPECT_FALSE(input.next());
}

TEST(Frame, RefusesToEncodeOverTheLimit) {
  v1::Frame frame = data_frame();
  frame.mutable_data()->set_bodies(std::string(limits::frame_size_max, 'b'));
  EXPECT_FALSE(encode_frame(frame));
}

TEST(Frame, JoinsSmallFramesIntoOnePiece) {
  FrameOutput output;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(output.push(data_frame()));
  const std::size_t unsent = output.unsent();
  EXPECT_EQ(output.take().size(), unsent);
  EXPECT_TRUE(output.empty());
  EXPECT_EQ(output.unsent(), unsent);
  output.written();
  EXPECT_EQ(output.unsent(), 0U);
}

TEST(Frame, RefusesFieldsOfAWrongSize) {
  const auto decodes = [](const v1::Frame& frame) {
    return decode_frame(serialised(frame)).has_value();
  };
  EXPECT_TRUE(decodes(data_frame()));
  auto frame = data_frame();
  frame.mutable_data()->set_community("short");
  EXPECT_FALSE(decodes(frame));
  frame = data_frame();
  frame.mutable_data()->set_generation(0);
  EXPECT_FALSE(decodes(frame));
  frame = data_frame();
  frame.mutable_data()->mutable_headers()->pop_back();
  EXPECT_FALSE(decodes(frame));
  frame = data_frame();
  frame.mutable_data()->clear_headers();
  EXPECT_FALSE(decodes(frame));
  frame = data_frame();
  frame.mutable_data()->set_headers(std::string((limits::data_records_max + 1) * 48, 'h'));
  EXPECT_FALSE(decodes(frame));
  frame = data_frame();
  frame.mutable_data()->set_from(~std::uint64_t{0});
  EXPECT_FALSE(decodes(frame));
  frame = data_frame();
  frame.mutable_data()->set_erased("12");
  EXPECT_FALSE(decodes(frame));
  frame = data_frame();
  frame.mutable_data()->add_proof("short");
  EXPECT_FALSE(decodes(frame));
}

TEST(Frame, RefusesBatchesOfASizeThatSaysWhatIsAsked) {
  for (std::size_t elements : {0, 1, 15, 16, 17, 64, 255, 256, 257}) {
    v1::Frame frame;
    auto& request = *frame.mutable_evaluate();
    request.set_request_id(std::string(16, 'i'));
    request.set_community(std::string(16, 'c'));
    request.set_public_key(std::string(32, 'k'));
    request.set_elements(std::string(elements * 32, 'e'));
    const bool allowed = elements == 16 || elements == 64 || elements == 256;
    EXPECT_EQ(decode_frame(serialised(frame)).has_value(), allowed) << elements;
  }
}

}  // namespace
}  // namespace bakhita::session
