// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/policy/decision.h"
#include "tests/unit/community/charters.h"

/// Questions that every rule allows under first_charter({"FR", "GB", …}).
namespace bakhita::testing_support {

inline constexpr std::uint64_t policy_now = 1'772'323'200;

/// From FR to GB, for investigation; of a phone number of an exploiter, CLEAR.
inline policy::Question harmless(policy::Act act) {
  policy::Question out;
  out.act = act;
  out.now = policy_now;
  out.from = out.via = id_of("FR");
  out.to = id_of("GB");
  out.from_accepts = out.via_accepts = out.to_accepts = true;
  out.peer_is_trusted = out.origin_is_trusted = true;
  out.persons = out.persons_needed = 1;
  out.facts = {.type = 1, .releasable_role = true, .roles = 1u << 2};
  out.marks = {.handling = 0, .tlp = 1, .pap = 1, .purpose = "investigation"};
  out.purpose = "investigation";
  out.live_locks = 10;
  out.retention_days = 90;
  out.key_epoch = 1;
  out.quota_wait = 0;
  out.part = policy::LetterPart::content;
  out.use = policy::OnwardUse::disseminate;
  out.recipient = "GB";
  out.file = policy::FileKind::feed;
  out.has_reason = true;
  return out;
}

inline const std::vector<policy::Act> all_acts = {
    policy::Act::publication,   policy::Act::release,     policy::Act::lookup_ask,
    policy::Act::lookup_answer, policy::Act::relay,       policy::Act::letter_send,
    policy::Act::letter_onward, policy::Act::file_export, policy::Act::advisory,
};

inline std::string rule_under(const policy::Question& question, const v1::Charter& charter) {
  return std::string(policy::name_of(policy::decide(question, {&charter, false})));
}

}  // namespace bakhita::testing_support
