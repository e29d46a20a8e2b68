// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bakhita/v1/letter.pb.h"

/// What may be done with the content of a letter, beyond reading it: H0–H3, TLP 2.0, PAP, purpose,
/// originator control, and protection of the subject (vocabulary 3.8, 4.1, 4.2). Pure, total,
/// default no; the strictest mark wins.
namespace bakhita {

enum class OnwardKind : std::uint8_t {
  judicial_use,     ///< in court
  disseminate,      ///< to another authority or country
  other_purpose,    ///< at home, for another purpose than the mark's
  contact_subject,  ///< any action that the subject may notice
  notify_platform,  ///< the provider learns of it
  against_victim,   ///< penal or immigration measures against a possible victim
};

struct OnwardUse {
  OnwardKind kind = OnwardKind::disseminate;
  std::string recipient;             ///< for disseminate: country or authority
  bool recipient_is_member = false;  ///< of the community that the letter travels in
  std::string purpose;
  std::uint32_t today = 0;  ///< days since 1970-01-01
};

/// A consent of the originator that is in force.
struct Consent {
  std::string recipient;
  std::string purpose;
  std::uint64_t valid_until = 0;  ///< Unix seconds
};

enum class OnwardRule : std::uint8_t {
  allowed,
  against_victim,  ///< never, whoever consents
  do_not_contact,  ///< the sender's flag
  pap_forbids_contact,
  platform_embargo,  ///< until a date
  pap_forbids_platform,
  h3_restricted,
  h1_judicial,
  h2_dissemination,
  tlp_forbids_recipient,
  purpose_bound,
};

/// allowed, or the first rule that forbids it. `consents` are those in force at the time of use; a
/// consent lifts the rules of handling, TLP and purpose for its recipient and purpose, and no
/// other.
OnwardRule decide_onward(const v1::Marks& marks, const OnwardUse& use,
                         std::span<const Consent> consents);
/// A stable name for scripts, a sentence for people, and who can change the answer.
std::string_view name_of(OnwardRule rule);
std::string_view explain(OnwardRule rule);
bool consent_can_lift(OnwardRule rule);

}  // namespace bakhita
