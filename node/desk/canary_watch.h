// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <mutex>
#include <optional>
#include <string_view>

#include "node/desk/desk.h"
#include "protocol/feed/lock.h"

/// Whether this node finds the canary locks of the others.
namespace bakhita::desk {

/// How far it came with a canary, or where it failed.
enum class CanaryStage : std::uint8_t {
  unpublished,  ///< the feed holds nothing of this month under the keys in force
  unasked,
  unanswered,  ///< asked, and no answer came yet
  unproven,    ///< the answer was not made with the key in the feed
  absent,      ///< answered, but the feed holds no such lock
  unopened,    ///< the lock is there, and is not what it should be
  found
};
/// A stable name for scripts.
std::string_view name_of(CanaryStage stage);
/// A sentence's part for an operator: "its feed holds …".
std::string_view explain(CanaryStage stage);

/// Ten days: three for the origin to publish it, three for the question, four for trouble to pass.
inline constexpr std::uint64_t canary_patience = 10 * 86'400;

/// Unix seconds; 0: never.
struct Canary {
  CanaryStage stage = CanaryStage::unpublished;
  std::uint64_t since = 0;  ///< waited for from then on, without having been found
  std::uint64_t asked_at = 0;
  std::uint64_t found_at = 0;  ///< the last one, perhaps of an earlier month

  bool is_overdue(std::uint64_t now) const {
    return stage != CanaryStage::found && since != 0 && now > since + canary_patience;
  }
};

/// Asked in place of a pad.
struct CanaryQuestion {
  Bytes input;
  std::uint32_t period = 0;
  store::AuditEntry entry;  ///< with the policy's decision; durable before it is asked
};

/// Keeps, for each feed of a peer and exposure group, how far this month's canary came. Over
/// restarts. Thread-safe.
class CanaryWatch {
 public:
  explicit CanaryWatch(Desk& desk) : desk_(desk) {}

  /// Begins to wait when a month or key epoch began, or the feed is new.
  void begin(const store::Community& community, std::uint32_t feed);
  /// What to ask about the feed now. A question that goes with others goes at once, and is made
  /// again hourly until it is found; `alone`, it waits for a drawn time, and a day for the next.
  /// Nothing that the policy does not let this node ask.
  std::optional<CanaryQuestion> question(const store::Community& community,
                                         const store::FeedState& feed, std::uint8_t group,
                                         bool alone) const;
  /// The question was put.
  void asked(const Scope& scope, std::uint32_t feed, std::uint32_t period);
  /// What came of it.
  void answered(const Scope& scope, std::uint32_t feed, std::uint32_t period, CanaryStage stage);
  Canary look(const store::Community& community, const store::FeedState& feed,
              std::uint8_t group) const;

 private:
  bool is_published(const store::Community& community, const store::FeedState& feed,
                    std::uint8_t group) const;
  Desk& desk_;
  mutable std::mutex mutex_;  ///< a row is read, changed and written
};

}  // namespace bakhita::desk
