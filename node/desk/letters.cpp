// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/letters.h"

#include <algorithm>

#include "node/desk/deciding.h"
#include "node/desk/letter_gaps.h"
#include "node/desk/names.h"
#include "node/desk/threads.h"

namespace bakhita::desk {
namespace {

store::Community community_of(const Desk& desk, const v1::Letter& letter) {
  const auto id = to_array<16>(as_bytes(letter.community()));
  const auto community = id ? desk.members.community({*id}) : nullptr;
  if (!community) throw LetterRefused("not-members", "this node is not in that community");
  return *community;
}

/// `persons` of those who must approve it; a draft needs none yet.
store::AuditEntry check_policy(const Desk& desk, const v1::Letter& letter, store::AuditEntry entry,
                               std::uint8_t persons, std::uint8_t needed) {
  const store::Community community = community_of(desk, letter);
  policy::Question question = letter_question(desk, community, letter);
  question.persons = persons;
  question.persons_needed = needed;
  const policy::RuleId decided = decide(question, community);
  const policy::Explanation why = explain(question, community, decided);
  if (why.allowed) return with_decision(std::move(entry), question, &community, decided);
  entry.action += ".refused";
  entry.outcome = why.text;
  desk.audit.commit({}, with_decision(std::move(entry), question, &community, decided));
  throw LetterRefused(why);
}

void check_content(const v1::Letter& letter) {
  const auto checked = check_letter(letter);
  if (checked) return;
  if (checked.error() == Error::too_large)
    throw LetterRefused("too-large", "the letter is too large; attach a file instead");
  throw LetterRefused("incomplete", what_is_wrong(letter));
}

void check_attachments(const Desk& desk, const v1::Letter& letter) {
  for (const v1::Attachment& file : letter.attachments()) {
    const Hash digest = to_array<32>(as_bytes(file.digest())).value();
    const std::uint32_t chunks = chunks_in(file.size());
    if (desk.letters.chunks_held({desk.self, digest}, chunks) != chunks)
      throw LetterRefused("attachment-missing", "the file " + file.name() + " is not here whole");
  }
}

/// The correspondence after a letter of ours. Throws LetterRefused.
storage::v1::Thread thread_with(const Desk& desk, const v1::Letter& letter) {
  Followed followed = thread_after(desk, letter);
  switch (followed.misfit) {
    case Misfit::none:
      return std::move(followed.thread);
    case Misfit::no_correspondence:
      throw LetterRefused("no-correspondence", "there is no such correspondence with that peer");
    case Misfit::wrong_answer:
      throw LetterRefused("wrong-answer",
                          "consent is asked for a letter of the other side, given or denied to its "
                          "consent request, and taken back of an own decision");
    case Misfit::not_its_turn:
      throw LetterRefused("not-your-turn", "in this correspondence the other side does that");
    case Misfit::wrong_state:
      break;
  }
  const Correspondence now = at_time(correspondence_of(followed.thread), desk.now());
  throw LetterRefused("wrong-state", "the correspondence is " + std::string(name_of(now.state)));
}

void set_thread(const Desk& desk, v1::Letter& letter) {
  if (letter.in_reply_to().empty()) {
    letter.set_thread(letter.id());
    return;
  }
  const auto answered = to_array<16>(as_bytes(letter.in_reply_to()));
  const auto kept = answered ? desk.letters.letter(*answered) : std::nullopt;
  if (!kept) throw LetterRefused("no-letter", "there is no letter of that id to answer");
  letter.set_thread(letter_in(*kept).thread());
}

void enqueue(Desk& desk, const v1::Letter& letter, store::Batch& batch) {
  const NodeId peer = recipient_of(letter);
  desk.letters.enqueue(batch, peer, {id_of(letter), std::nullopt, 0});
  for (const v1::Attachment& file : letter.attachments())
    for (std::uint32_t chunk = 0; chunk < chunks_in(file.size()); ++chunk)
      desk.letters.enqueue(batch, peer,
                           {id_of(letter), to_array<32>(as_bytes(file.digest())), chunk});
}

Bytes signed_by_node(const Desk& desk, const v1::Letter& letter) {
  const keys::SecretBytes log_seed = desk.keystore.get(keys::name::log);
  auto signed_letter =
      sign_letter(letter, [&](ByteView message) { return keys::sign(log_seed, message); });
  if (!signed_letter) throw std::logic_error("a checked letter cannot be signed");
  return std::move(*signed_letter);
}

storage::v1::KeptLetter kept_own(const Desk& desk, const v1::Letter& letter) {
  storage::v1::KeptLetter out;
  out.set_signed_letter(text(signed_by_node(desk, letter)));
  out.set_ours(true);
  out.set_kept_at(desk.now());
  return out;
}

void keep_and_enqueue(Desk& desk, const v1::Letter& letter, const storage::v1::KeptLetter& kept,
                      storage::v1::Thread& thread, store::Batch& batch) {
  thread.set_changed_at(desk.now());
  desk.letters.add(batch, letter, kept, thread);
  desk.letters.put_thread(batch, thread_of(letter), thread);
  enqueue(desk, letter, batch);
}

}  // namespace

v1::Letter addressed(Desk& desk, v1::Letter content, const Address& to) {
  content.set_format(1);
  content.set_id(text(desk.random.bytes<16>()));
  content.set_from(text(desk.self.bytes));
  content.set_to(text(to.peer.bytes));
  content.set_community(text(to.community.bytes));
  content.set_time(desk.now());
  return content;
}

policy::Question letter_question(const Desk& desk, const store::Community& community,
                                 const v1::Letter& letter) {
  policy::Question out = question_between(desk, community, policy::Act::letter_send,
                                          sender_of(letter), recipient_of(letter));
  out.part = letter.has_marks()   ? policy::LetterPart::content
             : letter.has_chunk() ? policy::LetterPart::chunk
                                  : policy::LetterPart::notice;
  out.persons_needed = 0;
  out.purpose = letter.marks().purpose();
  out.marks = policy_marks(letter.marks());
  return out;
}

policy::Marks policy_marks(const v1::Marks& marks) {
  return {.handling = marks.handling(),
          .tlp = marks.tlp(),
          .pap = marks.pap(),
          .do_not_contact_subject = marks.do_not_contact_subject(),
          .do_not_notify_platform_until = marks.do_not_notify_platform_until(),
          .purpose = marks.purpose()};
}

v1::Letter letter_in(const storage::v1::KeptLetter& kept) {
  v1::SignedLetter outer;
  v1::Letter out;
  if (!outer.ParseFromString(kept.signed_letter()) || !out.ParseFromString(outer.letter()))
    throw store::StorageError("a kept letter is malformed");
  return out;
}

LetterId write_letter(Desk& desk, v1::Letter content, const Address& to,
                      const std::string& operator_name, const std::string& match) {
  const auto exclusive = desk.letters.exclusive();
  storage::v1::Draft draft;
  v1::Letter& letter = *draft.mutable_letter();
  letter = addressed(desk, std::move(content), to);
  set_thread(desk, letter);
  check_content(letter);
  const store::AuditEntry entry =
      check_policy(desk, letter,
                   desk.entry(operator_name, "letter.draft", to_hex(as_bytes(letter.id())),
                              letter.marks().purpose()),
                   1, 0);
  check_attachments(desk, letter);
  thread_with(desk, letter);
  draft.set_drafted_by(operator_name);
  draft.set_drafted_at(desk.now());
  draft.set_match(match);
  store::Batch batch;
  desk.letters.put_draft(batch, draft);
  desk.audit.commit(std::move(batch), entry);
  return id_of(letter);
}

void send_letter(Desk& desk, const LetterId& id, const std::string& approver) {
  const auto exclusive = desk.letters.exclusive();
  const auto draft = desk.letters.draft(id);
  if (!draft) throw LetterRefused("no-draft", "there is no draft of that id");
  v1::Letter letter = draft->letter();
  letter.set_time(desk.now());
  const bool second = !approver.empty() && approver != draft->drafted_by();
  const store::AuditEntry entry =
      check_policy(desk, letter,
                   desk.entry(approver, "letter.send", to_hex(id), letter.marks().purpose(),
                              "to " + to_hex(as_bytes(letter.to())).substr(0, 16)),
                   second ? 2 : 1, desk.approvals > 1 ? 2 : 1);
  storage::v1::Thread thread = thread_with(desk, letter);
  if (!draft->match().empty()) thread.set_match(draft->match());
  storage::v1::KeptLetter kept = kept_own(desk, letter);
  kept.set_operator_(draft->drafted_by());
  kept.set_approver(approver);
  store::Batch batch;
  desk.letters.erase_draft(batch, id);
  keep_and_enqueue(desk, letter, kept, thread, batch);
  desk.audit.commit(std::move(batch), entry);
}

void discard_draft(Desk& desk, const LetterId& id, const std::string& operator_name) {
  const auto exclusive = desk.letters.exclusive();
  if (!desk.letters.draft(id)) throw LetterRefused("no-draft", "there is no draft of that id");
  store::Batch batch;
  desk.letters.erase_draft(batch, id);
  desk.audit.commit(std::move(batch), desk.entry(operator_name, "letter.discard", to_hex(id)));
}

void keep_chunk(Desk& desk, const Hash& digest, std::uint32_t number, ByteView content) {
  store::Batch batch;
  desk.letters.put_chunk(batch, {desk.self, digest}, number, content);
  desk.database.commit(std::move(batch));
}

void post_own(Desk& desk, v1::Letter letter, storage::v1::Thread& thread, store::Batch& batch) {
  keep_and_enqueue(desk, letter, kept_own(desk, letter), thread, batch);
}

void post_receipt(Desk& desk, const v1::Letter& letter, store::Batch& batch) {
  storage::v1::Thread unlisted;
  desk.letters.add(batch, letter, kept_own(desk, letter), unlisted);
  enqueue(desk, letter, batch);
}

}  // namespace bakhita::desk
