// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/live_locks.h"

#include <algorithm>

#include "node/desk/advisories.h"
#include "node/desk/facts.h"
#include "node/desk/open_indicators.h"
#include "node/desk/parallel.h"
#include "node/desk/withdrawing.h"
#include "protocol/feed/open.h"

namespace bakhita::desk {
namespace {

constexpr std::uint64_t read_step = 2'048;
/// Identifiers looked for at once, over all cores.
constexpr std::size_t slice_size = 4'096;

/// The own feeds of a community, the newest generation first.
struct Published {
  CommunityId community;
  std::vector<PublishedLocks> feeds;
};

Published published_in(const Desk& desk, const store::Community& community) {
  Published out{community.id, {}};
  for (FeedId feed = feed_of(desk, community, desk.self); feed.generation > 0; --feed.generation)
    out.feeds.emplace_back(desk, feed);
  return out;
}

std::uint32_t last_expiry(const Published& published) {
  std::uint32_t out = 0;
  for (const PublishedLocks& locks : published.feeds) out = std::max(out, locks.last_expiry());
  return out;
}

/// Table::meta: until that day the community's own feed, which was had back from peers, may hold
/// locks that no identifier's state knows of: of reports that are imported again later.
constexpr std::string_view recovered_prefix = "recovered/";
Bytes recovered_key(const CommunityId& community) {
  return ByteWriter().text(recovered_prefix).raw(community.bytes).take();
}
bool is_recovered(const Desk& desk, const CommunityId& community) {
  const auto until = desk.database.get(store::Table::meta, recovered_key(community));
  return until && ByteReader(*until).u32() >= desk.now() / 86'400;
}

/// Puts the lock that the feeds have into the state. True when it was another, or none.
bool find_lock(const Desk& desk, const Published& published,
               storage::v1::IdentifierState& identifier) {
  const auto type = identifier_type(static_cast<int>(identifier.type()));
  if (!type) return false;
  std::optional<storage::v1::LiveLock> found;
  for (const PublishedLocks& locks : published.feeds)
    if (!found) found = locks.find(desk, *type, identifier.canonical());
  const auto* held = live_lock(identifier, published.community);
  if (held == nullptr ? !found : found && held->SerializeAsString() == found->SerializeAsString())
    return false;
  forget_lock(identifier, published.community);
  if (found) *identifier.add_locks() = *found;
  if (found && found->open()) identifier.set_open(true);
  return true;
}

/// Which locks are looked for: all, or those of identifiers that have none.
enum class Wanted : bool { all, unclaimed };

struct Sought {
  store::IdentifierHash hash;
  storage::v1::IdentifierState state;
  bool changed = false;
};

/// The list of open indicators went with the database that was lost.
void note_open(const Desk& desk, const Sought& sought, store::Batch& batch) {
  for (const storage::v1::LiveLock& lock : sought.state.locks()) {
    const FeedId feed{
        {to_array<16>(as_bytes(lock.community())).value()}, desk.self, lock.generation()};
    if (const auto known = desk.feeds.find(feed); known && lock.open())
      note_own_open(batch, {known->number, lock.index()}, sought.hash, lock.expiry_day());
  }
}

/// Finds the locks of some identifiers in all these communities, writes what changed, and empties
/// the slice.
void find_locks(Desk& desk, const std::vector<Published>& all, Wanted wanted,
                std::vector<Sought>& slice) {
  in_parallel(slice.size(), [&](std::size_t i) {
    for (const Published& published : all)
      if (wanted == Wanted::all || live_lock(slice[i].state, published.community) == nullptr)
        slice[i].changed |= find_lock(desk, published, slice[i].state);
  });
  store::Batch batch;
  for (const Sought& sought : slice)
    if (sought.changed) {
      desk.identifiers.put(batch, sought.hash, sought.state);
      note_open(desk, sought, batch);
    }
  desk.database.commit(std::move(batch));
  slice.clear();
}

/// The same for all identifiers.
void find_locks(Desk& desk, const std::vector<Published>& all, Wanted wanted) {
  std::vector<Sought> slice;
  desk.identifiers.for_each(
      [&](const store::IdentifierHash& hash, const storage::v1::IdentifierState& state) {
        slice.push_back({hash, state});
        if (slice.size() == slice_size) find_locks(desk, all, wanted, slice);
        return true;
      });
  find_locks(desk, all, wanted, slice);
}

}  // namespace

PublishedLocks::PublishedLocks(const Desk& desk, const FeedId& feed) : feed_(feed) {
  const auto state = desk.feeds.find(feed);
  const auto today = static_cast<std::uint32_t>(desk.now() / 86'400);
  std::set<std::uint64_t> withdrawn;
  for (std::uint64_t at = state ? state->first : 0; state && at < state->size;) {
    const auto records = desk.feeds.read_held(feed, at, read_step);
    if (records.empty()) break;  // it is being had back
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Record& record = records[i];
      v1::Withdraw withdraw;
      if (record.header.kind == RecordKind::withdraw) {
        if (withdraw.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())) &&
            withdraw.generation() == 0)
          withdrawn.insert(withdraw.index());
        continue;
      }
      const auto token = recall_token_of(record);
      if (!token || record.header.expiry_day < today) continue;
      tokens_[*token] = at + i;
      if (const auto head = lock_head(record.body)) scopes_.insert({head->epoch, head->period});
      last_expiry_ = std::max(last_expiry_, record.header.expiry_day);
    }
    at += records.size();
  }
  std::erase_if(tokens_, [&](const auto& entry) { return withdrawn.contains(entry.second); });
}

storage::v1::LiveLock PublishedLocks::live_as(std::uint64_t index, std::uint32_t expiry_day,
                                              v1::LockSummary summary) const {
  storage::v1::LiveLock out;
  out.set_community(std::string(as_text(feed_.community.bytes)));
  out.set_generation(feed_.generation);
  out.set_index(index);
  out.set_expiry_day(expiry_day);
  out.set_ref(summary.ref());
  summary.clear_ref();
  *out.mutable_summary() = std::move(summary);
  return out;
}

std::optional<storage::v1::LiveLock> PublishedLocks::find_open(const Desk& desk,
                                                               IdentifierType type,
                                                               const std::string& canonical) const {
  const auto at = tokens_.find(open_token(type, canonical));
  const auto record = at == tokens_.end() ? std::nullopt : desk.feeds.record(feed_, at->second);
  const auto open = record ? parse_open(record->body) : Error::not_found;
  if (!open) return std::nullopt;
  auto out = live_as(at->second, record->header.expiry_day, open->summary());
  out.set_open(true);
  return out;
}

std::optional<storage::v1::LiveLock> PublishedLocks::find(const Desk& desk, IdentifierType type,
                                                          const std::string& canonical) const {
  std::optional<storage::v1::LiveLock> out = find_open(desk, type, canonical);
  if (out || tokens_.empty()) return out;
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
    out = live_as(at->second, record->header.expiry_day, *summary);
    out->set_period(period);
    out->set_epoch(epoch);
  }
  return out;
}

void find_live_locks(Desk& desk) {
  const auto exclusive = desk.identifiers.exclusive();
  std::vector<Published> all;
  store::Batch marks;
  for (const store::Community& community : desk.members.communities()) {
    all.push_back(published_in(desk, community));
    if (const std::uint32_t until = last_expiry(all.back()); until > 0)
      marks.put(store::Table::meta, recovered_key(community.id), ByteWriter().u32(until).view());
  }
  find_locks(desk, all, Wanted::all);
  desk.database.commit(std::move(marks));
  find_own_advisories(desk);
}

void claim_locks(Desk& desk, const store::Community& community) {
  if (is_recovered(desk, community.id))
    find_locks(desk, {published_in(desk, community)}, Wanted::unclaimed);
}

void claim_locks(const Desk& desk, std::span<storage::v1::IdentifierState* const> identifiers) {
  if (identifiers.empty()) return;
  for (const store::Community& community : desk.members.communities()) {
    if (!is_recovered(desk, community.id)) continue;
    const Published published = published_in(desk, community);
    for (storage::v1::IdentifierState* identifier : identifiers)
      if (live_lock(*identifier, community.id) == nullptr) find_lock(desk, published, *identifier);
  }
}

void forget_recovered(Desk& desk) {
  store::Batch batch;
  desk.database.scan(store::Table::meta, as_bytes(recovered_prefix), {},
                     [&](ByteView key, ByteView until) {
                       if (ByteReader(until).u32() < desk.now() / 86'400)
                         batch.erase(store::Table::meta, key);
                       return true;
                     });
  desk.database.commit(std::move(batch));
}

}  // namespace bakhita::desk
