// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/letter.h"

#include <algorithm>

#include "protocol/community/terms.h"

namespace bakhita {
namespace {

std::optional<NodeId> member_of(const v1::Charter& charter, const std::string& node) {
  const auto id = to_array<32>(as_bytes(node));
  if (!id || !names_member(charter, {*id})) return std::nullopt;
  return NodeId{*id};
}

bool allows_purpose(const v1::Charter& charter, const std::string& purpose) {
  return charter.purposes().empty() ||
         std::ranges::find(charter.purposes(), purpose) != charter.purposes().end();
}

}  // namespace

LetterRule decide_letter(const v1::Letter& letter, const v1::Charter& charter) {
  const auto from = member_of(charter, letter.from()), to = member_of(charter, letter.to());
  if (!from || !to) return LetterRule::not_members;
  const bool may_pass = may_flow(charter, *from, *to);
  if (!letter.has_marks()) {
    const bool may_come_back = !letter.has_chunk() && may_flow(charter, *to, *from);
    return may_pass || may_come_back ? LetterRule::allowed : LetterRule::no_legal_basis;
  }
  const std::string& purpose = letter.marks().purpose();
  if (may_pass && !allows_purpose(charter, purpose)) return LetterRule::purpose_not_in_charter;
  if (!may_flow(charter, *from, *to, purpose)) return LetterRule::no_legal_basis;
  if (letter.marks().tlp() > charter.highest_tlp()) return LetterRule::tlp_over_charter;
  return LetterRule::allowed;
}

std::string_view name_of(LetterRule rule) {
  switch (rule) {
    case LetterRule::allowed:
      return "allowed";
    case LetterRule::not_members:
      return "not-members";
    case LetterRule::no_legal_basis:
      return "no-legal-basis";
    case LetterRule::purpose_not_in_charter:
      return "purpose-not-in-charter";
    case LetterRule::tlp_over_charter:
      return "tlp-over-charter";
  }
  return "unknown";
}

std::string_view explain(LetterRule rule) {
  switch (rule) {
    case LetterRule::allowed:
      return "the charter allows it";
    case LetterRule::not_members:
      return "the charter does not name both nodes as members";
    case LetterRule::no_legal_basis:
      return "the charter names no legal basis for this purpose from the sender to the recipient";
    case LetterRule::purpose_not_in_charter:
      return "the charter does not allow this purpose";
    case LetterRule::tlp_over_charter:
      return "its TLP is above the highest that the charter allows";
  }
  return "unknown";
}

}  // namespace bakhita
