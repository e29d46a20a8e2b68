// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bakhita/v1/community.pb.h"
#include "protocol/bytes.h"
#include "protocol/policy/recall.h"

/// What can be asked of the policy, as plain data: everything that a rule may look at, the time
/// too. What is not filled in is what refuses.
namespace bakhita::policy {

/// The numbers stand in audit trails and never change.
enum class Act : std::uint8_t {
  none = 0,
  publication = 1,    ///< this node adds to its own feed: who approves, how much
  release = 2,        ///< one identifier becomes an indicator in that feed
  lookup_ask = 3,     ///< `to` asks `from`, the origin, blindly
  lookup_answer = 4,  ///< `from`, the origin, evaluates for `to`
  relay = 5,          ///< `via` hands the feed of `from` to `to`; both ends ask
  letter_send = 6,    ///< a letter goes from `from` to `to`; both ends ask
  letter_onward = 7,  ///< `to` uses the content of a letter of `from`
  file_export = 8,    ///< something of `from` leaves the node as a file, by `to`'s operator
  advisory = 9,       ///< a text that every member reads goes into this node's own feed
};

/// H0–H3, TLP 2.0 and PAP as in LockSummary, and what travels with a letter.
struct Marks {
  std::uint32_t handling = 4;  ///< 0..3
  std::uint32_t tlp = 0;       ///< 1..5
  std::uint32_t pap = 0;       ///< 1..4
  bool do_not_contact_subject = false;
  std::uint32_t do_not_notify_platform_until = 0;  ///< days since 1970-01-01; 0: no such mark
  std::string purpose{};                           ///< that it was given for
};

/// What is known of an identifier over all reports that name it, at the strictest.
struct Facts {
  std::uint32_t type = 0;        ///< as in IdentifierType
  bool releasable_role = false;  ///< some report names it on the suspect's side
  bool shielded_role = false;    ///< some report names it as victim's, witness's, reporter's or
                                 ///< helpline's
  bool benign = false;
  RecallKind recalled = RecallKind::none;  ///< a person took it back
  bool open = false;  ///< its indicator is to be readable by members, not only by who holds it
  std::uint32_t roles = 0;  ///< on the suspect's side that reports name it in: bit v1::SubjectRole
};

enum class LetterPart : std::uint8_t {
  none = 0,
  notice = 1,   ///< carries no content: an acknowledgement, a receipt
  content = 2,  ///< marked
  chunk = 3,    ///< a piece of a file
};

enum class OnwardUse : std::uint8_t {
  none = 0,
  judicial_use = 1,     ///< in court
  disseminate = 2,      ///< to another authority or country
  other_purpose = 3,    ///< at home, for another purpose than the mark's
  contact_subject = 4,  ///< any action that the subject may notice
  notify_platform = 5,  ///< the provider learns of it
  against_victim = 6,   ///< penal or immigration measures against a possible victim
};

/// A purpose code of a lookup, in bytes.
inline constexpr std::size_t lookup_purpose_max = 64;

/// What the originator of a letter agreed to.
struct Consent {
  std::string recipient;
  std::string purpose;
  std::uint64_t valid_until = 0;  ///< Unix seconds
};
inline constexpr std::size_t consents_max = 32;

enum class FileKind : std::uint8_t {
  none = 0,
  card = 1,      ///< who a node is: made to be handed out
  evidence = 2,  ///< two signed checkpoints that convict an origin
  feed = 3,      ///< locks, headers, signatures of `from`
  reports = 4,   ///< in plain
};

struct Question {
  Act act = Act::none;
  std::uint64_t now = 0;  ///< Unix seconds

  NodeId from;  ///< whose content it is
  NodeId via;   ///< relay: who hands it on
  NodeId to;    ///< who would get it
  /// Signed a charter of the community and did not leave since.
  bool from_accepts = false, via_accepts = false, to_accepts = false;
  /// The other node of the session is verified or vouched for, and not suspended; the origin, too.
  bool peer_is_trusted = false, origin_is_trusted = false;
  std::uint8_t persons = 0, persons_needed = 255;  ///< who approve it, and how many must

  Facts facts{};          ///< release, lookup_ask
  Marks marks{};          ///< release, letters: the strictest
  std::string purpose{};  ///< that it is wanted for
  bool has_case = false;  ///< lookup_ask: an officer asks in a case, not the schedule

  std::uint64_t live_locks = ~0ull;    ///< publication: there would be so many
  std::uint32_t retention_days = ~0u;  ///< release: it would live so long
  std::uint32_t key_epoch = 0;         ///< lookup_answer: that is asked about
  std::uint64_t quota_wait = ~0ull;    ///< lookup_answer: seconds until the quota grants it

  LetterPart part = LetterPart::none;
  OnwardUse use = OnwardUse::none;
  std::string recipient{};  ///< letter_onward: country or authority
  std::vector<Consent> consents{};

  FileKind file = FileKind::none;
  bool has_reason = false;  ///< file_export: an operator said why
};

/// The community as the asking node sees it. The charter is the one in effect there: the newest, as
/// far as it accepted it. Without a charter nothing of a community's is allowed.
struct Terms {
  const v1::Charter* charter = nullptr;
  bool frozen = false;  ///< two charters of one epoch are in force
};

}  // namespace bakhita::policy
