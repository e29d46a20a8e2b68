// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/letter.h"

#include <algorithm>

namespace bakhita {
namespace {

bool names(const v1::Charter& charter, const std::string& node) {
  return std::ranges::any_of(charter.members(),
                             [&](const v1::Member& member) { return member.node() == node; });
}

bool allows_purpose(const v1::Charter& charter, const std::string& purpose) {
  return charter.purposes().empty() ||
         std::ranges::find(charter.purposes(), purpose) != charter.purposes().end();
}

}  // namespace

LetterRule decide_letter(const v1::Letter& letter, const v1::Charter& charter) {
  if (!names(charter, letter.from()) || !names(charter, letter.to()))
    return LetterRule::not_members;
  if (!letter.has_marks()) return LetterRule::allowed;  // carries no content
  if (!allows_purpose(charter, letter.marks().purpose())) return LetterRule::purpose_not_in_charter;
  if (letter.marks().tlp() > charter.highest_tlp()) return LetterRule::tlp_over_charter;
  return LetterRule::allowed;
}

std::string_view name_of(LetterRule rule) {
  switch (rule) {
    case LetterRule::allowed:
      return "allowed";
    case LetterRule::not_members:
      return "not-members";
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
    case LetterRule::purpose_not_in_charter:
      return "the charter does not allow this purpose";
    case LetterRule::tlp_over_charter:
      return "its TLP is above the highest that the charter allows";
  }
  return "unknown";
}

}  // namespace bakhita
