// SPDX-License-Identifier: EUPL-1.2
#include "protocol/policy/rules.h"

#include <algorithm>
#include <array>

#include "bakhita/v1/report.pb.h"
#include "protocol/community/terms.h"
#include "protocol/identifier/identifier.h"

namespace bakhita::policy {
namespace {

constexpr std::uint64_t seconds_per_day = 86'400;
constexpr std::uint32_t tlp_clear = 1, tlp_green = 2, pap_green = 2;
/// Roles on the suspect's side that this version knows.
constexpr std::uint32_t known_roles =
    ((2u << v1::SUBJECT_ROLE_UNKNOWN) - 1) & ~(1u << v1::SUBJECT_ROLE_UNSPECIFIED);

constexpr std::uint32_t bits(auto... acts) { return ((1u << static_cast<unsigned>(acts)) | ...); }
constexpr std::uint32_t identifiers = bits(Act::release, Act::lookup_ask);
constexpr std::uint32_t lookups = bits(Act::lookup_ask, Act::lookup_answer);
constexpr std::uint32_t between = lookups | bits(Act::relay, Act::letter_send);
constexpr std::uint32_t own_feed = bits(Act::publication, Act::advisory);
constexpr std::uint32_t onward = bits(Act::letter_onward);

template <class List>
bool allows(const List& list, const auto& value) {
  return list.empty() || std::ranges::find(list, value) != list.end();
}

/// An own feed, a card or a proof needs no charter to be written to a file; another's feed does.
bool is_another_ones_feed(const Question& q) { return q.file == FileKind::feed && q.from != q.to; }
bool is_without_community(const Question& q) {
  return q.act == Act::file_export && !is_another_ones_feed(q);
}
bool goes_home(const Question& q) { return q.act == Act::relay && q.to == q.from; }

// ---- identifiers

bool is_shielded(const Question& q, const Terms&) { return q.facts.shielded_role; }
bool is_recalled(const Question& q, const Terms&) { return q.facts.recalled != RecallKind::none; }
bool is_benign(const Question& q, const Terms&) { return q.facts.benign && !q.has_case; }
bool is_unnamed(const Question& q, const Terms&) { return !q.facts.releasable_role && !q.has_case; }
bool is_type_forbidden(const Question& q, const Terms& t) {
  return t.charter == nullptr || !allows(t.charter->identifier_types(), q.facts.type);
}
/// What says where a site is, is no person's number.
bool is_about_persons(const Question& q, const Terms&) {
  const auto type = identifier_type(static_cast<int>(q.facts.type));
  return q.facts.open && !(type && is_infrastructure(*type));
}
bool is_role_forbidden(const Question& q, const Terms& t) {
  if (t.charter == nullptr) return true;
  for (std::uint32_t role = 0; role < 32; ++role)
    if ((q.facts.roles & (1u << role)) != 0 && !allows(t.charter->subject_roles(), role))
      return true;
  return false;
}
bool lives_too_long(const Question& q, const Terms& t) {
  return t.charter == nullptr || q.retention_days > t.charter->retention_days();
}

// ---- codes and marks

bool has_unknown_code(const Question& q, const Terms&) {
  switch (q.act) {
    case Act::release:
      return !identifier_type(static_cast<int>(q.facts.type)) ||
             (q.facts.roles & ~known_roles) != 0;
    case Act::lookup_ask:
      return !identifier_type(static_cast<int>(q.facts.type));
    case Act::letter_send:
      return q.part < LetterPart::notice || q.part > LetterPart::chunk;
    case Act::letter_onward:
      return q.use < OnwardUse::judicial_use || q.use > OnwardUse::against_victim;
    case Act::file_export:
      return q.file < FileKind::card || q.file > FileKind::reports;
    case Act::none:
    case Act::publication:
    case Act::advisory:
    case Act::lookup_answer:
    case Act::relay:
      return false;
  }
  return true;
}
bool has_unknown_mark(const Question& q, const Terms&) {
  if (q.act == Act::letter_send && q.part != LetterPart::content) return false;
  const Marks& m = q.marks;
  return m.handling > 3 || m.tlp < 1 || m.tlp > 5 || m.pap < 1 || m.pap > 4;
}
bool is_tlp_too_high(const Question& q, const Terms& t) {
  if (q.act == Act::letter_send && q.part != LetterPart::content) return false;
  return t.charter == nullptr || q.marks.tlp > t.charter->highest_tlp();
}

// ---- parties

/// What goes into the own feed is for all members: no other is looked at.
bool is_to_all(const Question& q) { return q.act == Act::publication || q.act == Act::advisory; }

bool lacks_persons(const Question& q, const Terms&) { return q.persons < q.persons_needed; }
bool is_frozen(const Question& q, const Terms& t) { return t.frozen && !is_without_community(q); }
bool are_not_members(const Question& q, const Terms& t) {
  if (is_without_community(q)) return false;
  if (t.charter == nullptr) return true;
  // Terms that have nothing in common name nobody. Of a frozen community nothing is taken back.
  if (q.act == Act::release) return t.charter->members().empty() && !t.frozen;
  const auto is_member = [&](const NodeId& node) { return names_member(*t.charter, node); };
  if (!is_member(q.from)) return true;
  if (is_to_all(q)) return false;
  return !is_member(q.to) || (q.act == Act::relay && !is_member(q.via));
}
bool have_not_accepted(const Question& q, const Terms&) {
  if (is_without_community(q)) return false;
  if (!q.from_accepts) return true;
  if (is_to_all(q)) return false;
  return !q.to_accepts || (q.act == Act::relay && !q.via_accepts);
}
bool are_not_trusted(const Question& q, const Terms&) {
  return !q.peer_is_trusted || (q.act == Act::relay && !q.origin_is_trusted);
}
bool is_purpose_forbidden(const Question& q, const Terms& t) {
  if (q.act == Act::letter_send && q.part != LetterPart::content) return false;
  return t.charter == nullptr || !allows(t.charter->purposes(), q.purpose);
}

/// A feed flows from its origin to whoever holds it, and only between nodes that share something.
/// It always may go home to its origin, who may have lost it.
bool lacks_basis_for_relay(const Question& q, const v1::Charter& charter) {
  if (!may_flow(charter, q.via, q.to) && !may_flow(charter, q.to, q.via)) return true;
  const auto may_hold = [&](const NodeId& node) {
    return node == q.from || may_flow(charter, q.from, node);
  };
  return !goes_home(q) && (!may_hold(q.via) || !may_hold(q.to));
}
/// What carries no content goes back under the basis of the other direction, so that a
/// correspondence can be acknowledged and ended.
bool lacks_basis_for_letter(const Question& q, const v1::Charter& charter) {
  if (q.part == LetterPart::content) return !may_flow(charter, q.from, q.to, q.purpose);
  if (may_flow(charter, q.from, q.to)) return false;
  return q.part != LetterPart::notice || !may_flow(charter, q.to, q.from);
}
bool lacks_basis(const Question& q, const Terms& t) {
  if (is_without_community(q)) return false;
  if (t.charter == nullptr) return true;
  if (q.act == Act::relay) return lacks_basis_for_relay(q, *t.charter);
  if (q.act == Act::letter_send) return lacks_basis_for_letter(q, *t.charter);
  if (q.act == Act::file_export) return !may_flow(*t.charter, q.from, q.to);
  return !may_flow(*t.charter, q.from, q.to, q.purpose);
}

/// The key epoch in force, or the one before it while its overlap lasts.
bool are_keys_over(const Question& q, const Terms& t) {
  if (t.charter == nullptr) return true;
  const std::uint32_t newest = t.charter->key_epoch();
  if (q.key_epoch == newest) return false;
  return q.key_epoch + 1 != newest || q.now / seconds_per_day > t.charter->former_keys_until_day();
}
bool are_too_many_live(const Question& q, const Terms& t) {
  return t.charter == nullptr || q.live_locks > t.charter->live_locks_per_origin();
}
bool is_quota_exhausted(const Question& q, const Terms&) { return q.quota_wait > 0; }
bool lacks_reason(const Question& q, const Terms&) {
  return q.file == FileKind::reports && !q.has_reason;
}

// ---- onward use: first what no consent lifts

bool is_against_victim(const Question& q, const Terms&) {
  return q.use == OnwardUse::against_victim;
}
bool must_not_contact(const Question& q, const Terms&) {
  return q.use == OnwardUse::contact_subject && q.marks.do_not_contact_subject;
}
bool pap_forbids_contact(const Question& q, const Terms&) {
  return q.use == OnwardUse::contact_subject && q.marks.pap > pap_green;
}
bool is_embargoed(const Question& q, const Terms&) {
  return q.use == OnwardUse::notify_platform &&
         q.now / seconds_per_day < q.marks.do_not_notify_platform_until;
}
bool pap_forbids_platform(const Question& q, const Terms&) {
  return q.use == OnwardUse::notify_platform && q.marks.pap > pap_green;
}

bool is_consented(const Question& q) {
  return std::ranges::any_of(q.consents, [&](const Consent& consent) {
    return consent.recipient == q.recipient && consent.purpose == q.purpose &&
           consent.valid_until > q.now;
  });
}
bool is_restricted(const Question& q, const Terms&) {
  return q.marks.handling == 3 && !is_consented(q);
}
/// H2 forbids to pass on; a court hears what is passed on to it.
bool is_kept_from_court(const Question& q, const Terms&) {
  return q.use == OnwardUse::judicial_use && q.marks.handling >= 1 && !is_consented(q);
}
bool is_kept_from_others(const Question& q, const Terms&) {
  return q.use == OnwardUse::disseminate && q.marks.handling >= 2 && !is_consented(q);
}
bool tlp_forbids_recipient(const Question& q, const Terms& t) {
  if (q.use != OnwardUse::disseminate || q.marks.tlp == tlp_clear || is_consented(q)) return false;
  const bool is_member =
      t.charter != nullptr && std::ranges::find(t.charter->members(), q.recipient,
                                                &v1::Member::country) != t.charter->members().end();
  return q.marks.tlp != tlp_green || !is_member;
}
bool is_another_purpose(const Question& q, const Terms&) {
  return q.purpose != q.marks.purpose && !is_consented(q);
}

// ---- the table

constexpr std::string_view by_members = "the members, with the next charter";
constexpr std::string_view by_reports = "whoever keeps the report, with its marks or roles";
constexpr std::string_view by_originator = "the sender of the letter, with a consent";
constexpr std::string_view by_sender = "the sender of the letter, with another letter";
constexpr std::string_view by_nobody = "nobody";
constexpr std::string_view by_newer_version = "a newer version of this software, if it knows it";

const std::array table{
    // Asked before all others: none of them could judge it.
    Rule{RuleId::unknown_act, "unknown-act", "this version does not know what is to be done",
         "default no", by_newer_version, About::parties, 0, nullptr},
    Rule{RuleId::shielded_role, "shielded-role",
         "a report names it as a victim's, witness's, reporter's or helpline's: it never leaves",
         "Directive 2012/29/EU art. 21; CoE Convention 197 art. 11", by_reports, About::content,
         identifiers | bits(Act::advisory), is_shielded},
    Rule{RuleId::recalled, "recalled",
         "it was taken back (`recall list`), and its time has not come",
         "Directive (EU) 2016/680 art. 16", "whoever took it back, or time", About::content,
         bits(Act::release), is_recalled},
    Rule{RuleId::benign, "benign",
         "a platform's own, a helpline's or a verified recruiter's value: it never leaves",
         "list of benign values", "whoever keeps the list of benign values", About::content,
         identifiers, is_benign},
    Rule{RuleId::no_sighting, "no-sighting", "no report names it any more",
         "Directive (EU) 2016/680 art. 4(1)(e)", by_reports, About::content, identifiers,
         is_unnamed},
    Rule{RuleId::unknown_code, "unknown-code",
         "a type, role, kind of letter, use or file that this version does not know", "default no",
         by_newer_version, About::content,
         identifiers | onward | bits(Act::letter_send, Act::file_export), has_unknown_code},
    Rule{RuleId::unknown_mark, "unknown-mark",
         "its handling code, TLP or PAP is missing or none that this version knows", "default no",
         "whoever marked it", About::content,
         onward | bits(Act::release, Act::letter_send, Act::advisory), has_unknown_mark},
    Rule{RuleId::second_person, "second-person",
         "it needs two persons: its author cannot approve it",
         "this node's setting publishing.approvals",
         "another person than its author: --approver, request send", About::parties,
         own_feed | bits(Act::letter_send), lacks_persons},
    Rule{RuleId::community_frozen, "community-frozen",
         "two charters of one epoch are in force: nothing is exchanged until the members agree",
         "charter", "the members, with `bakhita community settle`", About::parties,
         between | own_feed | bits(Act::file_export), is_frozen},
    Rule{RuleId::not_members, "not-members", "the charter does not name both nodes as members",
         "charter: members", by_members, About::parties,
         between | own_feed | bits(Act::release, Act::file_export), are_not_members},
    Rule{RuleId::not_accepted, "not-accepted", "one of the nodes has not accepted the charter",
         "charter: acceptances", "the node that has not, with `bakhita community sign`",
         About::parties, between | own_feed | bits(Act::file_export), have_not_accepted},
    Rule{RuleId::not_trusted, "not-trusted",
         "this node's operators suspended it, or neither they nor a charter vouch for it",
         "this node's peers", "this node's operators, with `bakhita peer verify` or `resume`",
         About::parties, between, are_not_trusted},
    Rule{RuleId::purpose_not_in_charter, "purpose-not-in-charter",
         "the charter does not allow this purpose",
         "charter: purposes; Directive (EU) 2016/680 art. 4(1)(b)", by_members, About::parties,
         lookups | bits(Act::letter_send), is_purpose_forbidden},
    Rule{RuleId::no_legal_basis, "no-legal-basis",
         "the charter names no legal basis for it from the one to the other",
         "charter: legal bases; Directive (EU) 2016/680 art. 8", by_members, About::parties,
         between | bits(Act::file_export), lacks_basis},
    Rule{RuleId::former_keys_over, "former-keys-over",
         "it asks under keys that are not answered any more", "charter: former_keys_until_day",
         by_members, About::parties, bits(Act::lookup_answer), are_keys_over},
    Rule{RuleId::tlp_over_charter, "tlp-over-charter",
         "its strictest TLP is above the highest that the community's charter allows",
         "charter: highest_tlp; TLP 2.0", by_members, About::content,
         bits(Act::release, Act::letter_send, Act::advisory), is_tlp_too_high},
    Rule{RuleId::type_not_in_charter, "type-not-in-charter",
         "the community's charter does not allow this type", "charter: identifier_types",
         by_members, About::content, bits(Act::release), is_type_forbidden},
    Rule{RuleId::not_infrastructure, "not-infrastructure",
         "only sites and machines (domain, url, ip_address) are published readable by members",
         "Directive (EU) 2016/680 art. 4(1)(c)", by_nobody, About::content, bits(Act::release),
         is_about_persons},
    Rule{RuleId::role_not_in_charter, "role-not-in-charter",
         "a report names it in a role that the community's charter does not allow",
         "charter: subject_roles", by_members, About::content, bits(Act::release),
         is_role_forbidden},
    Rule{RuleId::retention_over_charter, "retention-over-charter",
         "it would live longer than the community's charter allows", "charter: retention_days",
         by_members, About::content, bits(Act::release, Act::advisory), lives_too_long},
    Rule{RuleId::live_locks_over_charter, "live-locks-over-charter",
         "one origin would have more live indicators than the charter allows",
         "charter: live_locks_per_origin", by_members, About::parties, bits(Act::publication),
         are_too_many_live},
    Rule{RuleId::quota_exhausted, "quota-exhausted", "the quota of the peer or of all is used up",
         "charter: quotas; this node's settings quotas", "time; the members or this node",
         About::parties, bits(Act::lookup_answer), is_quota_exhausted},
    Rule{RuleId::not_against_victim, "not-against-victim",
         "what concerns a possible victim is never used against that person",
         "CoE Convention 197 art. 26; Directive 2011/36/EU art. 8", by_nobody, About::content,
         onward, is_against_victim},
    Rule{RuleId::do_not_contact_subject, "do-not-contact-subject",
         "the sender asks not to contact the subject", "the letter's marks", by_sender,
         About::content, onward, must_not_contact},
    Rule{RuleId::pap_contact, "pap-contact", "its PAP allows no action that the subject may notice",
         "PAP", by_sender, About::content, onward, pap_forbids_contact},
    Rule{RuleId::do_not_notify_platform, "do-not-notify-platform",
         "the sender asks not to notify the platform before a date that has not come",
         "the letter's marks", "time, or the sender with another letter", About::content, onward,
         is_embargoed},
    Rule{RuleId::pap_platform, "pap-platform", "its PAP does not allow the platform to learn of it",
         "PAP", by_sender, About::content, onward, pap_forbids_platform},
    Rule{RuleId::h3_restricted, "h3-restricted",
         "H3: the sender restricts its use in words; ask for consent", "handling codes H0-H3",
         by_originator, About::content, onward, is_restricted},
    Rule{RuleId::h1_judicial, "h1-judicial",
         "H1: not to be used in court without the sender's permission", "handling codes H0-H3",
         by_originator, About::content, onward, is_kept_from_court},
    Rule{RuleId::h2_dissemination, "h2-dissemination",
         "H2: not to be passed on without the sender's permission", "handling codes H0-H3",
         by_originator, About::content, onward, is_kept_from_others},
    Rule{RuleId::tlp_recipient, "tlp-recipient",
         "its TLP does not allow this recipient without the sender's permission", "TLP 2.0",
         by_originator, About::content, onward, tlp_forbids_recipient},
    Rule{RuleId::purpose_bound, "purpose-bound",
         "it may be used for the purpose it was given for; another needs the sender's permission",
         "Directive (EU) 2016/680 art. 4(1)(b); Egmont Principles 2013", by_originator,
         About::content, onward, is_another_purpose},
    Rule{RuleId::no_reason, "no-reason", "reports leave in plain: say why, with --reason",
         "Directive (EU) 2016/680 art. 25", "the operator, by giving one", About::parties,
         bits(Act::file_export), lacks_reason},
};

const Rule nothing_refuses{
    RuleId::allowed, "allowed", "no rule forbids it", "", "", About::parties, 0, nullptr};

constexpr std::array<std::string_view, 10> act_names{
    "none",  "publication", "release",       "lookup-ask",  "lookup-answer",
    "relay", "letter-send", "letter-onward", "file-export", "advisory"};

}  // namespace

std::span<const Rule> rules() { return table; }

const Rule& rule_of(RuleId id) {
  if (id == RuleId::allowed) return nothing_refuses;
  const auto found = std::ranges::find(table, id, &Rule::id);
  return found == table.end() ? table.front() : *found;
}

std::string_view name_of(RuleId id) { return rule_of(id).name; }

std::string_view name_of(Act act) {
  const auto place = static_cast<std::size_t>(act);
  return place < act_names.size() ? act_names[place] : act_names[0];
}

bool is_known(Act act) { return act > Act::none && act <= Act::advisory; }

bool consent_can_lift(RuleId id) { return rule_of(id).changed_by == by_originator; }

}  // namespace bakhita::policy
