// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <mutex>

#include "bakhita/v1/feed.pb.h"
#include "node/store/database.h"
#include "protocol/lookup/quota.h"

namespace bakhita::desk {

/// What the origins let this node ask: their published quotas (record kind 5), what they said is
/// left, and until when they want to hear nothing. Kept over restarts. Thread-safe.
class AskingPace {
 public:
  explicit AskingPace(store::Database& database) : database_(database) {}

  /// The origin's published quotas.
  void learn(std::uint32_t feed, const v1::OriginPolicy& policy, store::Batch& batch) const;
  /// Elements that may be asked now; as many as wanted while nothing is known.
  std::uint64_t room(std::uint32_t feed, std::uint8_t group, std::uint32_t epoch,
                     std::uint64_t now) const;
  /// So many were asked.
  void spend(std::uint32_t feed, std::uint8_t group, std::uint32_t epoch, std::uint64_t elements,
             std::uint64_t now);
  /// The origin's own count after an answer, which replaces ours.
  void correct(std::uint32_t feed, std::uint8_t group, std::uint32_t epoch, std::uint64_t left,
               std::uint64_t now, store::Batch& batch);

  /// Unix seconds; 0 when nothing holds us back.
  std::uint64_t held_until(const NodeId& peer) const;
  /// Durable on return.
  void hold(const NodeId& peer, std::uint64_t until);

 private:
  using Name = std::pair<std::uint32_t, std::uint8_t>;
  std::optional<QuotaLimits> limits(const Name& name) const;
  QuotaAccount account(const Name& name, const QuotaLimits& limits, std::uint32_t epoch,
                       std::uint64_t now) const;

  store::Database& database_;
  mutable std::mutex mutex_;  ///< of accounts_
  std::map<Name, QuotaAccount> accounts_;
};

}  // namespace bakhita::desk
