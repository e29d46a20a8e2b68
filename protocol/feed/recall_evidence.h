// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bakhita/v1/feed.pb.h"
#include "bakhita/v1/recall.pb.h"
#include "protocol/bytes.h"
#include "protocol/error.h"

/// What an origin hands an auditor about what it took back, and what of it is proven: that the
/// origin signed each withdrawal into its feed, and that each member signed a receipt for a part of
/// that very feed which holds the withdrawal. Needs no node and no database. Pure.
namespace bakhita {

/// A member that signed nothing is not proven to hold or to have deleted anything: then it is
/// waiting, or overdue when the day had passed as the evidence was made.
struct ProvenDeletion {
  NodeId node;
  std::string country;            ///< as the charter says
  bool named_by_charter = false;  ///< is a member now
  bool receipted_record = false;  ///< a receipt from before the withdrawal: it had the record
  std::uint64_t deleted_at = 0;   ///< Unix seconds, as the member signed; 0: not
  std::uint64_t purged_at = 0;    ///< 0: not
  std::uint64_t served_size = 0, told_size = 0;  ///< the origin's word
};

struct ProvenRecall {
  std::uint64_t withdrawal = 0;
  v1::Withdraw body;
  std::vector<ProvenDeletion> members;
};

struct ProvenRecalls {
  FeedId feed;
  std::uint64_t size = 0;  ///< of the feed, as the origin signed it
  std::uint64_t made_at = 0;
  std::vector<ProvenRecall> recalls;
};

/// `signed_card` is the origin's, from whom the auditor trusts: the evidence must be signed by its
/// log key. Members are those whom the charter in the evidence names, each by its identity key.
/// Error::wrong_peer: about another origin. Any other error: something in it does not hold, and
/// `what` says what.
Result<ProvenRecalls> verify_recalls(const v1::RecallEvidence& evidence, ByteView signed_card,
                                     std::string& what);

}  // namespace bakhita
