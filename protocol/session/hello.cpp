// SPDX-License-Identifier: EUPL-1.2
#include "protocol/session/hello.h"

namespace bakhita::session {

Bytes hello_message(const Hash& exporter, const NodeId& node, const NodeId& peer) {
  ByteWriter message;
  message.text("bakhita/1/hello").raw(exporter).raw(node.bytes).raw(peer.bytes).u32(version);
  return message.take();
}

v1::Hello make_hello(const Ends& ends, std::uint64_t card_serial, std::uint64_t unix_now,
                     std::string_view software, const std::function<Signature(ByteView)>& sign) {
  const Signature signature = sign(hello_message(ends.exporter, ends.self, ends.peer));
  v1::Hello hello;
  hello.set_version(version);
  hello.set_node(ends.self.bytes.data(), ends.self.bytes.size());
  hello.set_peer(ends.peer.bytes.data(), ends.peer.bytes.size());
  hello.set_card_serial(card_serial);
  hello.set_time(unix_now);
  hello.set_software(std::string(software));
  hello.set_signature(signature.data(), signature.size());
  return hello;
}

Result<void> check_hello(const v1::Hello& hello, const Ends& ends, const SignatureCheck& check) {
  if (hello.version() != version) return Error::unknown_version;
  if (hello.node() != as_text(ends.peer.bytes) || hello.peer() != as_text(ends.self.bytes))
    return Error::wrong_peer;
  const auto signature = to_array<64>(as_bytes(hello.signature()));
  if (!signature) return Error::malformed;
  const Bytes message = hello_message(ends.exporter, ends.peer, ends.self);
  if (!check(message, *signature, ends.peer_log_key)) return Error::bad_signature;
  return {};
}

}  // namespace bakhita::session
