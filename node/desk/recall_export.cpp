// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/recall_export.h"

#include "node/desk/facts.h"
#include "node/desk/names.h"

namespace bakhita::desk {
namespace {

struct Chosen {
  store::Community community;
  store::FeedState feed;
  std::vector<std::uint64_t> withdrawals;
};

std::optional<Chosen> choose(const Desk& desk, const admin::v1::RecallExport& request) {
  Chosen out;
  if (!request.id().empty()) {
    const auto place = recall_named(desk, request.id());
    const auto community = place ? desk.members.community(place->feed.id.community) : nullptr;
    if (!community) return std::nullopt;
    return Chosen{*community, place->feed, {place->index}};
  }
  for (const store::Community& community : desk.members.communities()) {
    if (!request.community().empty() && community.newest.name() != request.community()) continue;
    const auto feed = desk.feeds.find(feed_of(desk, community, desk.self));
    if (!feed) continue;
    out = {community, *feed, {}};
    for (const auto& [index, recall] : desk.recalls.recalls(feed->number))
      out.withdrawals.push_back(index);
    return out;
  }
  return std::nullopt;
}

void add_withdrawal(const Desk& desk, const store::FeedState& feed, std::uint64_t index,
                    v1::RecallEvidence& out) {
  const auto record = desk.feeds.record(feed.id, index);
  if (!record) return;
  v1::RecalledRecord& row = *out.add_recalls();
  row.set_withdrawal(index);
  row.set_header(text(encode(record->header)));
  row.set_body(text(record->body));
  for (const Hash& hash : desk.feeds.prove_record(feed.id, index, feed.note_size))
    row.add_proof(text(hash));
}

void add_member(const Desk& desk, const store::FeedState& feed, const Holder& holder,
                v1::RecallEvidence& out) {
  v1::MemberHolding& row = *out.add_members();
  row.set_node(text(holder.node.bytes));
  row.set_country(holder.country);
  row.set_is_member(holder.is_member);
  row.set_served_size(holder.holding.served_size());
  row.set_told_size(holder.holding.told_size());
  for (const storage::v1::Receipt& receipt : holder.receipts) {
    if (receipt.size() < feed.first) continue;  // nothing here proves it any more
    v1::ReceiptProof& proof = *row.add_receipts();
    proof.set_signed_letter(receipt.signed_letter());
    proof.set_signed_card(receipt.signed_card());
    for (const Hash& hash : desk.feeds.prove_prefix(feed.id, receipt.size(), feed.note_size))
      proof.add_proof(text(hash));
  }
}

}  // namespace

std::optional<v1::RecallEvidence> export_recalls(Desk& desk, const admin::v1::RecallExport& request,
                                                 ByteView own_signed_card) {
  const auto chosen = choose(desk, request);
  if (!chosen) return std::nullopt;
  const auto& [community, feed, withdrawals] = *chosen;
  v1::RecallEvidence out;
  out.set_community(text(feed.id.community.bytes));
  out.set_origin(text(feed.id.origin.bytes));
  out.set_generation(feed.id.generation);
  out.set_note(feed.note);
  out.set_signed_card(text(own_signed_card));
  out.set_signed_charter(text(community.signed_charter));
  out.set_made_at(desk.now());
  for (std::uint64_t index : withdrawals) add_withdrawal(desk, feed, index, out);
  for (const Holder& holder : holders_of(desk, community, feed))
    add_member(desk, feed, holder, out);
  desk.audit.commit(
      {}, desk.entry(request.operator_(), "recall.export", to_hex(feed.id.community.bytes), {},
                     std::to_string(withdrawals.size()) + " recalls"));
  return out;
}

}  // namespace bakhita::desk
