// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "bakhita/v1/frame.pb.h"
#include "node/peers/host.h"
#include "protocol/feed/merkle.h"
#include "protocol/feed/record.h"
#include "tests/simulation/random.h"

namespace bakhita::simulation {

class Node;

/// The other history that an equivocating origin, or a thief of its log key, shows.
struct Fork {
  FeedId feed;
  std::vector<Record> records;
  Tree tree;
  std::string note;
  Checkpoint checkpoint;
};

/// How a node that does not keep to the protocol changes what its host says.
struct Liar {
  bool equivocates = false;
  bool withholds = false;
  bool answers_wrongly = false;
  bool sends_bad_ranges = false;
  bool lies() const { return equivocates || withholds || answers_wrongly || sends_bad_ranges; }

  /// The history for the odd ones out of its peers.
  std::map<FeedId, Fork> forks;
  bool signing_fork = false;  ///< the signature made now is a lie
  bool left_out = false;      ///< evaluations, of an answer
  bool lied = false;          ///< it has signed another history: its feed is nobody's truth

  /// `find` gives a node by its id.
  using Finder = std::function<Node*(const NodeId&)>;
  void change_heads(Node& self, std::vector<v1::FeedHead>& heads, const Finder& find);
  void change_range(const v1::Want& want, Result<v1::Data>& data, Random& random);
  void change_answer(peers::Host::Answer& answer, Random& random);

 private:
  void forge(v1::FeedHead& head, const Finder& find, Random& random) const;
  Fork* fork_of(Node& self, const FeedId& feed, Random& random);
};

}  // namespace bakhita::simulation
