// SPDX-License-Identifier: EUPL-1.2
#include "tests/hostile/caller.h"

#include <functional>
#include <iostream>
#include <map>

#include "node/peers/tls.h"
#include "protocol/feed/record.h"
#include "protocol/session/error_code.h"
#include "protocol/session/frame.h"
#include "protocol/session/hello.h"
#include "protocol/session/shape.h"
#include "protocol/voprf/voprf.h"
#include "tests/unit/peers/raw_peer.h"

namespace bakhita::hostile {
namespace {

constexpr std::size_t batch = 16;

class Call {
 public:
  Call(const Member& member, const keys::SecretBytes& tls_seed)
      : member_(member),
        tls_(peers::TlsContext::Side::caller, tls_seed, [](const Hash&) { return true; }),
        peer_(member.victim.card.addresses(0)) {
    if (!peer_.connected()) throw std::runtime_error("the victim does not listen");
  }

  bool handshake(SSL_CTX* context) { return peer_.handshake(context); }
  SSL_CTX* tls() { return tls_.native(); }
  /// Whether the victim says anything at all behind the handshake.
  void print_greeting(bool shaken) {
    std::uint8_t first = 0;
    const bool greeted = shaken && SSL_read(peer_.native(), &first, 1) == 1;
    ERR_clear_error();
    std::cout << (greeted ? "greeted" : "refused") << std::endl;
  }

  void send(ByteView bytes) { peer_.write(bytes); }
  void send(const v1::Frame& frame) { send(session::encode_frame(frame).value()); }
  void send_payload(ByteView payload) {
    send(ByteWriter().u32(static_cast<std::uint32_t>(payload.size())).raw(payload).view());
  }
  v1::Frame hello(const NodeId& self) const {
    v1::Frame frame;
    *frame.mutable_hello() = session::make_hello(
        {self, member_.victim.node, {}, peers::hello_exporter(peer_.native()).value()}, 1,
        static_cast<std::uint64_t>(std::time(nullptr)), "hostile",
        [this](ByteView message) { return member_.sign(message); });
    return frame;
  }
  /// The victim's next frame that answers something, or nothing when it hung up.
  std::optional<v1::Frame> answer() {
    while (true) {
      const auto payload = input_.next();
      if (payload && *payload) {
        auto frame = session::decode_frame(**payload).value();
        if (frame.has_error() || frame.has_busy() || frame.has_evaluated() || frame.has_data())
          return frame;
        continue;
      }
      std::uint8_t bytes[16 * 1024];
      const int size = SSL_read(peer_.native(), bytes, sizeof bytes);
      ERR_clear_error();
      if (size <= 0) return std::nullopt;
      input_.append({bytes, static_cast<std::size_t>(size)});
    }
  }
  bool print_answer() {
    const auto frame = answer();
    if (!frame) {
      std::cout << "closed" << std::endl;
      return false;
    }
    const auto sentence = [](std::uint32_t code) {
      const auto error = session::error_of(code);
      return error ? describe(*error) : std::string_view("?");
    };
    if (frame->has_error())
      std::cout << "error: " << sentence(frame->error().code()) << std::endl;
    else if (frame->has_busy())
      std::cout << "busy: " << sentence(frame->busy().code()) << std::endl;
    else
      std::cout << (frame->has_data() ? "data" : "evaluated") << std::endl;
    return true;
  }
  void print_answers() {
    while (print_answer()) {
    }
  }
  v1::Frame want(const NodeId& origin, std::uint64_t from, std::uint64_t to) const {
    v1::Frame frame;
    session::set_feed(*frame.mutable_want(), member_.feed_of(origin));
    frame.mutable_want()->set_from(from);
    frame.mutable_want()->set_to(to);
    return frame;
  }
  const NodeId& self() const { return member_.self; }
  const NodeId& victim() const { return member_.victim.node; }
  /// A lookup without fault, of the group of phones.
  v1::Frame question(std::uint8_t seed) {
    v1::Frame frame;
    v1::Evaluate& out = *frame.mutable_evaluate();
    ByteArray<16> id;
    randombytes_buf(id.data(), id.size());
    out.set_request_id(std::string(as_text(id)));
    out.set_community(std::string(as_text(member_.community.id.bytes)));
    out.set_epoch(member_.community.charter.key_epoch());
    out.set_group(1);
    for (std::size_t i = 0; i < batch; ++i)
      out.mutable_elements()->append(
          as_text(voprf::hash_to_group(ByteWriter().u8(seed).u64(i).view())));
    const auto& purposes = member_.community.charter.purposes();
    out.set_purpose(purposes.empty() ? "investigation" : purposes.Get(0));
    out.set_case_hash(std::string(32, 'c'));
    if (key_.empty()) key_ = published_key();
    out.set_public_key(key_);
    return frame;
  }

 private:
  /// The victim's key of group 1, from the head of its feed.
  std::string published_key() {
    send(want(victim(), 0, 2));
    const auto frame = answer();
    if (!frame || !frame->has_data()) throw std::runtime_error("the victim's feed was not served");
    const auto header = parse_header(as_bytes(frame->data().headers()).first(header_size)).value();
    v1::OprfKey key;
    if (!key.ParseFromString(frame->data().bodies().substr(0, header.body_size)) ||
        key.group() != 1)
      throw std::runtime_error("the victim's feed does not begin with its key");
    return key.public_key();
  }

  const Member& member_;
  peers::TlsContext tls_;
  mutable peers::RawPeer peer_;
  session::FrameInput input_;
  std::string key_;
};

Bytes repeated(std::initializer_list<std::uint8_t> unit, std::size_t bytes) {
  Bytes out;
  while (out.size() < bytes) out.insert(out.end(), unit.begin(), unit.end());
  return out;
}

/// One field of the frame, of a length that says how much of `content` follows.
Bytes field(std::uint8_t tag, const Bytes& content) {
  Bytes out{tag};
  for (std::size_t rest = content.size(); true; rest >>= 7) {
    out.push_back(static_cast<std::uint8_t>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
    if (rest <= 0x7f) break;
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

void stall() {
  std::cout << "stalled" << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
}

using Attack = std::function<void(Call&)>;

/// Before and within TLS.
const std::map<std::string, Attack>& before_tls() {
  static const std::map<std::string, Attack> all{
      {"silent", [](Call&) { stall(); }},
      {"tls-alone", [](Call& call) { call.print_greeting(call.handshake(call.tls())); }},
      {"tls-1.2",
       [](Call& call) {
         SSL_CTX_set_min_proto_version(call.tls(), TLS1_2_VERSION);
         SSL_CTX_set_max_proto_version(call.tls(), TLS1_2_VERSION);
         call.print_greeting(call.handshake(call.tls()));
       }},
      {"no-certificate",
       [](Call& call) {
         const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> plain(
             SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
         SSL_CTX_set1_groups_list(plain.get(), "X25519");
         call.print_greeting(call.handshake(plain.get()));
       }},
      {"unknown-key", [](Call& call) { call.print_greeting(call.handshake(call.tls())); }},
  };
  return all;
}

/// Sent right after TLS, instead of Hello.
const std::map<std::string, Attack>& before_hello() {
  static const std::map<std::string, Attack> all{
      {"clock-before-hello",
       [](Call& call) {
         v1::Frame frame;
         frame.mutable_clock();
         call.send(frame);
         call.print_answers();
       }},
      {"hello-of-another",
       [](Call& call) {
         NodeId other;
         other.bytes.fill(7);
         call.send(call.hello(other));
         call.print_answers();
       }},
      {"hello-with-a-wrong-signature",
       [](Call& call) {
         v1::Frame frame = call.hello(call.self());
         frame.mutable_hello()->mutable_signature()->back() ^= 1;
         call.send(frame);
         call.print_answers();
       }},
      {"no-hello", [](Call&) { stall(); }},
  };
  return all;
}

void send_bomb(Call& call, const Bytes& payload) {
  call.send_payload(payload);
  call.print_answers();
}

void ask(Call& call, const std::function<void(v1::Evaluate&)>& change) {
  v1::Frame frame = call.question(1);
  change(*frame.mutable_evaluate());
  call.send(frame);
  call.print_answer();
}

void set_element(v1::Evaluate& question, std::size_t index, const std::string& bytes) {
  question.mutable_elements()->replace(index * 32, 32, bytes);
}

const std::map<std::string, Attack>& after_hello() {
  constexpr std::size_t full = 245'000;
  static const std::map<std::string, Attack> all{
      {"oversized",
       [](Call& call) {
         call.send(Bytes{0x7f, 0xff, 0xff, 0xff});
         call.print_answers();
       }},
      {"four-mebibytes",
       [](Call& call) {
         send_bomb(call, field(0x12, repeated({0x0a, 0x00}, 4 << 20)));
       }},
      {"garbage", [](Call& call) { send_bomb(call, Bytes(60, 0xa5)); }},
      {"empty-messages",
       [](Call& call) {
         send_bomb(call, field(0x12, repeated({0x0a, 0x00}, full)));
       }},
      {"unknown-fields",
       [](Call& call) {
         send_bomb(call, repeated({0xc0, 0x3e, 0x01}, full));
       }},
      {"deep-nesting", [](Call& call) { send_bomb(call, Bytes(full, 0x0b)); }},
      {"half-a-frame",
       [](Call& call) {
         call.send(Bytes{0, 0, 1, 0, 0x12});
         stall();
       }},
      {"second-hello",
       [](Call& call) {
         call.send(call.hello(call.self()));
         call.print_answers();
       }},
      {"unasked-data",
       [](Call& call) {
         v1::Frame frame;
         session::set_feed(*frame.mutable_data(), {CommunityId{}, call.victim(), 1});
         frame.mutable_data()->set_headers(std::string(48, 'h'));
         call.send(frame);
         call.print_answers();
       }},
      {"want-behind-the-end",
       [](Call& call) {
         call.send(call.want(call.victim(), 1'000'000, 2'000'000));
         call.print_answer();
       }},
      {"want-backwards",
       [](Call& call) {
         call.send(call.want(call.victim(), 2, 1));
         call.print_answer();
       }},
      {"good-question", [](Call& call) { ask(call, [](v1::Evaluate&) {}); }},
      {"identity-point",
       [](Call& call) {
         ask(call, [](v1::Evaluate& out) { set_element(out, 3, std::string(32, '\0')); });
       }},
      {"non-canonical-point",
       [](Call& call) {
         ask(call, [](v1::Evaluate& out) { set_element(out, 3, std::string(32, '\xff')); });
       }},
      {"duplicate-element",
       [](Call& call) {
         ask(call, [](v1::Evaluate& out) { set_element(out, 3, out.elements().substr(0, 32)); });
       }},
      {"wrong-public-key",
       [](Call& call) {
         ask(call, [](v1::Evaluate& out) {
           out.set_public_key(std::string(as_text(voprf::hash_to_group(as_bytes("other")))));
         });
       }},
      {"odd-batch",
       [](Call& call) {
         ask(call, [](v1::Evaluate& out) { out.mutable_elements()->resize(96); });
       }},
      {"other-community",
       [](Call& call) {
         ask(call, [](v1::Evaluate& out) { out.set_community(std::string(16, 'x')); });
       }},
      {"replayed-id",
       [](Call& call) {
         v1::Frame frame = call.question(1);
         for (int i = 0; i < 2; ++i) {  // the same again is answered again
           call.send(frame);
           call.print_answer();
         }
         v1::Frame other = call.question(2);
         other.mutable_evaluate()->set_request_id(frame.evaluate().request_id());
         call.send(other);
         call.print_answer();
       }},
      {"quota",
       [](Call& call) {
         for (std::uint8_t seed = 1; seed <= 16; ++seed) {
           call.send(call.question(seed));
           call.print_answer();
         }
       }},
  };
  return all;
}

}  // namespace

std::vector<std::string> caller_attacks() {
  std::vector<std::string> out;
  for (const auto* group : {&before_tls(), &before_hello(), &after_hello()})
    for (const auto& [name, attack] : *group) out.push_back(name);
  return out;
}

void call(const Member& member, const std::string& attack) {
  const bool unknown = attack == "unknown-key";
  Call call(member, unknown ? keys::SecretBytes::random(32) : member.keystore.get(keys::name::tls));
  if (const auto found = before_tls().find(attack); found != before_tls().end())
    return found->second(call);
  if (!call.handshake(call.tls())) throw std::runtime_error("no TLS with the victim");
  if (const auto found = before_hello().find(attack); found != before_hello().end())
    return found->second(call);
  call.send(call.hello(member.self));
  after_hello().at(attack)(call);
}

}  // namespace bakhita::hostile
