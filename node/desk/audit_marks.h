// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/desk/desk.h"

/// Heads of this node's audit trail, sealed, that its peers keep and give back: nobody can cut the
/// trail, write it anew, or start an old copy of it, without all of them losing theirs too. To a
/// peer a mark is a few bytes that say nothing, not even how long the trail is.
///
///   own_mark → Clock.audit_mark → keep_mark, at the peer → Clock.kept_audit_marks → judge_returned
namespace bakhita::desk {

/// A mark of the trail as it is, no older than an hour.
Bytes own_mark(Desk& desk);

/// A peer's mark: the newest is kept, and the one before it, so that a node whose trail was cut is
/// still told of it when it has sent another. At most one in ten minutes is written.
void keep_mark(Desk& desk, const NodeId& peer, ByteView mark);
std::vector<Bytes> kept_marks(const Desk& desk, const NodeId& peer);

/// What a peer gave back. Returns a sentence when the trail ends before it; else keeps the longest
/// of each peer for `audit verify`. Marks of others, or from before the last recovery, are ignored.
std::string judge_returned(Desk& desk, const NodeId& peer, ByteView mark);
/// The heads that the trail must have had: checked by Audit::verify.
std::vector<store::AuditHead> witnessed_heads(const Desk& desk);
/// After a recovery the trail goes on from what was there; marks from before mean nothing any more.
void begin_trail(Desk& desk);

}  // namespace bakhita::desk
