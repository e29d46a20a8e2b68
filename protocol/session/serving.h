// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <set>

#include "protocol/session/effects.h"
#include "protocol/session/settings.h"

namespace bakhita::session {

/// The sending half of sync: says what we hold, and answers one Want at a time with Data frames,
/// reading ahead no more than Settings::unsent_size_max.
///
///   announce → ListHeads → Clock (what the peer has not seen)       Want → ReadRange → Data,
///   repeated
///
/// Statements (cards, acceptances, proofs) go before the heads that rest on them, each once a
/// session.
class Serving {
 public:
  explicit Serving(const Settings& settings) : settings_(settings) {}

  void announce(Outbox& outbox);
  Result<void> on_want(v1::Want want, Outbox& outbox);

  /// `statements` is a Clock without heads.
  void listed(std::vector<v1::FeedHead> heads, v1::Clock statements, Outbox& outbox);
  /// An error goes to the peer as Busy. Data that do not answer the Want are our fault:
  /// outbox.failed.
  void range_read(Result<v1::Data> data, Outbox& outbox);
  /// Output was written: there may be room to read ahead.
  void written(Outbox& outbox) { read_on(outbox); }

 private:
  /// What the peer saw of a feed. Hashes are SHA-256: statements and notes of others are among
  /// them, and who finds a collision would keep one from being told.
  struct Seen {
    std::uint64_t size = 0;
    Hash note_hash{};
    bool operator==(const Seen&) const = default;
  };
  void read_on(Outbox& outbox);
  void tell(v1::Clock statements, v1::Frame& frame, Outbox& outbox);
  bool first_time(const std::string& statement);

  Settings settings_;
  std::map<FeedId, Seen> seen_;
  std::set<Hash> told_;  ///< hashes of statements
  bool listing_ = false;
  bool list_again_ = false;
  std::optional<v1::Want> want_;  ///< `from` moves with the Data sent
  bool reading_ = false;
};

}  // namespace bakhita::session
