// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "node/exchange/exchange_host.h"

/// The way out of recovery mode: own feeds are had back from peers, or ended by a new generation,
/// before anything is signed again.
namespace bakhita::exchange {

struct OwnFeedStanding {
  FeedId feed;
  std::uint64_t held = 0;      ///< records under the newest checkpoint that is held whole
  std::uint64_t first = 0;     ///< the first of these; all before had ended, and no peer holds them
  std::uint64_t anchored = 0;  ///< that the head anchor says were signed; 0 when it is lost
  std::uint64_t told = 0;      ///< the longest that a peer holds, signed by us
  std::size_t holders = 0;     ///< peers that hold any of it
  bool frozen = false;         ///< we signed two
  /// The anchor is lost, and neither we nor who answered holds any: that nothing was signed is not
  /// known. Who held it may be no member any more, and come back.
  bool unknown = false;
  bool whole() const { return !frozen && !unknown && held >= anchored && held >= told; }
};

struct Standing {
  std::vector<OwnFeedStanding> feeds;  ///< the newest generation in each community
  std::vector<NodeId> answered;        ///< peers that said what they hold of us
  std::string obstacle;                ///< why recovery cannot be finished; empty: it can
};

/// Answers without which it is not known what was signed: as many as are configured; with the head
/// anchor lost those of all other members, as each may hold more than the rest.
std::size_t peers_needed(const desk::Desk& desk, std::size_t configured);

/// `peers_needed`: answers without which the longest feed is not believed to be all.
Standing standing(const desk::Desk& desk, const OwnHeads& told, std::size_t peers_needed);

/// What is held becomes the truth: states of identifiers and live locks are found again, and the
/// anchor is written anew.
void finish_recovery(desk::Desk& desk, const std::string& actor, const std::string& how);

/// Opens the next generation of each own feed that is not whole. Returns how many.
std::size_t open_generations(desk::Desk& desk, const Standing& now, const std::string& actor);

}  // namespace bakhita::exchange
