// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/live_locks.h"

#include <algorithm>

#include "node/desk/facts.h"
#include "node/desk/parallel.h"

namespace bakhita::desk {
namespace {

constexpr std::uint64_t read_step = 2'048;
/// Identifiers looked for at once, over all cores.
constexpr std::size_t slice_size = 4'096;

struct Sought {
  store::IdentifierHash hash;
  storage::v1::IdentifierState state;
  bool changed = false;
};

/// The own feeds of a community, the newest generation first.
std::vector<PublishedLocks> published_in(const Desk& desk, const store::Community& community) {
  std::vector<PublishedLocks> out;
  for (FeedId feed = feed_of(desk, community, desk.self); feed.generation > 0; --feed.generation)
    out.emplace_back(desk, feed);
  return out;
}

void find_lock(const Desk& desk, const store::Community& community,
               const std::vector<PublishedLocks>& published, Sought& sought) {
  const auto type = identifier_type(static_cast<int>(sought.state.type()));
  if (!type) return;
  std::optional<storage::v1::LiveLock> found;
  for (const PublishedLocks& locks : published)
    if (!found) found = locks.find(desk, *type, sought.state.canonical());
  auto& held = *sought.state.mutable_locks();
  const auto at = std::find_if(held.begin(), held.end(), [&](const storage::v1::LiveLock& lock) {
    return lock.community() == as_text(community.id.bytes);
  });
  const bool same =
      at == held.end() ? !found : found && at->SerializeAsString() == found->SerializeAsString();
  if (same) return;
  sought.changed = true;
  if (at != held.end()) held.erase(at);
  if (found) *sought.state.add_locks() = *found;
}

void put_changed(Desk& desk, std::vector<Sought>& slice,
                 const std::vector<std::pair<store::Community, std::vector<PublishedLocks>>>& all) {
  in_parallel(slice.size(), [&](std::size_t i) {
    for (const auto& [community, published] : all) find_lock(desk, community, published, slice[i]);
  });
  store::Batch batch;
  for (const Sought& sought : slice)
    if (sought.changed) desk.identifiers.put(batch, sought.hash, sought.state);
  desk.database.commit(std::move(batch));
  slice.clear();
}

}  // namespace

Bytes recovered_key(const CommunityId& community) {
  return ByteWriter().text("recovered/").raw(community.bytes).take();
}

PublishedLocks::PublishedLocks(const Desk& desk, const FeedId& feed) : feed_(feed) {
  const auto state = desk.feeds.find(feed);
  const auto today = static_cast<std::uint32_t>(desk.now() / 86'400);
  std::set<std::uint64_t> withdrawn;
  for (std::uint64_t at = 0; state && at < state->size;) {
    const auto records = desk.feeds.read_held(feed, at, read_step);
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Record& record = records[i];
      v1::Withdraw withdraw;
      if (record.header.kind == RecordKind::withdraw) {
        if (withdraw.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())) &&
            withdraw.generation() == 0)
          withdrawn.insert(withdraw.index());
        continue;
      }
      const auto head = lock_head(record.body);
      if (record.header.kind != RecordKind::lock || !head || record.header.expiry_day < today)
        continue;
      tokens_[head->token] = at + i;
      scopes_.insert({head->epoch, head->period});
    }
    at += records.size();
  }
  std::erase_if(tokens_, [&](const auto& entry) { return withdrawn.contains(entry.second); });
}

std::optional<storage::v1::LiveLock> PublishedLocks::find(const Desk& desk, IdentifierType type,
                                                          const std::string& canonical) const {
  std::optional<storage::v1::LiveLock> out;
  if (tokens_.empty()) return out;
  std::optional<std::uint32_t> prk_epoch;
  Prk prk{};
  for (const auto& [epoch, period] : scopes_) {
    const Scope scope{feed_.community, desk.self, epoch, group_of(type)};
    if (prk_epoch != epoch) {
      const std::string seed = keys::name::oprf_seed(feed_.community, epoch);
      const std::string secret = keys::name::community_secret(feed_.community, epoch);
      if (!desk.keystore.has(seed) || !desk.keystore.has(secret)) continue;
      const auto key = oprf_key(to_array<32>(desk.keystore.get(seed).view()).value(), scope);
      prk = make_prk(to_array<32>(desk.keystore.get(secret).view()).value(),
                     evaluate_directly(key.secret, id_input(type, canonical)));
      prk_epoch = epoch;
    }
    const auto at = tokens_.find(make_token(prk, scope, period));
    if (at == tokens_.end() || (out && out->index() > at->second)) continue;
    const auto record = desk.feeds.record(feed_, at->second);
    auto summary = record ? open_lock(prk, scope, record->header, record->body)
                          : Result<v1::LockSummary>(Error::not_found);
    if (!summary) continue;
    storage::v1::LiveLock lock;
    lock.set_community(std::string(as_text(feed_.community.bytes)));
    lock.set_generation(feed_.generation);
    lock.set_index(at->second);
    lock.set_expiry_day(record->header.expiry_day);
    lock.set_period(period);
    lock.set_epoch(epoch);
    lock.set_ref(summary->ref());
    summary->clear_ref();
    *lock.mutable_summary() = *summary;
    out = std::move(lock);
  }
  return out;
}

void find_live_locks(Desk& desk) {
  const auto exclusive = desk.identifiers.exclusive();
  std::vector<std::pair<store::Community, std::vector<PublishedLocks>>> all;
  store::Batch marks;
  for (const store::Community& community : desk.members.communities()) {
    all.emplace_back(community, published_in(desk, community));
    marks.put(store::Table::meta, recovered_key(community.id), ByteView());
  }
  std::vector<Sought> slice, rest;
  desk.identifiers.for_each(
      [&](const store::IdentifierHash& hash, const storage::v1::IdentifierState& state) {
        rest.push_back({hash, state});
        return true;
      });
  for (Sought& sought : rest) {
    slice.push_back(std::move(sought));
    if (slice.size() == slice_size) put_changed(desk, slice, all);
  }
  put_changed(desk, slice, all);
  desk.database.commit(std::move(marks));
}

}  // namespace bakhita::desk
