// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/post.h"

#include <algorithm>

#include "keys/rotation.h"
#include "keys/sealing.h"
#include "node/desk/ceilings.h"
#include "node/desk/deciding.h"
#include "node/desk/letters.h"
#include "node/desk/names.h"
#include "node/desk/recalls.h"
#include "node/desk/threads.h"
#include "protocol/lookup/pause.h"

namespace bakhita::desk {
namespace {

/// A chunk as a letter of its own; nothing for one that was erased meanwhile.
std::optional<v1::Letter> chunk_letter(Desk& desk, const store::Outgoing& outgoing,
                                       const v1::Letter& letter) {
  const auto content = desk.letters.chunk({desk.self, *outgoing.attachment}, outgoing.chunk);
  if (!content) return std::nullopt;
  v1::Letter out;
  v1::AttachmentChunk* chunk = out.mutable_chunk();
  chunk->set_digest(text(*outgoing.attachment));
  chunk->set_number(outgoing.chunk);
  chunk->set_content(text(*content));
  out.set_thread(letter.thread());
  out.set_in_reply_to(letter.id());
  return addressed(desk, std::move(out),
                   {recipient_of(letter), {to_array<16>(as_bytes(letter.community())).value()}});
}

/// What the recipient will open: the letter as it was signed, or a chunk signed now.
std::optional<Bytes> signed_bytes(Desk& desk, const store::Outgoing& outgoing) {
  const auto kept = desk.letters.letter(outgoing.letter);
  if (!kept) return std::nullopt;
  if (!outgoing.attachment) return to_bytes(as_bytes(kept->signed_letter()));
  const auto chunk = chunk_letter(desk, outgoing, letter_in(*kept));
  if (!chunk) return std::nullopt;
  const keys::SecretBytes log_seed = desk.keystore.get(keys::name::log);
  auto out = sign_letter(*chunk, [&](ByteView message) { return keys::sign(log_seed, message); });
  return out ? std::optional(std::move(*out)) : std::nullopt;
}

const v1::Attachment* attachment_of(const v1::Letter& letter, const std::string& digest) {
  for (const v1::Attachment& file : letter.attachments())
    if (file.digest() == digest) return &file;
  return nullptr;
}

bool fits(const v1::AttachmentChunk& chunk, const v1::Attachment& file) {
  const std::uint32_t chunks = chunks_in(file.size());
  if (chunk.number() >= chunks) return false;
  const std::uint64_t last = file.size() - std::uint64_t{chunks - 1} * attachment_chunk_size;
  return chunk.content().size() ==
         (chunk.number() + 1 == chunks ? last : std::uint64_t{attachment_chunk_size});
}

/// What the policy says of a letter that travels between this node and the peer.
struct Judged {
  store::Communities::Row community;
  policy::Question question{};
  policy::RuleId decided = policy::RuleId::not_members;

  bool is_permitted() const { return decided == policy::RuleId::allowed; }
  store::AuditEntry recorded(store::AuditEntry entry, std::uint64_t count = 1) const {
    return with_decision(std::move(entry), question, community ? &*community : nullptr, decided,
                         count);
  }
};

Judged judge(const Desk& desk, const v1::Letter& letter) {
  Judged out;
  out.community = desk.members.community({to_array<16>(as_bytes(letter.community())).value()});
  out.question.act = policy::Act::letter_send;
  if (!out.community) {
    out.question = letter_question(desk, store::Community(), letter);
    return out;
  }
  out.question = letter_question(desk, *out.community, letter);
  out.decided = decide(out.question, *out.community);
  return out;
}

/// Tells the audit trail, once an hour.
Error refuse(Desk& desk, const NodeId& peer, const Judged& judged, store::AuditEntry entry) {
  const std::lock_guard charging(desk.charging);
  const std::string why =
      policy::explain(judged.question,
                      judged.community ? terms_of(*judged.community) : policy::Terms(),
                      judged.decided)
          .text;
  if (const auto note = note_refusal(desk, refusal_key(peer, judged.decided), why)) {
    entry.outcome = note->outcome;
    desk.audit.commit({}, judged.recorded(std::move(entry), note->count));
  }
  return Error::refused;
}

std::vector<SigningKey> signing_keys(const store::Peer& peer) {
  std::vector<SigningKey> out;
  if (const auto key = to_array<32>(as_bytes(peer.card.log_key()))) out.push_back({*key});
  for (const store::FormerLogKey& former : peer.former_log_keys)
    out.push_back({former.key, former.until});
  return out;
}

void acknowledge(Desk& desk, const v1::Letter& request, storage::v1::Thread& thread,
                 store::Batch& batch) {
  const auto after = advance(correspondence_of(thread), Step::acknowledged, desk.now());
  if (!after) return;
  set_correspondence(thread, *after);
  v1::Letter content;
  content.mutable_acknowledgement();
  content.set_thread(request.thread());
  content.set_in_reply_to(request.id());
  post_own(desk,
           addressed(desk, std::move(content),
                     {sender_of(request), {to_array<16>(as_bytes(request.community())).value()}}),
           thread, batch);
}

}  // namespace

std::optional<Bytes> Post::next(const NodeId& peer) {
  {
    const std::lock_guard lock(mutex_);
    const auto held = held_until_.find(peer);
    if (held != held_until_.end() && is_paused(held->second, desk_.now())) return std::nullopt;
  }
  const auto recipient = desk_.members.peer(peer);
  if (!recipient || desk_.members.shared_with(desk_.self, peer).empty()) return std::nullopt;
  const auto encryption_key = to_array<32>(as_bytes(recipient->card.encryption_key()));
  Bytes passed;  // the last place in the outbox whose community is frozen
  LetterId frozen{};
  while (const auto waiting = desk_.letters.next(peer, passed)) {
    const auto& [place, outgoing] = *waiting;
    if (outgoing.letter == frozen) {
      passed = place;
      continue;
    }
    const auto kept = desk_.letters.letter(outgoing.letter);
    if (const auto judged = kept ? std::optional(judge(desk_, letter_in(*kept))) : std::nullopt;
        judged && !judged->is_permitted()) {
      // Two charters stop everything in their community until the members have settled which holds:
      // it waits, with the files that belong to it.
      if (judged->decided == policy::RuleId::community_frozen) {
        passed = place;
        frozen = outgoing.letter;
        continue;
      }
      give_up(place, outgoing.letter, Error::refused,
              judged->recorded(desk_.entry("node", "letter.refused", to_hex(outgoing.letter))));
      continue;
    }
    const auto plain = signed_bytes(desk_, outgoing);
    if (plain && encryption_key) {
      Bytes sealed = keys::seal_to(*encryption_key, *plain);
      const std::lock_guard lock(mutex_);
      in_flight_[peer] = {receipt_of(sealed), place, outgoing.letter,
                          outgoing.attachment.has_value()};
      return sealed;
    }
    store::Batch batch;  // it was erased since it was queued
    desk_.letters.dequeue(batch, place);
    desk_.database.commit(std::move(batch));
  }
  return std::nullopt;
}

std::optional<Post::InFlight> Post::land(const NodeId& peer, ByteView receipt) {
  const std::lock_guard lock(mutex_);
  const auto it = in_flight_.find(peer);
  if (it == in_flight_.end() || !std::ranges::equal(it->second.receipt, receipt))
    return std::nullopt;
  InFlight out = std::move(it->second);
  in_flight_.erase(it);
  return out;
}

void Post::delivered(const NodeId& peer, ByteView receipt) {
  const auto landed = land(peer, receipt);
  if (!landed) return;
  const auto exclusive = desk_.letters.exclusive();
  store::Batch batch;
  desk_.letters.dequeue(batch, landed->place);
  auto kept = desk_.letters.letter(landed->letter);
  if (landed->is_chunk || !kept) return desk_.database.commit(std::move(batch));
  kept->set_delivered_at(desk_.now());
  desk_.letters.put(batch, landed->letter, *kept);
  desk_.audit.commit(std::move(batch),
                     desk_.entry("node", "letter.delivered", to_hex(landed->letter)));
}

void Post::refused(const NodeId& peer, ByteView receipt, std::uint32_t retry_after, Error why) {
  const auto landed = land(peer, receipt);
  if (!landed) return;
  if (retry_after > 0) {
    const std::lock_guard lock(mutex_);
    held_until_[peer] = desk_.now() + retry_after;
    return;
  }
  give_up(landed->place, landed->letter, why,
          desk_.entry("node", "letter.refused", to_hex(landed->letter)));
}

void Post::give_up(const Bytes& place, const LetterId& letter, Error why, store::AuditEntry entry) {
  const auto exclusive = desk_.letters.exclusive();
  store::Batch batch;
  desk_.letters.dequeue(batch, place);
  if (auto kept = desk_.letters.letter(letter)) {
    kept->set_undeliverable(std::string(describe(why)));
    desk_.letters.put(batch, letter, *kept);
  }
  entry.outcome = describe(why);
  desk_.audit.commit(std::move(batch), entry);
}

Result<void> Post::take(const NodeId& peer, ByteView sealed) {
  const auto plain = keys::open_sealed(desk_.keystore, keys::name::encryption, sealed);
  if (!plain) return Error::not_opened;
  const auto sender = desk_.members.peer(peer);
  if (!sender) return Error::not_a_member;
  const auto letter = open_letter(plain->view(), desk_.self, [&](const NodeId& node) {
    return node == peer ? signing_keys(*sender) : std::vector<SigningKey>{};
  });
  if (!letter) return letter.error();
  const Judged judged = judge(desk_, *letter);
  store::AuditEntry entry =
      desk_.entry(to_hex(as_bytes(letter->from())).substr(0, 16), "letter.receive",
                  to_hex(as_bytes(letter->id())), letter->marks().purpose());
  if (!judged.is_permitted()) return refuse(desk_, peer, judged, std::move(entry));
  const auto exclusive = desk_.letters.exclusive();
  if (letter->has_recall_receipt()) return take_receipt(desk_, *sender, *letter, plain->view());
  return letter->has_chunk() ? take_chunk(*letter, sealed.size())
                             : take_content(*letter, plain->view(),
                                            judged.recorded(std::move(entry)), sealed.size());
}

Result<void> Post::take_chunk(const v1::Letter& letter, std::size_t size) {
  const auto announced = desk_.letters.letter(to_array<16>(as_bytes(letter.in_reply_to())).value());
  if (!announced) return Error::not_found;
  const v1::Letter owner = letter_in(*announced);
  const v1::AttachmentChunk& chunk = letter.chunk();
  const v1::Attachment* file = attachment_of(owner, chunk.digest());
  if (owner.from() != letter.from() || owner.thread() != letter.thread() || file == nullptr ||
      !fits(chunk, *file))
    return Error::unexpected;
  const store::AttachmentId id{sender_of(letter), to_array<32>(as_bytes(chunk.digest())).value()};
  if (desk_.letters.has_chunk(id, chunk.number())) return {};
  store::Batch batch;
  if (!charge_letter(desk_, sender_of(letter), size, batch)) return Error::quota_exhausted;
  desk_.letters.put_chunk(batch, id, chunk.number(), as_bytes(chunk.content()));
  desk_.database.commit(std::move(batch));
  return {};
}

Result<void> Post::take_content(const v1::Letter& letter, ByteView signed_letter,
                                const store::AuditEntry& entry, std::size_t size) {
  if (desk_.letters.has(id_of(letter))) return {};
  auto [thread, misfit] = thread_after(desk_, letter);
  if (misfit == Misfit::no_correspondence) return Error::not_found;
  if (misfit != Misfit::none) return Error::unexpected;
  storage::v1::KeptLetter kept;
  kept.set_signed_letter(text(signed_letter));
  kept.set_kept_at(desk_.now());
  thread.set_changed_at(desk_.now());
  store::Batch batch;
  if (!charge_letter(desk_, sender_of(letter), size, batch)) return Error::quota_exhausted;
  desk_.letters.add(batch, letter, kept, thread);
  if (letter.has_request())
    acknowledge(desk_, letter, thread, batch);
  else
    desk_.letters.put_thread(batch, thread_of(letter), thread);
  desk_.audit.commit(std::move(batch), entry);
  return {};
}

}  // namespace bakhita::desk
