// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "protocol/bytes.h"
#include "tests/simulation/node.h"

namespace bakhita::simulation {

/// Stands in every private field, and nowhere else in what a node sends, stores or logs in plain.
inline constexpr std::string_view canary = "zq7canary";

/// What was put into the nodes, and what must therefore come out: kept outside the product.
struct KnownReport {
  std::string id;
  std::string identifier;  ///< one a report, so that a match names it
  bool shielding = false;  ///< the identifier is a victim's
  bool red = false;        ///< TLP RED: over the charter
  bool erased = false;
  bool certain = true;  ///< acknowledged; false: the machine died during the import
};

struct KnownFile {
  std::string name;
  Bytes content;
  Hash digest{};
  bool whole = false;                ///< at its recipient's
  bool compared = false;             ///< and read there
  std::uint64_t begun_in_start = 0;  ///< a part of it was there then; 0: never only a part
};

/// A letter that an operator wrote; its text is in no other.
struct KnownLetter {
  std::string text;
  std::size_t from = 0, to = 0;
  bool certain = false;  ///< its node acknowledged it
  bool opening = true;   ///< the first of its correspondence
  std::string id{};      ///< once it is certain
  std::vector<KnownFile> files{};
};

struct Group {
  CommunityId id;
  std::string name;
  std::set<std::size_t> members;  ///< of the newest charter
  std::set<std::size_t> ever;
  std::uint32_t epoch = 0, key_epoch = 1;
  v1::SignedCharter charter;
};

struct Truth {
  std::map<std::size_t, std::vector<KnownReport>> reports;  ///< by node
  std::vector<Group> groups;
  std::vector<KnownLetter> letters;
  std::map<Hash, std::set<std::size_t>> charters;  ///< hash → members
  /// Every checkpoint that an origin's key signed: feed and size → roots.
  std::map<std::pair<FeedId, std::uint64_t>, std::set<Hash>> honest_roots, lying_roots;

  /// The identifiers that the node may look up, and those that it may publish.
  std::set<std::string> askable(std::size_t node) const { return of(node, false); }
  std::set<std::string> releasable(std::size_t node) const { return of(node, true); }

 private:
  std::set<std::string> of(std::size_t node, bool publish) const {
    std::set<std::string> out, barred;
    const auto it = reports.find(node);
    if (it == reports.end()) return out;
    for (const KnownReport& report : it->second) {
      if (report.erased) continue;
      if (!report.certain || report.shielding || (publish && report.red))
        barred.insert(report.identifier);
      else
        out.insert(report.identifier);
    }
    for (const std::string& identifier : barred) out.erase(identifier);
    return out;
  }
};

}  // namespace bakhita::simulation
