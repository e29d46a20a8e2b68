// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/split_view.h"

#include "protocol/feed/merkle.h"

namespace bakhita {

Result<FeedId> feed_of_proof(const v1::SplitView& proof) {
  const auto smaller = feed_of_note(proof.smaller());
  const auto larger = feed_of_note(proof.larger());
  if (!smaller || !larger || *smaller != *larger) return Error::malformed;
  return *smaller;
}

Result<ProvenSplit> verify_split_view(const v1::SplitView& proof, const PublicKey& log_key,
                                      const SignatureCheck& check) {
  constexpr int hashes_max = 128;
  const auto feed = feed_of_proof(proof);
  if (!feed) return feed.error();
  const auto smaller = open_checkpoint(proof.smaller(), *feed, log_key, check);
  if (!smaller) return smaller.error();
  const auto larger = open_checkpoint(proof.larger(), *feed, log_key, check);
  if (!larger) return larger.error();
  const auto prefix = to_array<32>(as_bytes(proof.prefix_root()));
  if (!prefix || proof.proof_size() > hashes_max) return Error::malformed;
  std::vector<Hash> path;
  for (const std::string& hash : proof.proof()) {
    const auto bytes = to_array<32>(as_bytes(hash));
    if (!bytes) return Error::malformed;
    path.push_back(*bytes);
  }
  if (smaller->size > larger->size || *prefix == smaller->root) return Error::bad_proof;
  const auto consistent =
      verify_consistency(smaller->size, larger->size, *prefix, larger->root, path);
  if (!consistent) return Error::bad_proof;
  return ProvenSplit{*feed, *smaller, *larger};
}

}  // namespace bakhita
