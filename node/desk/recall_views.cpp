// SPDX-License-Identifier: EUPL-1.2
// What `recall list` and `recall show` say.
#include <algorithm>

#include "node/desk/facts.h"
#include "node/desk/names.h"
#include "node/desk/recalls.h"
#include "node/desk/withdrawing.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

constexpr std::uint64_t seconds_per_day = 86'400;
constexpr std::uint32_t page_default = 100, page_max = 10'000;

std::string day_text(std::uint32_t day) { return time_text(day * seconds_per_day).substr(0, 10); }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// When the first receipt that covers a withdrawal says that it was deleted, and purged.
struct Done {
  std::uint64_t deleted_at = 0, complete_at = 0, receipted_at = 0;
};
Done done_by(const Holder& holder, std::uint64_t withdrawal) {
  Done out;
  for (const storage::v1::Receipt& receipt : holder.receipts) {
    if (out.deleted_at == 0 && receipt.size() > withdrawal) {
      out.deleted_at = receipt.done_at();
      out.receipted_at = receipt.taken_at();
    }
    if (out.complete_at == 0 && receipt.purged_size() > withdrawal)
      out.complete_at = receipt.purged_at();
  }
  return out;
}

/// By what it is known that a member held a record: a receipt from before its withdrawal; or that
/// it may have.
std::string how_known(const Holder& holder, std::uint64_t record, std::uint64_t withdrawal) {
  const bool receipted = std::any_of(
      holder.receipts.begin(), holder.receipts.end(), [&](const storage::v1::Receipt& receipt) {
        return receipt.size() > record && receipt.size() <= withdrawal;
      });
  if (receipted) return "receipted";
  if (holder.holding.told_size() > record) return "told";
  return holder.holding.served_size() > record ? "served" : "unknown";
}

/// What the same member is known to hold of the feed that the record is in: an earlier generation
/// has sizes and receipts of its own.
Holder in_feed(const Desk& desk, const Holder& holder,
               const std::optional<store::FeedState>& feed) {
  Holder out;
  if (!feed) return out;
  out.holding = desk.recalls.holding(feed->number, holder.node).value_or(storage::v1::Holding());
  out.receipts = desk.recalls.receipts(feed->number, holder.node);
  return out;
}

admin::v1::RecallMember member_view(const Holder& holder, std::uint64_t withdrawal, bool overdue) {
  const Done done = done_by(holder, withdrawal);
  admin::v1::RecallMember out;
  out.set_country(holder.country);
  out.set_node(to_hex(holder.node.bytes));
  out.set_deleted_at(time_text(done.deleted_at));
  out.set_complete_at(time_text(done.complete_at));
  out.set_receipted_at(time_text(done.receipted_at));
  out.set_state(done.complete_at > 0  ? "complete"
                : done.deleted_at > 0 ? "deleted"
                : !holder.is_member   ? "out of reach"
                : overdue             ? "overdue"
                                      : "waiting");
  return out;
}

admin::v1::RecallView view_of(const Desk& desk, const store::FeedState& feed,
                              const std::vector<Holder>& holders, std::uint64_t index,
                              const storage::v1::Recall& recall) {
  admin::v1::RecallView out;
  out.set_id(to_id({feed.number, index}));
  out.set_community(to_hex(feed.id.community.bytes));
  out.set_generation(feed.id.generation);
  out.set_withdrawal(index);
  out.set_record(recall.record());
  out.set_record_generation(recall.generation());
  out.set_reason(lower(v1::WithdrawReason_Name(recall.reason()).substr(16)));
  out.set_cause(lower(recall.cause()));
  out.set_final(recall.final());
  out.set_at(time_text(recall.at()));
  out.set_done_by(day_text(recall.done_by_day()));
  const bool overdue = recall.done_by_day() < today(desk).day;
  const auto source = desk.feeds.find({feed.id.community, feed.id.origin, recall.generation()});
  const std::uint64_t source_size = source ? source->size : 0;
  for (const Holder& holder : holders) {
    admin::v1::RecallMember member = member_view(holder, index, overdue);
    member.set_holds(recall.generation() == feed.id.generation
                         ? how_known(holder, recall.record(), index)
                         : how_known(in_feed(desk, holder, source), recall.record(), source_size));
    out.set_members(out.members() + 1);
    if (!member.deleted_at().empty()) out.set_receipts(out.receipts() + 1);
    if (member.state() == "complete") out.set_complete(out.complete() + 1);
    *out.add_holders() = std::move(member);
  }
  const auto some = [&](std::string_view state) {
    return std::any_of(out.holders().begin(), out.holders().end(),
                       [&](const auto& member) { return member.state() == state; });
  };
  out.set_state(some("overdue")                    ? "overdue"
                : some("waiting")                  ? "waiting"
                : out.complete() == out.receipts() ? "complete"
                                                   : "deleted");
  return out;
}

/// In the order of ids, which begin with the feed's number: pages follow each other so.
template <class Visit>
void for_each_own_feed(const Desk& desk, const Visit& visit) {
  auto feeds = desk.feeds.all();
  std::ranges::sort(feeds, {}, &store::FeedState::number);
  for (const store::FeedState& feed : feeds)
    if (feed.id.origin == desk.self)
      if (const auto community = desk.members.community(feed.id.community))
        visit(feed, holders_of(desk, *community, feed));
}

void add_recalls_at(const Desk& desk, const store::FeedState& feed,
                    const storage::v1::Holding& holding, bool is_member,
                    admin::v1::PeerRecalls& out) {
  out.set_last_receipt(std::max(out.last_receipt(), time_text(holding.receipted_at())));
  if (!is_member) return;
  for (const auto& [index, recall] : desk.recalls.recalls(feed.number, holding.receipted_size())) {
    out.set_waiting(out.waiting() + 1);
    if (recall.done_by_day() < today(desk).day) out.set_overdue(out.overdue() + 1);
    const std::string due = day_text(recall.done_by_day());
    if (out.oldest_due().empty() || due < out.oldest_due()) out.set_oldest_due(due);
  }
}

void add_recalls_at(const Desk& desk, const store::Community& community, const NodeId& peer,
                    admin::v1::PeerRecalls& out) {
  FeedId id = feed_of(desk, community, desk.self);
  const std::uint32_t newest = id.generation;
  for (id.generation = 1; id.generation <= newest; ++id.generation)
    if (const auto feed = desk.feeds.find(id))
      add_recalls_at(desk, *feed,
                     desk.recalls.holding(feed->number, peer).value_or(storage::v1::Holding()),
                     community.may_flow(desk.self, peer), out);
}

}  // namespace

admin::v1::RecallRows list_recalls(const Desk& desk, const admin::v1::RecallList& request) {
  const std::size_t limit =
      request.limit() == 0 ? page_default : std::min(request.limit(), page_max);
  admin::v1::RecallRows out;
  std::map<NodeId, admin::v1::PeerRecalls> peers;
  for_each_own_feed(desk, [&](const store::FeedState& feed, const std::vector<Holder>& holders) {
    for (const Holder& holder : holders) {
      admin::v1::PeerRecalls& row = peers[holder.node];
      row.set_country(holder.country);
      row.set_node(to_hex(holder.node.bytes));
      add_recalls_at(desk, feed, holder.holding, holder.is_member, row);
    }
    for (const auto& [index, recall] : desk.recalls.recalls(feed.number)) {
      if (to_id({feed.number, index}) <= request.after()) continue;
      if (static_cast<std::size_t>(out.recalls_size()) == limit) {
        out.set_next(out.recalls(out.recalls_size() - 1).id());
        return;
      }
      admin::v1::RecallView view = view_of(desk, feed, holders, index, recall);
      if (request.overdue() ? view.state() != "overdue"
                            : !request.all() && view.state() == "complete")
        continue;
      view.clear_holders();
      *out.add_recalls() = std::move(view);
    }
  });
  for (auto& [node, row] : peers) *out.add_peers() = std::move(row);
  return out;
}

std::optional<RecallPlace> recall_named(const Desk& desk, const std::string& beginning) {
  const auto id = desk.recalls.recall_named(beginning).id;
  if (!id) return std::nullopt;
  const RecordName name = record_named(*id);
  auto feed = feed_numbered(desk, name.feed);
  return feed ? std::optional(RecallPlace{std::move(*feed), name.index}) : std::nullopt;
}

std::optional<admin::v1::RecallView> show_recall(const Desk& desk, const std::string& id) {
  const auto place = recall_named(desk, id);
  if (!place) return std::nullopt;
  const auto& [feed, index] = *place;
  const auto community = desk.members.community(feed.id.community);
  const auto recall = desk.recalls.recall(feed.number, index);
  if (!community || !recall) return std::nullopt;
  return view_of(desk, feed, holders_of(desk, *community, feed), index, *recall);
}

admin::v1::PeerRecalls recalls_at(const Desk& desk, const NodeId& peer) {
  admin::v1::PeerRecalls out;
  for (const store::Community& community : desk.members.communities())
    add_recalls_at(desk, community, peer, out);
  return out;
}

admin::v1::PeerRecalls recalls_at(const Desk& desk, const store::Community& community,
                                  const NodeId& peer) {
  admin::v1::PeerRecalls out;
  add_recalls_at(desk, community, peer, out);
  return out;
}

}  // namespace bakhita::desk
