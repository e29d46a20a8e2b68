// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>

#include "bakhita/v1/frame.pb.h"
#include "protocol/bytes.h"
#include "protocol/error.h"
#include "protocol/feed/checkpoint.h"

/// The first frame of each side: proves that the node's log key is at this end of this TLS
/// connection.
namespace bakhita::session {

inline constexpr std::uint32_t version = 1;

/// Whose session it is, as the TLS layer and the node cards say.
struct Ends {
  NodeId self;
  NodeId peer;
  PublicKey peer_log_key{};
  /// TLS exporter "EXPORTER-bakhita-hello": differs for each connection, so a Hello cannot be
  /// replayed.
  Hash exporter{};
};

/// "bakhita/1/hello" ‖ exporter ‖ node ‖ peer ‖ u32 version. Node and peer are in the order of the
/// sender: a Hello sent back to its sender does not verify.
Bytes hello_message(const Hash& exporter, const NodeId& node, const NodeId& peer);

/// Our Hello, without acceptances. `sign` gets hello_message.
v1::Hello make_hello(const Ends& ends, std::uint64_t card_serial, std::uint64_t unix_now,
                     std::string_view software, const std::function<Signature(ByteView)>& sign);

/// The peer's Hello: version, both names, signature by the peer's log key.
Result<void> check_hello(const v1::Hello& hello, const Ends& ends,
                         const SignatureCheck& check = verify_ed25519);

}  // namespace bakhita::session
