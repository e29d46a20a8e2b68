// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/onward.h"

#include <algorithm>

namespace bakhita {
namespace {

// As in LockSummary.
constexpr std::uint32_t tlp_clear = 1, tlp_green = 2;
constexpr std::uint32_t pap_green = 2;

bool leaves_the_authority(const OnwardUse& use) { return use.kind == OnwardKind::disseminate; }

bool tlp_allows(const v1::Marks& marks, const OnwardUse& use) {
  if (!leaves_the_authority(use)) return true;
  if (marks.tlp() == tlp_clear) return true;
  return marks.tlp() == tlp_green && use.recipient_is_member;
}

/// Rules for the safety of people and of the investigation: nobody's consent replaces them.
OnwardRule safety_rule(const v1::Marks& marks, const OnwardUse& use) {
  if (use.kind == OnwardKind::against_victim) return OnwardRule::against_victim;
  if (use.kind == OnwardKind::contact_subject) {
    if (marks.do_not_contact_subject()) return OnwardRule::do_not_contact;
    if (marks.pap() > pap_green) return OnwardRule::pap_forbids_contact;
  }
  if (use.kind == OnwardKind::notify_platform) {
    if (use.today < marks.do_not_notify_platform_until()) return OnwardRule::platform_embargo;
    if (marks.pap() > pap_green) return OnwardRule::pap_forbids_platform;
  }
  return OnwardRule::allowed;
}

OnwardRule originator_rule(const v1::Marks& marks, const OnwardUse& use) {
  if (marks.handling() == 3) return OnwardRule::h3_restricted;
  // H2 forbids to pass on; a court hears what is passed on to it.
  const bool judicial = use.kind == OnwardKind::judicial_use;
  if (judicial && marks.handling() >= 1) return OnwardRule::h1_judicial;
  if (leaves_the_authority(use) && marks.handling() >= 2) return OnwardRule::h2_dissemination;
  if (!tlp_allows(marks, use)) return OnwardRule::tlp_forbids_recipient;
  if (use.purpose != marks.purpose()) return OnwardRule::purpose_bound;
  return OnwardRule::allowed;
}

bool is_consented(const OnwardUse& use, std::span<const Consent> consents) {
  return std::ranges::any_of(consents, [&](const Consent& consent) {
    return consent.recipient == use.recipient && consent.purpose == use.purpose;
  });
}

}  // namespace

OnwardRule decide_onward(const v1::Marks& marks, const OnwardUse& use,
                         std::span<const Consent> consents) {
  const OnwardRule safety = safety_rule(marks, use);
  if (safety != OnwardRule::allowed) return safety;
  const OnwardRule originator = originator_rule(marks, use);
  if (originator != OnwardRule::allowed && is_consented(use, consents)) return OnwardRule::allowed;
  return originator;
}

bool consent_can_lift(OnwardRule rule) {
  switch (rule) {
    case OnwardRule::h3_restricted:
    case OnwardRule::h1_judicial:
    case OnwardRule::h2_dissemination:
    case OnwardRule::tlp_forbids_recipient:
    case OnwardRule::purpose_bound:
      return true;
    case OnwardRule::allowed:
    case OnwardRule::against_victim:
    case OnwardRule::do_not_contact:
    case OnwardRule::pap_forbids_contact:
    case OnwardRule::platform_embargo:
    case OnwardRule::pap_forbids_platform:
      return false;
  }
  return false;
}

std::string_view name_of(OnwardRule rule) {
  switch (rule) {
    case OnwardRule::allowed:
      return "allowed";
    case OnwardRule::against_victim:
      return "not-against-victim";
    case OnwardRule::do_not_contact:
      return "do-not-contact-subject";
    case OnwardRule::pap_forbids_contact:
      return "pap-contact";
    case OnwardRule::platform_embargo:
      return "do-not-notify-platform";
    case OnwardRule::pap_forbids_platform:
      return "pap-platform";
    case OnwardRule::h3_restricted:
      return "h3-restricted";
    case OnwardRule::h1_judicial:
      return "h1-judicial";
    case OnwardRule::h2_dissemination:
      return "h2-dissemination";
    case OnwardRule::tlp_forbids_recipient:
      return "tlp-recipient";
    case OnwardRule::purpose_bound:
      return "purpose-bound";
  }
  return "unknown";
}

std::string_view explain(OnwardRule rule) {
  switch (rule) {
    case OnwardRule::allowed:
      return "its marks allow this use";
    case OnwardRule::against_victim:
      return "what concerns a possible victim is never used against that person";
    case OnwardRule::do_not_contact:
      return "the sender asks not to contact the subject";
    case OnwardRule::pap_forbids_contact:
      return "its PAP allows no action that the subject may notice";
    case OnwardRule::platform_embargo:
      return "the sender asks not to notify the platform before a date that has not come";
    case OnwardRule::pap_forbids_platform:
      return "its PAP does not allow the platform to learn of it";
    case OnwardRule::h3_restricted:
      return "H3: the sender restricts its use in words; ask for consent";
    case OnwardRule::h1_judicial:
      return "H1: not to be used in court without the sender's permission";
    case OnwardRule::h2_dissemination:
      return "H2: not to be passed on without the sender's permission";
    case OnwardRule::tlp_forbids_recipient:
      return "its TLP does not allow this recipient without the sender's permission";
    case OnwardRule::purpose_bound:
      return "it may be used for the purpose it was given for; another needs the sender's "
             "permission";
  }
  return "unknown";
}

}  // namespace bakhita
