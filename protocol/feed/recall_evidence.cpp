// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/recall_evidence.h"

#include <algorithm>

#include "protocol/community/charter.h"
#include "protocol/feed/merkle.h"
#include "protocol/feed/record.h"
#include "protocol/letter/letter.h"
#include "protocol/session/wire.h"

namespace bakhita {
namespace {

/// A receipt whose signature, feed and place hold.
struct Receipt {
  std::uint64_t size = 0, purged_size = 0, done_at = 0, purged_at = 0;
};

struct Member {
  ProvenDeletion holder;  ///< without what a single recall decides
  std::vector<Receipt> receipts;
};

template <class Repeated>
Result<std::vector<Hash>> hashes(const Repeated& proof) {
  constexpr int proof_max = 128;
  if (proof.size() > proof_max) return Error::too_large;
  std::vector<Hash> out;
  for (const std::string& hash : proof) {
    const auto bytes = to_array<32>(as_bytes(hash));
    if (!bytes) return Error::malformed;
    out.push_back(*bytes);
  }
  return out;
}

Result<ProvenRecall> open_recall(const v1::RecalledRecord& record, const Checkpoint& note) {
  const auto header = parse_header(as_bytes(record.header()));
  if (!header) return header.error();
  if (header->kind != RecordKind::withdraw) return Error::malformed;
  if (commit_to(as_bytes(record.body())) != header->commit) return Error::bad_commitment;
  auto body = session::parse<v1::Withdraw>(as_bytes(record.body()));
  if (!body) return body.error();
  const auto proof = hashes(record.proof());
  if (!proof) return proof.error();
  const auto included = verify_inclusion(record.withdrawal(), note.size,
                                         leaf_hash(as_bytes(record.header())), *proof, note.root);
  if (!included) return included.error();
  return ProvenRecall{record.withdrawal(), std::move(*body), {}};
}

/// The member's own card, and a letter by its key, about a prefix of the very feed.
Result<Receipt> open_receipt(const v1::ReceiptProof& proof, const NodeId& member,
                             const Checkpoint& note) {
  const auto card = open_card(as_bytes(proof.signed_card()), 0);
  if (!card) return card.error();
  if (node_of(*card) != member) return Error::wrong_peer;
  const auto key = to_array<32>(as_bytes(card->log_key()));
  if (!key) return Error::malformed;
  const auto letter =
      open_letter(as_bytes(proof.signed_letter()), note.feed.origin, [&](const NodeId& sender) {
        return sender == member ? std::vector<SigningKey>{{*key}} : std::vector<SigningKey>{};
      });
  if (!letter) return letter.error();
  if (!letter->has_recall_receipt()) return Error::malformed;
  const v1::RecallReceipt& said = letter->recall_receipt();
  if (as_bytes(said.community()).size() != 16 ||
      said.community() != as_text(note.feed.community.bytes) ||
      said.generation() != note.feed.generation)
    return Error::wrong_peer;
  const auto path = hashes(proof.proof());
  if (!path) return path.error();
  const auto root = to_array<32>(as_bytes(said.root())).value();
  const auto prefix = verify_consistency(said.size(), note.size, root, note.root, *path);
  if (!prefix) return prefix.error();
  return Receipt{said.size(), said.purged_size(), said.done_at(), said.purged_at()};
}

Result<Member> open_member(const v1::MemberHolding& holding, const Checkpoint& note,
                           const v1::Charter& charter) {
  const auto node = to_array<32>(as_bytes(holding.node()));
  if (!node) return Error::malformed;
  Member out;
  out.holder.node = {*node};
  out.holder.country = holding.country();
  out.holder.served_size = holding.served_size();
  out.holder.told_size = holding.told_size();
  if (const auto place = place_of(charter, out.holder.node)) {
    out.holder.named_by_charter = true;
    out.holder.country = charter.members(static_cast<int>(*place)).country();
  }
  for (const v1::ReceiptProof& proof : holding.receipts()) {
    const auto receipt = open_receipt(proof, out.holder.node, note);
    if (!receipt) return receipt.error();
    out.receipts.push_back(*receipt);
  }
  return out;
}

ProvenDeletion decide(const Member& member, const ProvenRecall& recall, std::uint32_t generation) {
  ProvenDeletion out = member.holder;
  const bool same_feed = recall.body.generation() == 0 || recall.body.generation() == generation;
  for (const Receipt& receipt : member.receipts) {
    if (same_feed && receipt.size > recall.body.index() && receipt.size <= recall.withdrawal)
      out.receipted_record = true;
    const auto earlier = [](std::uint64_t known, std::uint64_t time) {
      return known == 0 ? time : std::min(known, time);
    };
    if (receipt.size > recall.withdrawal) out.deleted_at = earlier(out.deleted_at, receipt.done_at);
    if (receipt.purged_size > recall.withdrawal)
      out.purged_at = earlier(out.purged_at, receipt.purged_at);
  }
  return out;
}

}  // namespace

Result<ProvenRecalls> verify_recalls(const v1::RecallEvidence& evidence, ByteView signed_card,
                                     std::string& what) {
  what = "the origin's card";
  const auto card = open_card(signed_card, 0);
  if (!card) return card.error();
  what = "the evidence's head";
  const auto community = to_array<16>(as_bytes(evidence.community()));
  const auto origin = to_array<32>(as_bytes(evidence.origin()));
  if (!community || !origin) return Error::malformed;
  if (node_of(*card).bytes != *origin) return Error::wrong_peer;
  const FeedId feed{{*community}, {*origin}, evidence.generation()};
  what = "the origin's signature under its feed";
  const auto note =
      open_checkpoint(evidence.note(), feed, to_array<32>(as_bytes(card->log_key())).value());
  if (!note) return note.error();
  what = "the charter";
  const auto charter = open_package(as_bytes(evidence.signed_charter()));
  if (!charter) return Error::bad_signature;
  if (charter->charter.community() != evidence.community()) return Error::wrong_peer;
  std::vector<Member> members;
  for (const v1::MemberHolding& holding : evidence.members()) {
    what = "the receipts of " + to_hex(as_bytes(holding.node())).substr(0, 16);
    auto member = open_member(holding, *note, charter->charter);
    if (!member) return member.error();
    members.push_back(std::move(*member));
  }
  ProvenRecalls out{feed, note->size, evidence.made_at(), {}};
  for (const v1::RecalledRecord& record : evidence.recalls()) {
    what = "the withdrawal at record " + std::to_string(record.withdrawal());
    auto recall = open_recall(record, *note);
    if (!recall) return recall.error();
    for (const Member& member : members)
      recall->members.push_back(decide(member, *recall, evidence.generation()));
    out.recalls.push_back(std::move(*recall));
  }
  what.clear();
  return out;
}

}  // namespace bakhita
