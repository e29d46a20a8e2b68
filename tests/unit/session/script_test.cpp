// SPDX-License-Identifier: EUPL-1.2
// Two sessions talk to each other over a wire that is cut, or damaged, at every byte in turn.
#include <gtest/gtest.h>

#include <deque>

#include "protocol/session/error_code.h"
#include "protocol/session/session.h"
#include "protocol/session/shape.h"

namespace bakhita::session {
namespace {

NodeId node(std::uint8_t fill) {
  NodeId id;
  id.bytes.fill(fill);
  return id;
}

/// A pretended signature over the message by the node's "key".
Signature sign(ByteView message, std::uint8_t key) {
  Signature signature{};
  std::uint64_t sum = key;
  for (const std::uint8_t byte : message) sum = sum * 1'099'511'628'211ull + byte;
  std::memcpy(signature.data(), &sum, sizeof sum);
  return signature;
}

/// A node with one feed of its own and what it holds of the other's, answering its session at once.
struct Node {
  Node(std::uint8_t self, std::uint8_t peer, std::uint64_t records)
      : name(self),
        feed{CommunityId{}, node(self), 1},
        others{CommunityId{}, node(peer), 1},
        own_size(records),
        session({node(self), node(peer), key(peer), Hash{}}, Settings{},
                [](ByteView message, const Signature& signature, const PublicKey& by) {
                  return sign(message, by[0]) == signature;
                }) {
    session.start(make_hello({node(self), node(peer), {}, Hash{}}, 1, 1, "test",
                             [&](ByteView message) { return sign(message, self); }),
                  Time{0});
  }
  static PublicKey key(std::uint8_t fill) {
    PublicKey out;
    out.fill(fill);
    return out;
  }

  /// Performs effects until there are none.
  void work(Time now) {
    for (auto effects = session.take_effects(); !effects.empty(); effects = session.take_effects())
      for (Effect& effect : effects) std::visit([&](auto& each) { perform(each, now); }, effect);
  }

  void perform(Opened&, Time) { opened = true; }
  void perform(ListHeads&, Time now) {
    v1::FeedHead head;
    set_feed(head, feed);
    head.set_size(own_size);
    head.set_root(std::string(32, 'r'));
    head.set_note("note");
    session.heads_listed({head}, now);
  }
  void perform(CompareClock& compare, Time now) {
    std::vector<v1::Want> wants;
    for (const v1::FeedHead& head : compare.clock.heads()) {
      if (feed_of(head) != others || head.size() <= held) continue;
      v1::Want want;
      set_feed(want, others);
      want.set_from(held);
      want.set_to(head.size());
      wants.push_back(want);
    }
    session.clock_compared(std::move(wants), now);
  }
  void perform(ReadRange& read, Time now) {
    if (feed_of(read.want) != feed || read.want.to() > own_size)
      return session.range_read(Error::not_found, now);
    v1::Data data;
    set_feed(data, feed);
    data.set_from(read.want.from());
    const auto records = std::min<std::uint64_t>(7, read.want.to() - read.want.from());
    data.set_headers(std::string(records * 48, static_cast<char>(name)));
    session.range_read(std::move(data), now);
  }
  void perform(AcceptData& accept, Time now) {
    for (const v1::Data& data : accept.data) {
      EXPECT_EQ(data.from(), held) << "in order, without gaps";
      for (const char byte : data.headers())
        if (byte != static_cast<char>(others.origin.bytes[0]))
          return session.data_accepted(Error::bad_commitment, now);
      held += records_in(data);
    }
    session.data_accepted(std::optional<v1::Want>(), now);
  }
  void perform(AnswerLookup& answer, Time now) {
    v1::Frame frame;
    frame.mutable_evaluated()->set_request_id(answer.request.request_id());
    frame.mutable_evaluated()->set_elements(answer.request.elements());
    frame.mutable_evaluated()->set_proof(std::string(64, 'p'));
    session.lookup_answered(frame, now);
  }
  void perform(ChooseLookup&, Time now) {
    if (lookups == 0) return session.lookup_chosen(std::nullopt, now);
    --lookups;
    v1::Evaluate request;
    request.set_request_id(std::string(16, static_cast<char>('0' + lookups)));
    request.set_community(std::string(16, 'c'));
    request.set_public_key(std::string(32, 'k'));
    request.set_elements(std::string(16 * 32, 'e'));
    ++outstanding;
    session.lookup_chosen(request, now);
  }
  void perform(CloseLookup& close, Time now) {
    --outstanding;
    answered += close.answer ? 1 : 0;
    session.lookup_closed(now);
  }
  void perform(ChooseLetter&, Time now) {
    if (delivered == letters) return session.letter_chosen(std::nullopt, now);
    session.letter_chosen(Bytes(40, static_cast<std::uint8_t>(delivered)), now);
  }
  void perform(CloseLetter& close, Time now) {
    delivered += close.delivered ? 1 : 0;
    session.letter_closed(now);
  }
  void perform(TakeLetter& letter, Time now) {
    taken.push_back(letter.sealed);
    session.letter_taken({}, now);
  }
  void perform(ListCharters&, Time now) {
    session.charters_listed({{Bytes{name}, Bytes(100, name)}}, true, now);
  }
  /// Its signatures say whether it is what was sent.
  void perform(LearnCharter& learn, Time now) {
    charters += learn.package == Bytes(100, others.origin.bytes[0]) ? 1 : 0;
    session.charter_learned(now);
  }
  void perform(SplitViewSeen&, Time) {}
  void perform(Closed& end, Time) { closed = end; }

  std::uint8_t name;
  FeedId feed;
  FeedId others;
  std::uint64_t own_size;
  std::uint64_t held = 0;
  int lookups = 2;
  int outstanding = 0;
  int answered = 0;
  int letters = 3;
  int delivered = 0;
  std::vector<Bytes> taken;
  int charters = 0;
  bool opened = false;
  std::optional<Closed> closed;
  Session session;
};

/// What happens to byte number `at` of the stream from A to B.
struct Fault {
  std::size_t at = ~std::size_t{0};
  bool cut = true;  ///< else one bit is turned
};

struct Conversation {
  Node a{1, 2, 40};
  Node b{2, 1, 25};
  std::size_t bytes_from_a = 0;

  void run(const Fault& fault) {
    for (int round = 0; round < 200; ++round) {
      const Time now{round};
      a.work(now);
      b.work(now);
      const bool moved = carry(a, b, &fault, now);
      if (!carry(b, a, nullptr, now) && !moved) break;
    }
    a.work(Time{1'000});
    b.work(Time{1'000});
  }

  bool carry(Node& from, Node& to, const Fault* fault, Time now) {
    if (!from.session.has_output()) return false;
    Bytes bytes = from.session.take_output();
    if (fault != nullptr) {
      const std::size_t begin = bytes_from_a;
      bytes_from_a += bytes.size();
      if (fault->at >= begin && fault->at < bytes_from_a) {
        if (fault->cut) {
          bytes.resize(fault->at - begin);
          to.session.receive(bytes, now);
          from.session.close(Ending::lost, now);
          to.session.close(Ending::lost, now);
          return false;
        }
        bytes[fault->at - begin] ^= 0x10;
      }
    }
    from.session.output_written(now);
    to.session.receive(bytes, now);
    return true;
  }
};

TEST(Conversation, BringsBothFeedsAllAnswersAndAllLetters) {
  Conversation talk;
  talk.run({});
  EXPECT_EQ(talk.a.held, 25U);
  EXPECT_EQ(talk.b.held, 40U);
  EXPECT_EQ(talk.a.answered, 2);
  EXPECT_EQ(talk.b.answered, 2);
  EXPECT_EQ(talk.a.delivered, 3);
  EXPECT_EQ(talk.b.delivered, 3);
  EXPECT_EQ(talk.a.taken.size(), 3U);
  EXPECT_EQ(talk.b.taken.size(), 3U);
  EXPECT_EQ(talk.a.charters, 1);
  EXPECT_EQ(talk.b.charters, 1);
  EXPECT_FALSE(talk.a.closed || talk.b.closed);
}

TEST(Conversation, IsTheSameEachTime) {
  Conversation one, two;
  one.run({});
  two.run({});
  EXPECT_EQ(one.bytes_from_a, two.bytes_from_a);
}

TEST(Conversation, CutAtAnyByteLeavesAPrefixAndNoLookupOpen) {
  Conversation whole;
  whole.run({});
  for (std::size_t at = 0; at < whole.bytes_from_a; ++at) {
    Conversation talk;
    talk.run({at, true});
    ASSERT_TRUE(talk.a.closed && talk.b.closed) << at;
    EXPECT_LE(talk.a.held, 25U);
    EXPECT_LE(talk.b.held, 40U);
    EXPECT_EQ(talk.a.outstanding, 0) << at;
    EXPECT_EQ(talk.b.outstanding, 0) << at;
    // What is receipted was taken; what was taken may lack its receipt, and comes again.
    EXPECT_LE(talk.a.delivered, static_cast<int>(talk.b.taken.size())) << at;
    EXPECT_LE(talk.b.delivered, static_cast<int>(talk.a.taken.size())) << at;
  }
}

TEST(Conversation, DamagedAtAnyByteNeverAcceptsWhatWasNotSent) {
  Conversation whole;
  whole.run({});
  for (std::size_t at = 0; at < whole.bytes_from_a; ++at) {
    Conversation talk;
    talk.run({at, false});
    EXPECT_LE(talk.b.held, 40U) << at;
    EXPECT_LE(talk.a.held, 25U) << at;
    // A damaged letter is receipted under another name, which its sender does not know.
    EXPECT_LE(talk.a.delivered, static_cast<int>(talk.b.taken.size())) << at;
  }
}

}  // namespace
}  // namespace bakhita::session
