// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <set>

#include "protocol/community/charter.h"

/// What charters allow, and how two of them differ. Pure, total, default no.
namespace bakhita {

/// May indicators of `from` be held, matched and asked about by `to`? Only with a legal basis for
/// this pair and direction. With `purpose`, for that purpose, too.
bool may_flow(const v1::Charter& charter, const NodeId& from, const NodeId& to);
bool may_flow(const v1::Charter& charter, const NodeId& from, const NodeId& to,
              std::string_view purpose);
/// The first row that lets it; none: nothing may flow. It lives as long as the charter.
const v1::LegalBasis* find_basis(const v1::Charter& charter, const NodeId& from, const NodeId& to);
const v1::LegalBasis* find_basis(const v1::Charter& charter, const NodeId& from, const NodeId& to,
                                 std::string_view purpose);
/// The rows for a pair, for people.
std::vector<v1::LegalBasis> bases_between(const v1::Charter& charter, const NodeId& from,
                                          const NodeId& to);

/// One way in which two charters differ. One that widens needs each node's own acceptance before
/// that node exchanges under it; the others hold at once for all who learn of them.
struct Difference {
  enum class Kind : std::uint8_t {
    name_changed,
    steward_changed,
    member_added,
    member_removed,
    member_changed,  ///< another card or encryption key
    purpose_added,
    purpose_removed,
    tlp_changed,
    retention_changed,
    live_locks_changed,
    types_changed,
    roles_changed,
    quota_changed,
    threshold_changed,
    basis_added,
    basis_removed,
    keys_renewed
  } kind = Kind::name_changed;
  bool widens = false;
  bool narrows = false;  ///< allows less than before, and nothing more
  std::string from;      ///< as text, empty when there is none
  std::string to;
  NodeId node;  ///< whom it is about, where there is one
};
std::string_view name_of(Difference::Kind kind);
/// The name of a v1::SubjectRole for people and files: "recruiter"; a number that is none as it is.
std::string role_name(std::uint32_t role);
/// In the order of the kinds. Legal bases are compared pair by pair, but listed row by row.
std::vector<Difference> differences(const v1::Charter& before, const v1::Charter& after);
bool widens(const v1::Charter& before, const v1::Charter& after);

/// What both allow, under the newer one's epoch, keys and steward: what a node exchanges under that
/// knows `newest` and accepted `accepted` at some time. Not itself a valid charter: it may have no
/// members.
v1::Charter strictest(const v1::Charter& newest, const v1::Charter& accepted);

}  // namespace bakhita
