// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/feed/checkpoint.h"
#include "tests/support/federation.h"

/// After which a member is not believed any more.
namespace bakhita::testing_support {

/// Shows the node that the origin signed another feed than the one that is held.
inline void prove_two_feeds(TestNode& node, const TestNode& origin) {
  const store::FeedState held = node.desk->feeds.find(origin.feed()).value();
  const Hash other_root{1};
  const std::string text = checkpoint_text({held.id, held.size, other_root});
  const PublicKey key = keys::ed25519_public(origin.keystore->get(keys::name::log));
  const std::string note =
      make_note(text, origin_line(held.id), key, origin.sign(keys::name::log, as_bytes(text)));
  ASSERT_EQ(Error::split_view, node.desk->feeds.compare(held.id, note, key).error());
}

inline void set_state(TestNode& node, const TestNode& peer, store::PeerState state) {
  store::Peer known = node.desk->members.known(peer.id()).value();
  known.state = state;
  node.desk->members.put(known, node.desk->entry("tester", "peer.state"));
}
inline void suspend(TestNode& node, const TestNode& peer) {
  set_state(node, peer, store::PeerState::suspended);
}
inline void resume(TestNode& node, const TestNode& peer) {
  set_state(node, peer, store::PeerState::trusted);
}

}  // namespace bakhita::testing_support
