// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <span>
#include <string_view>

#include "protocol/policy/question.h"

/// The table of rules: the one place that says no. Each rule is a pure predicate over a question
/// and the terms; the order is the order in which they are asked, the strictest first.
namespace bakhita::policy {

/// Raised whenever a rule, the table's order or the form of a recorded question changes.
inline constexpr std::uint16_t rules_version = 2;

enum class RuleId : std::uint8_t {
  allowed,
  unknown_act,
  shielded_role,
  recalled,
  benign,
  no_sighting,
  unknown_code,
  unknown_mark,
  second_person,
  community_frozen,
  not_members,
  not_accepted,
  not_trusted,
  purpose_not_in_charter,
  no_legal_basis,
  former_keys_over,
  tlp_over_charter,
  type_not_in_charter,
  not_infrastructure,
  role_not_in_charter,
  retention_over_charter,
  live_locks_over_charter,
  quota_exhausted,
  not_against_victim,
  do_not_contact_subject,
  pap_contact,
  do_not_notify_platform,
  pap_platform,
  h3_restricted,
  h1_judicial,
  h2_dissemination,
  tlp_recipient,
  purpose_bound,
  no_reason,
};

/// What a rule looks at. A rule about the parties refuses whatever the content is.
enum class About : std::uint8_t { parties, content };

struct Rule {
  RuleId id = RuleId::allowed;
  std::string_view name;      ///< stable, for scripts and audit trails
  std::string_view sentence;  ///< why it says no, for people
  std::string_view source;    ///< where it comes from
  std::string_view changed_by;
  About about = About::parties;
  std::uint32_t acts = 0;  ///< bits 1 << Act
  bool (*refuses)(const Question&, const Terms&) = nullptr;
};

/// All rules in the order in which they are asked. The first, unknown_act, is asked of no act in
/// particular: it refuses those that is_known() does not know.
std::span<const Rule> rules();
/// Of `allowed` too, which is the answer when no rule refuses.
const Rule& rule_of(RuleId id);
std::string_view name_of(RuleId id);
std::string_view name_of(Act act);

/// Can the originator's consent lift the rule?
bool consent_can_lift(RuleId id);
bool is_known(Act act);

}  // namespace bakhita::policy
