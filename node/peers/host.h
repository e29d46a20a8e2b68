// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bakhita/v1/frame.pb.h"
#include "protocol/bytes.h"
#include "protocol/error.h"
#include "protocol/feed/checkpoint.h"
#include "protocol/session/effects.h"

namespace bakhita::peers {

/// A trusted peer, from its newest node card.
struct KnownPeer {
  NodeId node;
  std::string country;
  PublicKey log_key{};
  Hash tls_pin{};
  std::uint64_t card_serial = 0;
  std::vector<std::string> addresses;  ///< host:port
};

/// What happened to a connection. Text is a sentence of ours: no data, no words of the peer.
struct PeerEvent {
  enum class Kind : std::uint8_t {
    connected,     ///< both Hellos are verified
    closed,        ///< an open session ended without fault: lost, stopped, replaced
    misbehaved,    ///< closed because the peer broke the protocol; `error` says how
    dial_failed,   ///< no address answered, or the handshake failed
    refused,       ///< a caller was turned away: unknown pin, no Hello, too many; node is zero if
                   ///< unknown
    split_view,    ///< two valid checkpoints of one size; the session goes on
    clock_differs  ///< the peer's clock is more than five minutes from ours
  } kind = Kind::closed;
  std::string text;
  std::optional<Error> error;
};

/// What the network needs of the node. Implemented by the daemon, played by fakes in tests.
///
/// now(), self(), and peer_by_pin() are called on the network thread and must answer from memory.
/// All others may block: they run on a pool, several at once for different peers; for one peer at
/// most one each of read, accept, answer, the lookup calls, and the rest. An exception from any of
/// them is ours: it closes the session and reaches Options::on_failure.
class Host {
 public:
  virtual ~Host() = default;

  virtual NodeId self() const = 0;
  /// Unix seconds.
  virtual std::uint64_t now() const = 0;
  /// Trusted peers only: whoever is not found here gets no session.
  virtual std::optional<KnownPeer> peer_by_pin(const Hash& pin) const = 0;
  /// Trusted peers. Read again every few seconds and after Service::peers_changed().
  virtual std::vector<KnownPeer> peers_to_dial() const = 0;

  /// Serial of our newest node card, for Hello: a peer with an older one knows that it has.
  virtual std::uint64_t card_serial() const { return 0; }
  /// Ed25519 by the log key.
  virtual Signature sign_hello(ByteView message) const = 0;
  /// To put into Hello.
  virtual std::vector<v1::Acceptance> acceptances(const NodeId& peer) const = 0;
  virtual void learn_acceptances(const NodeId& peer, std::vector<v1::Acceptance> acceptances) = 0;

  /// Charter packages that the peer should know, and whether some community still has both as
  /// members: else the session ends when they are told.
  virtual std::vector<session::CharterNews> charters_for(const NodeId&) const { return {}; }
  virtual bool shares_community(const NodeId&) const { return true; }
  /// A package that the peer told; whoever brought it, only what its signatures say counts.
  virtual void learn_charter(const NodeId&, ByteView) {}

  /// Feeds that this peer may see. At most limits::clock_heads_max.
  virtual std::vector<v1::FeedHead> heads_for(const NodeId& peer) const = 0;
  /// What this peer should know before it looks at the heads: a Clock without heads.
  virtual v1::Clock statements_for(const NodeId&) const { return {}; }
  /// Learns statements, compares the peer's heads with ours and says which ranges to fetch, in
  /// order: [size held, theirs). A Clock without either asks which of the feeds that the peer
  /// announced before to fetch from it now. Error::split_view is reported and the session goes on;
  /// any other error closes it.
  virtual Result<std::vector<v1::Want>> wanted(const NodeId& peer, const v1::Clock& clock) = 0;
  /// One frame's worth of [from, to), from `from` on. An error is sent as Busy; the peer asks
  /// later.
  virtual Result<v1::Data> read(const NodeId& peer, const v1::Want& want) = 0;
  /// Consecutive frames of one feed: verify and commit, all or up to the first wrong one. An error
  /// closes the session as the peer's fault, but for Error::unexpected: the frames do not begin
  /// where we are, because another connection brought some meanwhile; then a new session compares
  /// again. When it is the end of a Want, a next Want may be returned (a newer note came along).
  virtual Result<std::optional<v1::Want>> accept(const NodeId& peer,
                                                 std::vector<v1::Data> data) = 0;

  /// A peer's blind lookup. Busy: quota; ProtocolError: never.
  using Answer = std::variant<v1::Evaluated, v1::Busy, v1::ProtocolError>;
  virtual Answer answer(const NodeId& peer, const v1::Evaluate& request) = 0;
  /// The next lookup at this peer, if any; one is outstanding at a time. Asked again after each
  /// finish or failure, and after Service::wake_lookups().
  virtual std::optional<v1::Evaluate> next_lookup(const NodeId& peer) = 0;
  /// `answer` carries the id of the outstanding request; nothing else in it was checked.
  virtual void finish_lookup(const NodeId& peer, const v1::Evaluated& answer) = 0;
  /// `retry_after` seconds, 0: not to be repeated as it is (or the session ended: `why` has no
  /// value).
  virtual void fail_lookup(const NodeId& peer, ByteView request_id, std::uint32_t retry_after,
                           std::optional<Error> why) = 0;

  /// The next sealed letter to this peer, if any; one is on its way at a time. Asked again after
  /// each end of one, and after Service::wake_letters().
  virtual std::optional<Bytes> next_letter(const NodeId& peer) = 0;
  /// `receipt` is receipt_of the sealed letter. The peer has it durably.
  virtual void letter_delivered(const NodeId& peer, ByteView receipt) = 0;
  /// `retry_after` seconds, 0: the peer will never take it.
  virtual void letter_refused(const NodeId& peer, ByteView receipt, std::uint32_t retry_after,
                              Error why) = 0;
  /// A sealed letter from this peer; durable on return, then it is receipted. A duplicate is fine.
  /// Error::quota_exhausted: later; any other: never.
  virtual Result<void> take_letter(const NodeId& peer, ByteView sealed) = 0;

  /// In order of happening.
  virtual void report(const NodeId& peer, PeerEvent event) = 0;
};

}  // namespace bakhita::peers
