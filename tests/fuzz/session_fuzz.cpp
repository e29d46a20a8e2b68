// SPDX-License-Identifier: EUPL-1.2
// A hostile peer and an arbitrary host: each input byte is an action. The session must keep its
// bounds, one job of a kind at a time, and be deaf once it is closed.
#include <cstdlib>
#include <map>

#include "protocol/letter/letter.h"
#include "protocol/session/session.h"
#include "protocol/session/shape.h"

namespace {

using namespace bakhita;
using namespace bakhita::session;

void require(bool held) {
  if (!held) std::abort();
}

NodeId node(std::uint8_t fill) {
  NodeId id;
  id.bytes.fill(fill);
  return id;
}

template <class Message>
void name(Message& message, std::uint8_t which) {
  set_feed(message, FeedId{CommunityId{}, node(which % 3), 1});
}

/// A frame of the kind and with the numbers that the byte says; shapes are right, order is not.
v1::Frame make_frame(std::uint8_t byte) {
  v1::Frame frame;
  const std::uint8_t number = byte >> 4;
  switch (byte & 15) {
    case 0:
    case 1: {
      auto& head = *frame.mutable_clock()->add_heads();
      name(head, number);
      head.set_size(number);
      if (number > 0) head.set_root(std::string(32, 'r')), head.set_note("n");
      break;
    }
    case 2:
      name(*frame.mutable_want(), number);
      frame.mutable_want()->set_to(number + 1u);
      break;
    case 3:
    case 4:
    case 5:
      name(*frame.mutable_data(), number);
      frame.mutable_data()->set_from(number / 2);
      frame.mutable_data()->set_headers(std::string(48u * (1u + (byte & 1)), 'h'));
      break;
    case 6:
      frame.mutable_evaluate()->set_request_id(std::string(16, 'a'));
      frame.mutable_evaluate()->set_community(std::string(16, 'c'));
      frame.mutable_evaluate()->set_public_key(std::string(32, 'k'));
      frame.mutable_evaluate()->set_elements(std::string(512, 'e'));
      break;
    case 7:
      frame.mutable_evaluated()->set_request_id(std::string(16, 'b'));
      frame.mutable_evaluated()->set_elements(std::string(512, 'e'));
      frame.mutable_evaluated()->set_proof(std::string(64, 'p'));
      break;
    case 8:
      frame.mutable_busy()->set_retry_after(number);
      if (number > 7) frame.mutable_busy()->set_request_id(std::string(16, 'b'));
      break;
    case 9:
      frame.mutable_error()->set_code(number);
      if (number > 1) frame.mutable_error()->set_request_id(std::string(16, 'b'));
      break;
    case 10:
      frame.mutable_ping()->set_nonce(number);
      break;
    case 11:
      frame.mutable_pong()->set_nonce(number);
      break;
    case 12:
      frame.mutable_letter_receipt()->set_id(std::string(as_text(receipt_of(Bytes(8, 1)))));
      break;
    default:
      frame.mutable_letter()->set_sealed("x");
      break;
  }
  return frame;
}

struct Driver {
  Settings settings = [] {
    Settings small;
    small.unsent_size_max = 1'000;
    small.data_waiting_max = 2;
    return small;
  }();
  Session session{Ends{node(1), node(2), {}, {}}, settings,
                  [](ByteView, const Signature&, const PublicKey&) { return true; }};
  Time now{0};
  std::map<std::size_t, int> jobs;  ///< outstanding, by kind
  std::optional<v1::Want> reading;
  bool closed = false;

  void start() {
    const auto greet = [](std::uint8_t from, std::uint8_t to) {
      return make_hello({node(from), node(to), {}, {}}, 1, 1, "f",
                        [](ByteView) { return Signature{}; });
    };
    session.start(greet(1, 2), now);
    v1::Frame hello;
    *hello.mutable_hello() = greet(2, 1);
    session.receive(*encode_frame(hello), now);
  }

  void collect() {
    for (Effect& effect : session.take_effects()) {
      if (std::holds_alternative<Closed>(effect)) {
        require(!closed);
        closed = true;
        continue;
      }
      if (std::holds_alternative<Opened>(effect) || std::holds_alternative<SplitViewSeen>(effect))
        continue;
      require(!closed || std::holds_alternative<CloseLookup>(effect));
      require(++jobs[effect.index()] == 1);
      if (auto* read = std::get_if<ReadRange>(&effect)) reading = read->want;
      if (auto* accept = std::get_if<AcceptData>(&effect)) {
        require(!accept->data.empty() && accept->data.size() <= settings.data_waiting_max + 1);
        for (const auto& data : accept->data) require(records_in(data) > 0);
      }
    }
  }

  template <class Job>
  bool take() {
    int& outstanding = jobs[Effect(Job{}).index()];
    const bool was = outstanding > 0;
    outstanding = 0;
    return was;
  }

  void host(std::uint8_t number) {
    if (take<ListHeads>()) session.heads_listed({}, now);
    if (take<ListCharters>()) session.charters_listed({{Bytes{number}, Bytes{1}}}, true, now);
    if (number % 5 != 0 && take<LearnCharter>()) session.charter_learned(now);
    if (number % 3 == 0 && take<CompareClock>()) {
      v1::Want want;
      name(want, number);
      want.set_to(1u + number / 2);
      session.clock_compared(std::vector<v1::Want>{want}, now);
    }
    if (number % 3 == 1 && take<ReadRange>()) {
      v1::Data data;
      set_feed(data, feed_of(*reading));
      data.set_from(reading->from());
      data.set_headers(std::string(48, 'h'));
      session.range_read(number > 13 ? Result<v1::Data>(Error::not_found) : std::move(data), now);
    }
    if (number % 2 == 0 && take<AcceptData>())
      session.data_accepted(std::optional<v1::Want>(), now);
    if (take<AnswerLookup>()) session.lookup_answered(make_frame(7), now);
    if (take<CloseLookup>()) session.lookup_closed(now);
    if (take<CloseLetter>()) session.letter_closed(now);
    if (take<TakeLetter>())
      session.letter_taken(number % 2 == 1 ? Result<void>() : Result<void>(Error::refused), now);
    if (take<ChooseLetter>()) {
      std::optional<Bytes> letter;
      if (number % 2 == 1) letter = Bytes(8, 1);
      session.letter_chosen(letter, now);
    }
    if (take<ChooseLookup>()) {
      std::optional<v1::Evaluate> lookup;
      if (number % 2 == 1) {
        lookup = make_frame(6).evaluate();
        lookup->set_request_id(std::string(16, 'b'));
      }
      session.lookup_chosen(lookup, now);
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Driver driver;
  driver.start();
  driver.collect();
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    const std::uint8_t value = data[i + 1];
    switch (data[i] % 8) {
      case 0:
        driver.host(value & 15);
        break;
      case 1:
        driver.now += Time{value * 50};
        driver.session.tick(driver.now);
        break;
      case 2:
        if (!driver.session.has_output()) break;
        driver.session.take_output();
        driver.session.output_written(driver.now);
        break;
      case 3:
        driver.session.receive(ByteView(data + i, 2), driver.now);
        break;
      case 4:
        driver.session.wake_lookups(driver.now);
        break;
      case 5:
        driver.session.announce(driver.now);
        break;
      default:
        driver.session.receive(*encode_frame(make_frame(value)), driver.now);
        break;
    }
    driver.collect();
    if (!driver.session.closed()) require(driver.session.wake_at(driver.now) != Time::max());
  }
  driver.session.close(Ending::stopped, driver.now);
  driver.collect();
  require(driver.closed);
  return 0;
}
