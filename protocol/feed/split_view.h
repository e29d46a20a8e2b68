// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/v1/feed.pb.h"
#include "protocol/feed/checkpoint.h"

/// Proofs that an origin signed two feeds (exchange: equivocation). They need nothing but the
/// origin's log key to be checked, so anybody may carry them.
namespace bakhita {

/// What the proof says: two sizes of one feed, each signed, that no one tree can have.
struct ProvenSplit {
  FeedId feed;
  Checkpoint smaller;
  Checkpoint larger;  ///< of the same size, or of a larger one
};

/// The feed that both notes name. The signatures are not looked at.
Result<FeedId> feed_of_proof(const v1::SplitView& proof);
/// Both notes are signed by `log_key`, and the smaller size has another root in the larger one's
/// tree. Error::bad_proof: the notes do not contradict each other, or that is not shown.
Result<ProvenSplit> verify_split_view(const v1::SplitView& proof, const PublicKey& log_key,
                                      const SignatureCheck& check = verify_ed25519);

}  // namespace bakhita
