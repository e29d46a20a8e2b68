// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/duties.h"

#include <algorithm>

#include "node/desk/letters.h"
#include "node/desk/names.h"

namespace bakhita::desk {
namespace {

using store::Table;

constexpr std::uint64_t purge_pause = 60;  // seconds
constexpr std::uint64_t purge_share = 100;
/// A receipt that its origin refused is written again after so many seconds.
constexpr std::uint64_t repost_after = 86'400;
constexpr Table purged_tables[] = {Table::feed_bodies, Table::tokens, Table::matches,
                                   Table::match_index};

/// Where the last receipt is; one that its origin refused is owed again, after a pause.
struct Posted {
  bool is_on_its_way = false, is_refused = false;
};
Posted last_receipt(const Desk& desk, const storage::v1::Duty& duty) {
  const auto id = to_array<16>(as_bytes(duty.letter()));
  const auto letter = id ? desk.letters.letter(*id) : std::nullopt;
  if (!letter || letter->delivered_at() > 0) return {};
  const bool refused = !letter->undeliverable().empty();
  return {.is_on_its_way = !refused, .is_refused = refused};
}

bool is_owed(const Desk& desk, const storage::v1::Duty& duty) {
  const Posted last = last_receipt(desk, duty);
  if (last.is_on_its_way) return false;
  if (last.is_refused) return desk.now() >= duty.posted_at() + repost_after;
  return duty.done_size() > duty.receipted_size() || duty.purged_size() > duty.receipted_purged();
}

bool can_write_to(const Desk& desk, const FeedId& feed) {
  for (const store::Community& community : desk.members.shared_with(desk.self, feed.origin))
    if (community.id == feed.community) return true;
  return false;
}

v1::Letter receipt_for(Desk& desk, const FeedId& feed, const storage::v1::Duty& duty,
                       const Hash& root) {
  v1::Letter content;
  v1::RecallReceipt& receipt = *content.mutable_recall_receipt();
  receipt.set_community(text(feed.community.bytes));
  receipt.set_generation(feed.generation);
  receipt.set_size(duty.done_size());
  receipt.set_root(text(root));
  // A clock that was ahead then, and is put right since, would date it after its own letter.
  receipt.set_done_at(std::min(duty.done_at(), desk.now()));
  receipt.set_purged_size(duty.purged_size());
  receipt.set_purged_at(std::min(duty.purged_at(), desk.now()));
  v1::Letter out = addressed(desk, std::move(content), {feed.origin, feed.community});
  out.set_thread(out.id());
  return out;
}

void post_receipt(Desk& desk, const store::FeedState& feed) {
  const auto letters = desk.letters.exclusive();
  const auto alone = desk.recalls.exclusive();
  storage::v1::Duty duty = desk.recalls.duty(feed.number);
  // A withdrawal whose own body is still missing may be among them: then nothing is claimed yet.
  const bool is_whole = feed.missing == 0 && desk.feeds.matched_size(feed.id) >= duty.done_size();
  if (!is_owed(desk, duty) || !is_whole || feed.frozen || !can_write_to(desk, feed.id)) return;
  const auto root = desk.feeds.root_at(feed.id, duty.done_size());
  if (!root) return;
  const v1::Letter letter = receipt_for(desk, feed.id, duty, *root);
  store::Batch batch;
  if (const auto before = to_array<16>(as_bytes(duty.letter()))) desk.letters.erase(batch, *before);
  post_receipt(desk, letter, batch);
  duty.set_receipted_size(duty.done_size());
  duty.set_receipted_purged(duty.purged_size());
  duty.set_letter(letter.id());
  duty.set_posted_at(desk.now());
  desk.recalls.put(batch, feed.number, duty);
  desk.audit.commit(std::move(batch),
                    desk.entry("node", "recall.receipt", to_hex(as_bytes(letter.id())), {},
                               "to " + to_hex(feed.id.origin.bytes).substr(0, 16) + ", " +
                                   std::to_string(duty.done_size()) + " records"));
}

}  // namespace

void bury_token(const Desk& desk, const FeedId& feed, std::uint64_t index, const Record& withdrawn,
                std::uint32_t until_day, store::Batch& batch) {
  const auto token = recall_token_of(withdrawn);
  if (!token) return;
  storage::v1::Tombstone tombstone;
  tombstone.set_generation(feed.generation);
  tombstone.set_index(index);
  tombstone.set_until_day(until_day);
  desk.recalls.put(batch, feed.community, feed.origin, *token, tombstone);
}

bool is_buried(const Desk& desk, const CommunityId& community, const NodeId& origin,
               const Token& token, std::optional<std::pair<std::uint32_t, std::uint64_t>> record) {
  const auto tombstone = desk.recalls.tombstone(community, origin, token);
  if (!tombstone || tombstone->until_day() < desk.now() / 86'400) return false;
  return !record || *record > std::pair(tombstone->generation(), tombstone->index());
}

void note_done(const Desk& desk, std::uint32_t feed, std::uint64_t size, store::Batch& batch) {
  storage::v1::Duty duty = desk.recalls.duty(feed);
  if (size <= duty.done_size()) return;
  duty.set_done_size(size);
  duty.set_done_at(desk.now());
  desk.recalls.put(batch, feed, duty);
}

void purge_deleted(Desk& desk) {
  const std::uint64_t start = desk.now();
  const auto duties = desk.recalls.duties();
  const bool is_due = std::any_of(duties.begin(), duties.end(), [](const auto& duty) {
    return duty.second.purged_size() < duty.second.done_size();
  });
  // A clock that ran back by more than a pause does not keep it away.
  const bool is_soon = desk.purged_at <= start && start < desk.purge_not_before;
  if (!is_due || is_soon) return;
  desk.database.purge(purged_tables);
  const std::uint64_t end = std::max(start, desk.now());
  desk.purged_at = end;
  desk.purge_not_before = end + std::max(purge_pause, purge_share * (end - start));
  const auto no_publication = desk.identifiers.exclusive();  // which has duties of its own feed
  const auto alone = desk.recalls.exclusive();
  store::Batch batch;
  for (const auto& [feed, before] : duties) {
    storage::v1::Duty duty = desk.recalls.duty(feed);
    duty.set_purged_size(before.done_size());
    duty.set_purged_at(end);
    desk.recalls.put(batch, feed, duty);
  }
  desk.audit.commit(std::move(batch), desk.entry("node", "recall.purge"));
}

void post_receipts(Desk& desk) {
  for (const store::FeedState& feed : desk.feeds.all())
    if (feed.id.origin != desk.self && is_owed(desk, desk.recalls.duty(feed.number)))
      post_receipt(desk, feed);
}

}  // namespace bakhita::desk
