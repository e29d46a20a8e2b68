// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/withdrawal.h"

#include <algorithm>

namespace bakhita::policy {
namespace {

bool marks_are_stricter(const v1::LockSummary& published, const v1::LockSummary& current) {
  return current.tlp() > published.tlp() || current.pap() > published.pap() ||
         current.handling() > published.handling();
}

/// Does the lock say what the reports say no longer? Evaluations count from good to bad, roles from
/// definite to unknown.
bool says_too_much(const v1::LockSummary& published, const v1::LockSummary& current) {
  const auto& held = current.exploitation();
  const bool gone = std::any_of(
      published.exploitation().begin(), published.exploitation().end(),
      [&](std::uint32_t code) { return std::find(held.begin(), held.end(), code) == held.end(); });
  return gone || published.role() < current.role() || published.urgency() > current.urgency() ||
         published.source_evaluation() < current.source_evaluation() ||
         published.information_evaluation() < current.information_evaluation() ||
         published.sightings() > current.sightings() ||
         published.first_seen_day() < current.first_seen_day() ||
         published.last_seen_day() > current.last_seen_day();
}

}  // namespace

v1::WithdrawReason withdraw_reason(RuleId release, const Facts& facts) {
  if (release == RuleId::no_sighting) return v1::WITHDRAW_REASON_ERASED;
  // As any other erasure: no code says that a number is a victim's.
  if (release == RuleId::shielded_role) return v1::WITHDRAW_REASON_ERASED;
  if (release == RuleId::recalled) return reason_of(facts.recalled);
  if (release == RuleId::allowed) return v1::WITHDRAW_REASON_RECTIFIED;
  return v1::WITHDRAW_REASON_NARROWED;
}

std::optional<v1::WithdrawReason> must_withdraw(RuleId release, const Facts& facts,
                                                const v1::LockSummary& published,
                                                const v1::LockSummary& current) {
  if (release != RuleId::allowed) return withdraw_reason(release, facts);
  if (marks_are_stricter(published, current)) return v1::WITHDRAW_REASON_NARROWED;
  if (says_too_much(published, current)) return v1::WITHDRAW_REASON_RECTIFIED;
  return std::nullopt;
}

}  // namespace bakhita::policy
