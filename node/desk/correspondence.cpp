// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/correspondence.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "node/desk/consents.h"
#include "node/desk/deciding.h"
#include "node/desk/matches.h"
#include "node/desk/names.h"
#include "node/desk/requested.h"
#include "node/desk/threads.h"
#include "protocol/community/terms.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

/// Throws LetterRefused, of the rule "no-…" that is named, when nothing or more than one is meant.
LetterId only(const store::Named& named, const std::string& rule, const std::string& what) {
  if (named.is_ambiguous)
    throw LetterRefused("not-unique", "more than one " + what + " begins with that id");
  if (!named.id) throw LetterRefused(rule, "there is no " + what + " of that id");
  return to_array<16>(*named.id).value();
}

LetterId thread_named(const Desk& desk, const std::string& beginning) {
  return only(desk.letters.thread_named(beginning), "no-correspondence", "correspondence");
}

v1::Letter letter_named(const Desk& desk, const std::string& beginning) {
  const LetterId id = only(desk.letters.letter_named(beginning), "no-letter", "letter");
  return letter_in(desk.letters.letter(id).value());
}

/// The rule of the policy that stands in the way, and what to do about it.
LetterRefused no_community_with(const Desk& desk, const NodeId& peer, const std::string& name) {
  const std::string country = country_of(desk, peer);
  for (const store::Community& community : desk.members.communities()) {
    const std::string& its_name = community.newest.name();
    if ((!name.empty() && its_name != name) || !names_member(community.newest, peer) ||
        !names_member(community.newest, desk.self))
      continue;
    if (!community.accepted_by(desk.self))
      return {"not-accepted", "this node has not accepted the charter of " + its_name +
                                  "; next: `bakhita community sign " + its_name + "`"};
    if (!community.accepted_by(peer))
      return {"not-accepted", country + " has not accepted the charter of " + its_name +
                                  ", or word of it has not come yet; `bakhita community show " +
                                  its_name + "` says when it has"};
    if (!community.may_flow(desk.self, peer) && !community.may_flow(peer, desk.self))
      return {"no-legal-basis",
              "the charter of " + its_name + " names no legal basis with " + country};
    return {"not-trusted", country + " is suspended or not verified here; see `bakhita peer list`"};
  }
  return {"not-members", name.empty()
                             ? "this node and " + country + " are in no community together"
                             : "this node and " + country + " are not both in a community " + name};
}

CommunityId community_with(const Desk& desk, const NodeId& peer, const std::string& name) {
  std::optional<CommunityId> found;
  for (const store::Community& community : desk.members.shared_with(desk.self, peer)) {
    if (!name.empty() && community.charter.name() != name) continue;
    if (found)
      throw LetterRefused("several-communities",
                          "both nodes are in several communities; say which with --community");
    found = community.id;
  }
  if (!found) throw no_community_with(desk, peer, name);
  return *found;
}

v1::AnswerClass class_for(v1::Urgency urgency) {
  switch (urgency) {
    case v1::URGENCY_LIFE_AT_RISK:
      return v1::ANSWER_CLASS_LIFE_AT_RISK;
    case v1::URGENCY_URGENT:
      return v1::ANSWER_CLASS_URGENT_OBTAINABLE;
    case v1::URGENCY_ROUTINE:
    case v1::URGENCY_UNSPECIFIED:
    case v1::Urgency_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Urgency_INT_MAX_SENTINEL_DO_NOT_USE_:
      return v1::ANSWER_CLASS_ORDINARY;
  }
  return v1::ANSWER_CLASS_ORDINARY;
}

/// The first purpose that a legal basis for writing to the peer allows, and that basis.
void set_basis(v1::Marks& marks, const v1::Charter& charter, const NodeId& self,
               const NodeId& peer) {
  marks.set_legal_basis("charter of " + charter.name() + ", epoch " +
                        std::to_string(charter.epoch()));
  for (const v1::LegalBasis& basis : bases_between(charter, self, peer)) {
    const auto& purposes = basis.purposes().empty() ? charter.purposes() : basis.purposes();
    const auto purpose = std::ranges::find_if(
        purposes, [&](const std::string& code) { return may_flow(charter, self, peer, code); });
    if (purpose == purposes.end() && !purposes.empty()) continue;
    if (purpose != purposes.end()) marks.set_purpose(*purpose);
    const std::string named = basis.basis() + " (" + marks.legal_basis() + ")";
    if (named.size() <= letter_word_max) marks.set_legal_basis(named);
    return;
  }
}

/// What the asked desk should know that others say of its indicator.
std::string disputed_by(const admin::v1::MatchView& match) {
  std::string out;
  for (const admin::v1::DisputeView& dispute : match.disputes())
    out += " Disputed by " + dispute.country() + " (" + dispute.ground() + ").";
  return out;
}

/// A request about a match: the strictest safe marks, and what both sides know already.
v1::Letter proposal(const Desk& desk, const admin::v1::MatchView& match,
                    const store::Community& community, const NodeId& peer) {
  v1::Letter out;
  v1::Marks* marks = out.mutable_marks();
  marks->set_handling(std::min(2u, match.summary().handling()));
  marks->set_tlp(std::min(std::max(3u, match.summary().tlp()), community.charter.highest_tlp()));
  marks->set_pap(4);  // alerting a subject or a platform can endanger a victim
  marks->set_do_not_contact_subject(true);
  marks->set_not_against_victim(true);
  set_basis(*marks, community.charter, desk.self, peer);
  v1::InformationRequest* request = out.mutable_request();
  request->set_indicator(match.summary().ref());
  request->set_answer_class(class_for(match.summary().urgency()));
  request->set_facts("Both authorities hold the same " + match.type() + " in " +
                     std::to_string(std::max(1, match.report_ids_size())) + " report(s) here and " +
                     std::to_string(match.summary().sightings()) + " sighting(s) there.");
  std::string exploitation;
  for (const std::string& code : match.exploitation())
    exploitation += (exploitation.empty() ? "" : ", ") + code;
  request->set_context("Suspected trafficking in persons" +
                       (exploitation.empty() ? "" : ": " + exploitation) + ". Blind match of " +
                       match.found_at() + "." + disputed_by(match));
  request->set_reasons("To learn whether the cases are connected.");
  request->set_intended_use("Intelligence in the case at hand; no onward use without consent.");
  request->set_language("en");
  return out;
}

/// The newest letter that the other side wrote: what an answer answers.
v1::Letter newest_of_peer(const Desk& desk, const LetterId& thread) {
  const auto letters = desk.letters.letters_of(thread);
  for (auto kept = letters.rbegin(); kept != letters.rend(); ++kept)
    if (!kept->ours()) return letter_in(*kept);
  if (letters.empty()) throw LetterRefused("no-letter", "the correspondence has no letter");
  return letter_in(letters.front());
}

/// The letter that a new one in the thread answers.
v1::Letter answered_by(const Desk& desk, const LetterId& thread,
                       const admin::v1::LetterWrite& request) {
  if (request.content().has_consent_decision())
    return consent_request_named(desk, thread, request.consent_request());
  if (request.content().has_consent_withdrawal() && request.content().in_reply_to().empty())
    return own_decision_named(desk, thread, request.consent_decision());
  return newest_of_peer(desk, thread);
}

struct Prepared {
  v1::Letter letter;
  Address to;
  std::string match{};  ///< id of the match that a new request is about
};

Prepared answer_in(const Desk& desk, const admin::v1::LetterWrite& request) {
  const LetterId thread = thread_named(desk, request.thread());
  const storage::v1::Thread row = desk.letters.thread(thread).value();
  const v1::Letter answered = answered_by(desk, thread, request);
  Prepared out{{}, {peer_of(row), CommunityId{to_array<16>(as_bytes(row.community())).value()}}};
  if (answered.has_marks())
    *out.letter.mutable_marks() = answered.marks();
  else
    *out.letter.mutable_marks() = letter_in(desk.letters.letters_of(thread).front()).marks();
  out.letter.set_in_reply_to(answered.id());
  if (request.content().has_consent_request() &&
      request.content().consent_request().letter().empty())
    out.letter.mutable_consent_request()->set_letter(
        letter_of(desk, thread, request.consent_letter()).id());
  return out;
}

Prepared about_match(const Desk& desk, const admin::v1::LetterWrite& request) {
  const auto match = find_match(desk, request.match());
  if (!match) throw LetterRefused("no-match", "there is no such match, or its id is not unique");
  const NodeId peer{
      to_array<32>(from_hex(match->node()).value_or(Bytes())).value_or(ByteArray<32>{})};
  const CommunityId id{
      to_array<16>(from_hex(match->community()).value_or(Bytes())).value_or(ByteArray<16>{})};
  const auto community = desk.members.community(id);
  if (!community) throw LetterRefused("not-members", "the match's community is no longer known");
  return {proposal(desk, *match, *community, peer), {peer, id}, match->id()};
}

Prepared to_peer(const Desk& desk, const admin::v1::LetterWrite& request) {
  const auto peer = desk.members.peer(request.peer());
  if (!peer) throw LetterRefused("no-peer", "there is no peer of that name");
  return {{}, {peer->node, community_with(desk, peer->node, request.community())}};
}

Prepared prepare(const Desk& desk, const admin::v1::LetterWrite& request) {
  if (!request.thread().empty()) return answer_in(desk, request);
  if (!request.match().empty()) return about_match(desk, request);
  return to_peer(desk, request);
}

admin::v1::ThreadView view_of(const Desk& desk, const LetterId& id,
                              const storage::v1::Thread& thread) {
  admin::v1::ThreadView out;
  out.set_id(to_hex(id));
  out.set_country(country_of(desk, peer_of(thread)));
  out.set_community(to_hex(as_bytes(thread.community())));
  out.set_letters(thread.letters());
  out.set_match(thread.match());
  out.set_changed_at(time_text(thread.changed_at()));
  if (thread.side() == 0) {
    out.set_side("information");
    out.set_state("open");
    return out;
  }
  const bool asking = static_cast<Side>(thread.side()) == Side::asking;
  const Correspondence now = at_time(correspondence_of(thread), desk.now());
  const Deadline deadline = deadline_of(now, desk.now());
  out.set_side(asking ? "asking" : "asked");
  out.set_state(std::string(name_of(now.state)));
  out.set_answer_class(v1::AnswerClass_Name(thread.answer_class()));
  out.set_due(time_text(deadline.due));
  if (deadline.due > 0) out.set_due_by((deadline.by == Side::asking) == asking ? "us" : "them");
  out.set_overdue(deadline.overdue);
  return out;
}

admin::v1::AttachmentView view_of(const Desk& desk, const v1::Letter& letter,
                                  const v1::Attachment& file) {
  admin::v1::AttachmentView out;
  out.set_name(file.name());
  out.set_digest(to_hex(as_bytes(file.digest())));
  out.set_size(file.size());
  out.set_chunks(chunks_in(file.size()));
  out.set_chunks_here(desk.letters.chunks_held(
      {sender_of(letter), to_array<32>(as_bytes(file.digest())).value()}, out.chunks()));
  return out;
}

admin::v1::LetterView view_of(const Desk& desk, const storage::v1::KeptLetter& kept) {
  admin::v1::LetterView out;
  *out.mutable_letter() = letter_in(kept);
  out.set_id(to_hex(as_bytes(out.letter().id())));
  out.set_kind(kind_of(out.letter()));
  out.set_ours(kept.ours());
  out.set_operator_(kept.operator_());
  out.set_approver(kept.approver());
  out.set_kept_at(time_text(kept.kept_at()));
  out.set_delivery(!kept.ours()                    ? "received"
                   : !kept.undeliverable().empty() ? kept.undeliverable()
                   : kept.delivered_at() > 0       ? "delivered"
                                                   : "on its way");
  for (const v1::Attachment& file : out.letter().attachments())
    *out.add_attachments() = view_of(desk, out.letter(), file);
  return out;
}

policy::OnwardUse onward_use(const std::string& name) {
  using policy::OnwardUse;
  if (name == "court") return OnwardUse::judicial_use;
  if (name == "pass-on") return OnwardUse::disseminate;
  if (name == "purpose") return OnwardUse::other_purpose;
  if (name == "contact-subject") return OnwardUse::contact_subject;
  if (name == "notify-platform") return OnwardUse::notify_platform;
  if (name == "against-victim") return OnwardUse::against_victim;
  return OnwardUse::none;
}

policy::Question onward_question(const Desk& desk, const v1::Letter& letter,
                                 const admin::v1::OnwardUse& request) {
  policy::Question out;
  out.act = policy::Act::letter_onward;
  out.now = desk.now();
  out.from = sender_of(letter);
  out.to = desk.self;
  out.marks = policy_marks(letter.marks());
  out.use = onward_use(request.use());
  out.recipient = request.recipient();
  out.purpose = request.purpose().empty() ? letter.marks().purpose() : request.purpose();
  out.consents = consents_to(desk, letter);
  return out;
}

/// The reports of ours that a request is about: those of our match, or those that the peer's
/// request names by its ref.
std::vector<std::string> reports_of(const Desk& desk, const LetterId& id,
                                    const storage::v1::Thread& thread) {
  if (!thread.match().empty()) {
    const auto match = find_match(desk, thread.match());
    if (!match) return {};
    return {match->report_ids().begin(), match->report_ids().end()};
  }
  const auto letters = desk.letters.letters_of(id);
  if (letters.empty()) return {};
  return reports_behind(desk, {to_array<16>(as_bytes(thread.community())).value()},
                        letter_in(letters.front()).request().indicator());
}

/// Is the correspondence about the report? `refs`: those of the report.
bool is_about(const Desk& desk, const LetterId& id, const storage::v1::Thread& thread,
              const std::string& report, const std::set<std::string>& refs) {
  if (!thread.match().empty()) {
    const auto ids = reports_of(desk, id, thread);
    return std::ranges::find(ids, report) != ids.end();
  }
  const auto letters = desk.letters.letters_of(id);
  return !letters.empty() && refs.contains(letter_in(letters.front()).request().indicator());
}

/// Requests of this node about the match that are drafts, or left and have no answer yet.
std::vector<LetterId> open_about(const Desk& desk, const std::string& match) {
  std::vector<LetterId> out;
  if (match.empty()) return out;
  for (const storage::v1::Draft& draft : desk.letters.drafts())
    if (draft.match() == match) out.push_back(to_array<16>(as_bytes(draft.letter().id())).value());
  for (const auto& [id, thread] : desk.letters.threads()) {
    if (thread.match() != match || static_cast<Side>(thread.side()) != Side::asking) continue;
    const CorrespondenceState state = at_time(correspondence_of(thread), desk.now()).state;
    if (!is_final(state) && state != CorrespondenceState::feedback_due) out.push_back(id);
  }
  return out;
}

}  // namespace

std::string kind_of(const v1::Letter& letter) {
  const auto* field = v1::Letter::descriptor()->FindFieldByNumber(letter.body_case());
  return field == nullptr ? "unknown" : field->name();
}

LetterId draft_named(const Desk& desk, const std::string& beginning) {
  return only(desk.letters.draft_named(beginning), "no-draft", "draft");
}

admin::v1::LetterWritten write(Desk& desk, const admin::v1::LetterWrite& request) {
  Prepared prepared = prepare(desk, request);
  prepared.letter.MergeFrom(request.content());
  const std::vector<LetterId> others = open_about(desk, prepared.match);
  const LetterId id = write_letter(desk, std::move(prepared.letter), prepared.to,
                                   request.operator_(), prepared.match);
  admin::v1::LetterWritten out;
  out.set_id(to_hex(id));
  out.set_thread(to_hex(thread_of(desk.letters.draft(id)->letter())));
  for (const LetterId& other : others) out.add_also_open(to_hex(other));
  if (request.draft_only() || desk.approvals > 1) return out;
  send_letter(desk, id, request.operator_());
  out.set_sent(true);
  return out;
}

admin::v1::Drafts list_drafts(const Desk& desk) {
  admin::v1::Drafts out;
  for (const storage::v1::Draft& draft : desk.letters.drafts()) {
    admin::v1::DraftView* view = out.add_drafts();
    view->set_id(to_hex(as_bytes(draft.letter().id())));
    view->set_country(country_of(desk, recipient_of(draft.letter())));
    view->set_kind(kind_of(draft.letter()));
    view->set_drafted_by(draft.drafted_by());
    view->set_drafted_at(time_text(draft.drafted_at()));
    *view->mutable_letter() = draft.letter();
  }
  return out;
}

admin::v1::Threads list_threads(const Desk& desk, const admin::v1::ThreadList& request) {
  std::vector<admin::v1::ThreadView> views;
  const std::string& report = request.report_id();
  const auto refs = report.empty() ? std::set<std::string>() : refs_of_report(desk, report);
  for (const auto& [id, thread] : desk.letters.threads()) {
    admin::v1::ThreadView view = view_of(desk, id, thread);
    if (!request.peer().empty() && view.country() != request.peer()) continue;
    if (!request.state().empty() && view.state() != request.state()) continue;
    if (!request.side().empty() && view.side() != request.side()) continue;
    if (request.overdue() && !view.overdue()) continue;
    if (!report.empty() && !is_about(desk, id, thread, report, refs)) continue;
    views.push_back(std::move(view));
  }
  std::ranges::stable_sort(views, [](const auto& a, const auto& b) {
    const bool has_a = !a.due().empty(), has_b = !b.due().empty();
    return has_a != has_b ? has_a : a.due() < b.due();
  });
  admin::v1::Threads out;
  for (admin::v1::ThreadView& view : views) *out.add_threads() = std::move(view);
  return out;
}

std::optional<admin::v1::ThreadDetail> show_thread(Desk& desk,
                                                   const admin::v1::ThreadShow& request) {
  const LetterId id = thread_named(desk, request.id());
  desk.audit.commit({}, desk.entry(request.operator_(), "letter.read", to_hex(id)));
  const auto thread = desk.letters.thread(id);
  if (!thread) return std::nullopt;
  admin::v1::ThreadDetail out;
  *out.mutable_thread() = view_of(desk, id, *thread);
  for (std::string& report : reports_of(desk, id, *thread))
    out.mutable_thread()->add_report_ids(std::move(report));
  for (const storage::v1::KeptLetter& kept : desk.letters.letters_of(id))
    *out.add_letters() = view_of(desk, kept);
  return out;
}

admin::v1::OnwardAnswer use_onward(Desk& desk, const admin::v1::OnwardUse& request) {
  if (onward_use(request.use()) == policy::OnwardUse::none)
    throw LetterRefused("unknown-use", "there is no such use");
  if (request.recipient().size() > letter_word_max || request.purpose().size() > letter_word_max)
    throw LetterRefused("too-long", "recipient and purpose have at most 256 bytes");
  const v1::Letter letter = letter_named(desk, request.letter());
  const auto community =
      desk.members.community({to_array<16>(as_bytes(letter.community())).value()});
  const policy::Terms terms = community ? terms_of(*community) : policy::Terms();
  const policy::Question question = onward_question(desk, letter, request);
  const policy::RuleId decided = policy::decide(question, terms);
  const policy::Explanation why = policy::explain(question, terms, decided);
  admin::v1::OnwardAnswer out;
  out.set_allowed(why.allowed);
  out.set_rule(why.rule);
  out.set_explanation(why.sentence);
  out.set_consent_can_lift(policy::consent_can_lift(decided));
  out.set_legal_basis(letter.marks().legal_basis());
  out.set_charter_epoch(why.epoch);
  out.set_changed_by(why.changed_by);
  desk.audit.commit(
      {}, with_decision(desk.entry(request.operator_(), "letter.use." + request.use(),
                                   to_hex(as_bytes(letter.id())), question.purpose, why.rule),
                        question, community ? &*community : nullptr, decided));
  return out;
}

admin::v1::Chunk read_chunk(Desk& desk, const admin::v1::ChunkGet& request) {
  const v1::Letter letter = letter_named(desk, request.letter());
  for (const v1::Attachment& file : letter.attachments()) {
    if (file.name() != request.attachment() &&
        to_hex(as_bytes(file.digest())) != request.attachment())
      continue;
    if (request.number() == 0)
      desk.audit.commit({}, desk.entry(request.operator_(), "letter.read-attachment",
                                       to_hex(as_bytes(letter.id()))));
    auto content = desk.letters.chunk(
        {sender_of(letter), to_array<32>(as_bytes(file.digest())).value()}, request.number());
    if (!content) throw LetterRefused("attachment-incomplete", "the file is not here whole yet");
    admin::v1::Chunk out;
    out.set_content(text(*content));
    out.set_chunks(chunks_in(file.size()));
    out.set_digest(file.digest());
    return out;
  }
  throw LetterRefused("no-attachment", "the letter has no such attachment");
}

Overdue count_overdue(const Desk& desk) {
  Overdue out;
  for (const auto& [id, thread] : desk.letters.threads()) {
    const admin::v1::ThreadView view = view_of(desk, id, thread);
    if (view.overdue()) ++(view.due_by() == "us" ? out.ours : out.theirs);
  }
  return out;
}

}  // namespace bakhita::desk
