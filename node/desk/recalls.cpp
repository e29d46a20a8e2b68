// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/recalls.h"

#include <algorithm>

#include "node/desk/facts.h"
#include "node/desk/live_locks.h"
#include "node/desk/names.h"
#include "node/desk/review.h"
#include "node/desk/sightings.h"
#include "node/desk/withdrawing.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

/// What an order names: identifiers that this node knows.
std::optional<std::vector<store::IdentifierHash>> named_by(const Desk& desk,
                                                           const admin::v1::RecallNew& order) {
  std::vector<store::IdentifierHash> out;
  if (order.report_id().empty()) {
    const auto type = identifier_type(static_cast<int>(order.type()));
    if (!type) throw RecallRefused("name a report, or type and value of an identifier");
    const Canonical form = canonicalise(*desk.tables, *type, order.value(),
                                        order.region().empty() ? desk.country : order.region());
    const auto* canonical = std::get_if<std::string>(&form);
    if (canonical == nullptr)
      throw RecallRefused("the identifier has no canonical form: " +
                          std::string(describe(std::get<Refusal>(form))));
    out.push_back(desk.identifiers.hash(*type, *canonical));
    if (!desk.identifiers.load(out[0])) return std::nullopt;
    return out;
  }
  const auto head = desk.reports.find(order.report_id());
  const auto stored = head ? desk.reports.load(head->number, head->version) : std::nullopt;
  if (!stored) return std::nullopt;
  for (int i = 0; i < stored->report().identifiers_size(); ++i)
    if (const auto type = identifier_type(static_cast<int>(stored->report().identifiers(i).type()));
        type && !stored->canonical(i).empty())
      out.push_back(desk.identifiers.hash(*type, stored->canonical(i)));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

storage::v1::Hold hold_for(const Desk& desk, const admin::v1::RecallNew& order) {
  const auto kind = recall_kind_named(order.kind());
  if (!kind)
    throw RecallRefused("the kind is one of erase, rectify, narrow, expire, victim, dispute");
  const std::uint32_t day = today(desk).day;
  storage::v1::Hold out;
  out.set_kind(static_cast<std::uint32_t>(*kind));
  if (*kind == RecallKind::erase || *kind == RecallKind::expire)
    out.set_until_day(day + desk.retention_days);
  out.set_done_by_day(order.done_by().empty() ? day + withdrawal_days : day_of(order.done_by()));
  if (out.done_by_day() < day || out.done_by_day() > day + desk.retention_days)
    throw RecallRefused(
        "the day by which members must have deleted it is between today and the end "
        "of retention, as YYYY-MM-DD");
  return out;
}

/// Holds the identifiers back, durably; their review then takes back what is published.
std::uint32_t hold_back(Desk& desk, std::span<const store::IdentifierHash> identifiers,
                        const storage::v1::Hold& hold, const admin::v1::RecallNew& order) {
  const auto exclusive = desk.identifiers.exclusive();
  const auto writing = desk.identifiers.keys().writing();
  store::Batch batch;
  std::uint32_t count = 0;
  for (const store::IdentifierHash& hash : identifiers) {
    auto state = desk.identifiers.load(hash);
    if (!state) continue;
    const auto before = static_cast<RecallKind>(state->hold().kind());
    if (strength_of(before) > strength_of(static_cast<RecallKind>(hold.kind()))) continue;
    storage::v1::IdentifierState* const known[] = {&*state};
    claim_locks(desk, known);  // after a loss, only the feed may know what is published
    const std::uint32_t until_before = state->hold().until_day();
    *state->mutable_hold() = hold;
    if (hold.until_day() > 0)  // else it has no end
      state->mutable_hold()->set_until_day(std::max(hold.until_day(), until_before));
    if (ends_with_a_change(static_cast<RecallKind>(hold.kind())))
      *state->mutable_hold()->mutable_said() = summarise(desk, *state);
    desk.identifiers.put(batch, hash, *state);
    batch.put(store::Table::reviews, review_key(hash, ReviewCause::change), ByteView());
    ++count;
  }
  desk.audit.commit(std::move(batch),
                    desk.entry(order.operator_(), "recall.order", order.report_id(), order.reason(),
                               order.kind() + ", " + std::to_string(count) + " identifiers"));
  return count;
}

/// Own feeds with the community that each is in; the caller's order is that of the feeds.
std::vector<std::pair<store::Community, store::FeedState>> own_feeds(const Desk& desk) {
  std::vector<std::pair<store::Community, store::FeedState>> out;
  for (const store::FeedState& feed : desk.feeds.all())
    if (feed.id.origin == desk.self)
      if (const auto community = desk.members.community(feed.id.community))
        out.emplace_back(*community, feed);
  return out;
}

void note_holding(Desk& desk, const NodeId& peer, const FeedId& feed, std::uint64_t size,
                  bool told) {
  const auto state = desk.feeds.find(feed);
  if (!state || feed.origin != desk.self) return;
  size = std::min(size, state->note_size);
  const auto alone = desk.recalls.exclusive();
  auto holding = desk.recalls.holding(state->number, peer).value_or(storage::v1::Holding());
  if (size <= (told ? holding.told_size() : holding.served_size())) return;
  if (told) {
    holding.set_told_size(size);
    holding.set_told_at(desk.now());
  } else {
    holding.set_served_size(size);
    holding.set_served_at(desk.now());
  }
  store::Batch batch;
  desk.recalls.put(batch, state->number, peer, holding);
  desk.database.commit(std::move(batch));
}

/// Signed by the key on the card that is kept with the receipt, so that it can be shown to others.
bool is_by_present_key(const store::Peer& peer, ByteView signed_letter, const NodeId& self) {
  const auto key = to_array<32>(as_bytes(peer.card.log_key()));
  return key && open_letter(signed_letter, self, [&](const NodeId&) {
                  return std::vector<SigningKey>{{*key}};
                }).has_value();
}

}  // namespace

std::optional<admin::v1::RecallOrdered> order_recall(Desk& desk, Lookups& lookups,
                                                     const admin::v1::RecallNew& order) {
  if (order.reason().empty()) throw RecallRefused("a recall needs a reason for the audit trail");
  const storage::v1::Hold hold = hold_for(desk, order);
  const auto identifiers = named_by(desk, order);
  if (!identifiers) return std::nullopt;
  std::map<FeedId, std::uint64_t> before;
  for (const auto& [community, feed] : own_feeds(desk)) before[feed.id] = feed.size;
  admin::v1::RecallOrdered out;
  out.set_identifiers(hold_back(desk, *identifiers, hold, order));
  review(desk, lookups, order.operator_());
  for (const auto& [community, feed] : own_feeds(desk))
    for (const auto& [index, recall] : desk.recalls.recalls(feed.number, before[feed.id]))
      if (recall.cause() == order.kind())
        if (auto view = show_recall(desk, to_id({feed.number, index})))
          *out.add_recalls() = std::move(*view);
  return out;
}

void relist_recalls(Desk& desk) {
  constexpr std::uint64_t read_step = 2'048;
  const auto exclusive = desk.identifiers.exclusive();
  for (const auto& [community, feed] : own_feeds(desk))
    for (std::uint64_t at = feed.first; at < feed.size;) {
      const auto records = desk.feeds.read_held(feed.id, at, read_step);
      if (records.empty()) break;  // it is being had back
      store::Batch batch;
      for (std::size_t i = 0; i < records.size(); ++i) {
        const auto [header, body] = records[i];
        v1::Withdraw withdraw;
        if (header.kind != RecordKind::withdraw || header.expiry_day < today(desk).day ||
            !withdraw.ParseFromArray(body.data(), static_cast<int>(body.size())) ||
            withdraw.reason() == v1::WITHDRAW_REASON_REKEYED ||
            desk.recalls.recall(feed.number, at + i))
          continue;
        storage::v1::Recall row;
        row.set_record(withdraw.index());
        row.set_generation(withdraw.generation() == 0 ? feed.id.generation : withdraw.generation());
        row.set_reason(withdraw.reason());
        row.set_done_by_day(withdraw.done_by_day());
        row.set_final(withdraw.final());
        row.set_at(std::uint64_t{header.issued_hour} * 3'600);
        row.set_cause("found in the feed");
        row.set_expiry_day(header.expiry_day);
        desk.recalls.put(batch, feed.number, at + i, row);
      }
      desk.database.commit(std::move(batch));
      at += records.size();
    }
}

Result<void> take_receipt(Desk& desk, const store::Peer& peer, const v1::Letter& letter,
                          ByteView signed_letter) {
  const v1::RecallReceipt& said = letter.recall_receipt();
  if (letter.time() > desk.now() + clock_tolerance) return Error::unexpected;
  const FeedId id{{to_array<16>(as_bytes(said.community())).value()}, desk.self, said.generation()};
  const auto feed = desk.feeds.find(id);
  if (!feed) return Error::not_found;
  // For records that we never signed there is nothing to say.
  if (said.size() > feed->note_size) return Error::unexpected;
  const auto root = desk.feeds.root_at(id, said.size());
  if (!root || as_text(*root) != said.root()) return Error::wrong_root;
  if (!is_by_present_key(peer, signed_letter, desk.self)) return Error::bad_signature;
  const auto alone = desk.recalls.exclusive();
  auto holding = desk.recalls.holding(feed->number, peer.node).value_or(storage::v1::Holding());
  const std::uint64_t size = holding.receipted_size(), purged = holding.receipted_purged();
  const bool covers_more = desk.recalls.has_recall(feed->number, size, said.size()) ||
                           desk.recalls.has_recall(feed->number, purged, said.purged_size());
  if (said.size() < size || said.purged_size() < purged || !covers_more) return {};
  storage::v1::Receipt row;
  row.set_signed_letter(std::string(as_text(signed_letter)));
  row.set_signed_card(std::string(as_text(peer.signed_card)));
  row.set_taken_at(desk.now());
  row.set_size(said.size());
  row.set_purged_size(said.purged_size());
  row.set_done_at(said.done_at());
  row.set_purged_at(said.purged_at());
  holding.set_receipted_size(row.size());
  holding.set_receipted_purged(row.purged_size());
  holding.set_receipted_at(row.taken_at());
  store::Batch batch;
  desk.recalls.put(batch, feed->number, peer.node, row);
  desk.recalls.put(batch, feed->number, peer.node, holding);
  desk.audit.commit(std::move(batch), desk.entry(to_hex(peer.node.bytes).substr(0, 16),
                                                 "recall.receipted", to_hex(as_bytes(letter.id())),
                                                 {}, std::to_string(said.size()) + " records"));
  return {};
}

void note_served(Desk& desk, const NodeId& peer, const FeedId& feed, std::uint64_t size) {
  note_holding(desk, peer, feed, size, false);
}
void note_told(Desk& desk, const NodeId& peer, const FeedId& feed, std::uint64_t size) {
  note_holding(desk, peer, feed, size, true);
}

std::vector<Holder> holders_of(const Desk& desk, const store::Community& community,
                               const store::FeedState& feed) {
  std::map<NodeId, Holder> out;
  for (const v1::Member& member : community.newest.members()) {
    const NodeId node = node_of(member);
    if (node == desk.self) continue;
    Holder& holder = out[node];
    holder.country = member.country();
    holder.is_member = community.may_flow(desk.self, node);
  }
  for (auto& [node, holding] : desk.recalls.holdings(feed.number))
    out[node].holding = std::move(holding);
  std::vector<Holder> list;
  for (auto& [node, holder] : out) {
    holder.node = node;
    holder.receipts = desk.recalls.receipts(feed.number, node);
    const bool held =
        holder.holding.served_size() + holder.holding.told_size() > 0 || !holder.receipts.empty();
    if (!holder.is_member && !held) continue;
    if (holder.country.empty()) holder.country = country_of(desk, node);
    list.push_back(std::move(holder));
  }
  return list;
}

}  // namespace bakhita::desk
