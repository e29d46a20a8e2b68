// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/publishing.h"

#include <algorithm>
#include <map>

#include "node/desk/answering.h"
#include "node/desk/facts.h"
#include "node/desk/parallel.h"
#include "protocol/community/charter.h"

namespace bakhita::desk {
namespace {

constexpr std::size_t locks_multiple = 32;
/// A lock that would expire within so many days is renewed.
constexpr std::uint32_t renewal_days = 14;
constexpr std::uint32_t withdrawal_days = 30;
constexpr std::uint32_t oprf_key_days = 395;  // 12 months and 30 days of overlap

struct Change {
  store::IdentifierHash hash;
  storage::v1::IdentifierState state;
  bool release = false;
  std::optional<std::uint64_t> withdrawn;  ///< index of the lock that goes
  v1::WithdrawReason reason = v1::WITHDRAW_REASON_UNSPECIFIED;
  v1::LockSummary summary;
  Hash digest{};
  Record lock;
  Token token{};
};

struct Plan {
  std::vector<Change> changes;
  std::uint64_t unchanged = 0;
  std::map<ReleaseRule, std::uint64_t> held_back;
};

struct Today {
  std::uint32_t hour, day, period;
};

Today today(const Desk& desk) {
  const std::uint64_t now = desk.now();
  return {static_cast<std::uint32_t>(now / 3'600), static_cast<std::uint32_t>(now / 86'400),
          period_of(now)};
}

storage::v1::LiveLock* live_lock(storage::v1::IdentifierState& state,
                                 const CommunityId& community) {
  for (storage::v1::LiveLock& lock : *state.mutable_locks())
    if (lock.community() == as_text(community.bytes)) return &lock;
  return nullptr;
}

v1::WithdrawReason reason_of(ReleaseRule rule) {
  switch (rule) {
    case ReleaseRule::no_sighting:
      return v1::WITHDRAW_REASON_ERASED;
    case ReleaseRule::shielded:
      return v1::WITHDRAW_REASON_VICTIM;
    case ReleaseRule::released:
      return v1::WITHDRAW_REASON_RECTIFIED;
    case ReleaseRule::benign:
    case ReleaseRule::tlp_over_charter:
    case ReleaseRule::type_not_in_charter:
    case ReleaseRule::role_not_in_charter:
      return v1::WITHDRAW_REASON_NARROWED;
  }
  return v1::WITHDRAW_REASON_NARROWED;
}

/// Everything that differs from what is published; with `only_live`, of what is published.
Plan make_plan(const Desk& desk, const store::Community& community, bool only_live) {
  Plan plan;
  const Today now = today(desk);
  desk.identifiers.for_each(
      [&](const store::IdentifierHash& hash, const storage::v1::IdentifierState& stored) {
        const ReleaseRule rule = decide_release(facts_of(stored), community.charter);
        Change change;
        change.hash = hash;
        change.state = stored;
        change.release = rule == ReleaseRule::released;
        const storage::v1::LiveLock* live = live_lock(change.state, community.id);
        if (live == nullptr && only_live) return true;
        const bool rekeyed = live != nullptr && live->epoch() != community.charter.key_epoch();
        bool changed = true;
        if (!change.release) {
          ++plan.held_back[rule];
          if (live == nullptr) return true;
        } else {
          change.summary = summarise(desk, stored);
          change.digest = sha256(as_bytes(change.summary.SerializeAsString()));
          changed = live == nullptr || live->summary_digest() != as_text(change.digest);
          if (!changed && !rekeyed && live->expiry_day() > now.day + renewal_days) {
            ++plan.unchanged;
            return true;
          }
        }
        if (live != nullptr) {
          change.withdrawn = live->index();
          change.reason = rekeyed && !changed ? v1::WITHDRAW_REASON_REKEYED : reason_of(rule);
        }
        plan.changes.push_back(std::move(change));
        return true;
      });
  return plan;
}

void make_locks(Desk& desk, const store::Community& community, Plan& plan) {
  const Today now = today(desk);
  const ByteArray<32> secret = community_secret(desk, community.id, community.charter.key_epoch());
  const voprf::KeyPair keys[2] = {own_oprf_key(desk, community, 1),
                                  own_oprf_key(desk, community, 2)};
  const std::uint32_t retention = std::min(desk.retention_days, community.charter.retention_days());
  in_parallel(plan.changes.size(), [&](std::size_t i) {
    Change& change = plan.changes[i];
    if (!change.release) return;
    const auto type = identifier_type(static_cast<int>(change.state.type())).value();
    const std::uint8_t group = group_of(type);
    const Prk prk = make_prk(secret, evaluate_directly(keys[group - 1].secret,
                                                       id_input(type, change.state.canonical())));
    const Scope scope = scope_of(community, desk.self, group);
    const auto ref = desk.random.bytes<16>();
    change.summary.set_ref(std::string(as_text(ref)));
    change.lock = make_lock(prk, scope, now.period, desk.random.bytes<32>(), change.summary,
                            now.hour, now.day + retention);
    change.token = make_token(prk, scope, now.period);
  });
}

std::string salt(Desk& desk) { return std::string(as_text(desk.random.bytes<32>())); }

Bytes body(const google::protobuf::Message& message) {
  return to_bytes(as_bytes(message.SerializeAsString()));
}

/// Table::meta: our feed names its keys of this key epoch. The value is empty, or says under which
/// charter all that is published was brought up to date last.
Bytes own_keys_key(const store::Community& community) {
  return ByteWriter()
      .text("own-keys/")
      .raw(community.id.bytes)
      .u32(community.charter.key_epoch())
      .take();
}
bool names_keys(const Desk& desk, const store::Community& community) {
  return desk.database.get(store::Table::meta, own_keys_key(community)).has_value();
}

Bytes whole_under(const store::Community& community) {
  return ByteWriter().raw(community.charter_hash).u32(community.accepted.epoch()).take();
}
bool is_renewed(const Desk& desk, const store::Community& community) {
  return desk.database.get(store::Table::meta, own_keys_key(community)) == whole_under(community);
}

/// The records that a key epoch begins with: keys that lookups prove against, and quotas.
void add_opening_records(Desk& desk, const store::Community& community,
                         std::vector<Record>& records) {
  const Today now = today(desk);
  v1::OriginPolicy policy;
  for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
    v1::OprfKey key;
    key.set_epoch(community.charter.key_epoch());
    key.set_group(group);
    key.set_public_key(std::string(as_text(own_oprf_key(desk, community, group).public_key)));
    key.set_from_day(now.day);
    key.set_until_day(now.day + oprf_key_days);
    records.push_back(
        make_record(RecordKind::oprf_key, now.hour, now.day + oprf_key_days, body(key)));
    const QuotaLimits limits = quota_limits(desk, community.id, group);
    auto* quota = policy.add_quotas();
    quota->set_group(group);
    quota->set_per_day(limits.per_day);
    quota->set_burst(limits.burst);
    quota->set_per_epoch(limits.per_epoch);
  }
  records.push_back(
      make_record(RecordKind::policy, now.hour, now.day + oprf_key_days, body(policy)));
}

std::vector<Record> make_records(Desk& desk, const store::Community& community, std::uint64_t size,
                                 Plan& plan, admin::v1::PublishFeed& view) {
  const Today now = today(desk);
  std::vector<Record> records;
  if (!names_keys(desk, community)) add_opening_records(desk, community, records);
  for (const Change& change : plan.changes) {
    if (!change.withdrawn) continue;
    v1::Withdraw withdraw;
    withdraw.set_index(*change.withdrawn);
    withdraw.set_reason(change.reason);
    withdraw.set_done_by_day(now.day + withdrawal_days);
    withdraw.set_salt(salt(desk));
    records.push_back(
        make_record(RecordKind::withdraw, now.hour, now.day + desk.retention_days, body(withdraw)));
  }
  // Sorted by token, dummies among them: the order says nothing.
  std::vector<std::pair<Token, Change*>> order;
  for (Change& change : plan.changes)
    if (change.release) order.emplace_back(change.token, &change);
  const std::size_t real = order.size();
  std::vector<Record> dummies((locks_multiple - real % locks_multiple) % locks_multiple);
  for (Record& dummy : dummies) {
    const std::uint8_t group = desk.random.bytes<1>()[0] % 2 == 0 ? 1 : 2;
    dummy = make_dummy(scope_of(community, desk.self, group), now.period, desk.random.bytes<208>(),
                       now.hour,
                       now.day + std::min(desk.retention_days, community.charter.retention_days()));
    order.emplace_back(token_of(dummy.body).value(), nullptr);
  }
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::size_t next_dummy = 0;
  for (auto& [token, change] : order) {
    const std::uint64_t index = size + records.size();
    if (change == nullptr) {
      // Dummies were drawn in no order; find the one with this token.
      while (token_of(dummies[next_dummy].body) != token)
        next_dummy = (next_dummy + 1) % dummies.size();
      records.push_back(dummies[next_dummy]);
      continue;
    }
    auto* live = live_lock(change->state, community.id);
    if (live == nullptr) live = change->state.add_locks();
    live->set_community(std::string(as_text(community.id.bytes)));
    live->set_index(index);
    live->set_expiry_day(change->lock.header.expiry_day);
    live->set_period(now.period);
    live->set_epoch(community.charter.key_epoch());
    live->set_summary_digest(std::string(as_text(change->digest)));
    live->set_ref(change->summary.ref());
    records.push_back(std::move(change->lock));
  }
  view.set_dummies(dummies.size());
  return records;
}

void forget_lock(storage::v1::IdentifierState& state, const CommunityId& community) {
  auto& locks = *state.mutable_locks();
  locks.erase(std::remove_if(locks.begin(), locks.end(),
                             [&](const storage::v1::LiveLock& lock) {
                               return lock.community() == as_text(community.bytes);
                             }),
              locks.end());
}

/// Writes what the plan says; its changes become durable with the records. `whole`: then all that
/// is published is up to date. Returns the feed's size.
std::uint64_t carry_out(Desk& desk, const store::Community& community, Plan plan, bool whole,
                        const store::AuditEntry& entry, admin::v1::PublishFeed& view) {
  const FeedId feed = feed_of(community, desk.self);
  make_locks(desk, community, plan);
  const std::vector<Record> records =
      make_records(desk, community, desk.feeds.open(feed).size, plan, view);
  store::Batch extra;
  extra.put(store::Table::meta, own_keys_key(community), whole ? whole_under(community) : Bytes());
  std::vector<std::uint64_t> gone;
  for (Change& change : plan.changes) {
    if (change.withdrawn) gone.push_back(*change.withdrawn);
    if (!change.release) forget_lock(change.state, community.id);
    desk.identifiers.put(extra, change.hash, change.state);
  }
  store::AuditEntry counted = entry;
  counted.outcome = std::to_string(records.size()) + " records";
  desk.audit.commit({}, counted);
  desk.audit.flush_anchor();
  const keys::SecretBytes log_seed = desk.keystore.get(keys::name::log);
  const auto state = desk.feeds.append(
      feed, records, keys::ed25519_public(log_seed),
      [&](ByteView text) { return keys::sign(log_seed, text); }, std::move(extra));
  if (!gone.empty()) desk.feeds.erase_bodies(feed, gone, {});
  return state.size;
}

void check_ceiling(const Plan& plan, const store::Community& community) {
  std::uint64_t live = plan.unchanged;
  for (const Change& change : plan.changes) live += change.release ? 1 : 0;
  if (live > community.charter.live_locks_per_origin())
    throw PublishRefused("the charter of " + community.charter.name() + " allows " +
                         std::to_string(community.charter.live_locks_per_origin()) +
                         " live indicators of one origin; there would be " + std::to_string(live));
}

admin::v1::PublishFeed publish_in(Desk& desk, const store::Community& community,
                                  const admin::v1::Publish& request) {
  const auto exclusive = desk.identifiers.exclusive();
  ensure_oprf_seed(desk, community);
  Plan plan = make_plan(desk, community, false);
  admin::v1::PublishFeed view;
  view.set_community(community.charter.name());
  for (const v1::Member& member : community.charter.members())
    if (community.may_flow(desk.self, node_of(member))) view.add_recipients(member.country());
  for (const auto& [rule, count] : plan.held_back) {
    auto* row = view.add_held_back();
    row->set_rule(std::string(name_of(rule)));
    row->set_identifiers(count);
    row->set_explanation(std::string(explain(rule)));
  }
  view.set_unchanged(plan.unchanged);
  for (const Change& change : plan.changes) {
    if (change.release && change.withdrawn)
      view.set_replaced(view.replaced() + 1);
    else if (change.release)
      view.set_locks(view.locks() + 1);
    else
      view.set_withdrawn(view.withdrawn() + 1);
  }
  const std::uint64_t size = desk.feeds.open(feed_of(community, desk.self)).size;
  view.set_size(size);
  if (request.dry_run() || (plan.changes.empty() && names_keys(desk, community))) return view;
  check_ceiling(plan, community);
  const auto entry = desk.entry(request.operator_(), "publish", to_hex(community.id.bytes),
                                "approved by " + request.approver());
  view.set_size(carry_out(desk, community, std::move(plan), true, entry, view));
  return view;
}

/// Changes that one batch of a renewal takes along.
constexpr std::size_t renewal_step = 8'192;

std::size_t renew_in(Desk& desk, const store::Community& community) {
  const FeedId feed = feed_of(community, desk.self);
  const auto before = desk.feeds.find(feed);
  if (!before || before->size == 0 || is_renewed(desk, community)) return 0;
  const auto exclusive = desk.identifiers.exclusive();
  ensure_oprf_seed(desk, community);
  Plan plan = make_plan(desk, community, true);
  if (plan.changes.empty() && names_keys(desk, community)) {
    store::Batch done;
    done.put(store::Table::meta, own_keys_key(community), whole_under(community));
    desk.database.commit(std::move(done));
    return 0;
  }
  const auto entry = desk.entry("node", "publish.renew", to_hex(community.id.bytes),
                                "key epoch " + std::to_string(community.charter.key_epoch()));
  admin::v1::PublishFeed view;
  std::uint64_t size = before->size;
  // The keys go with the first batch. A crash in between leaves the rest to the next start.
  std::size_t first = 0;
  do {
    const std::size_t count = std::min(renewal_step, plan.changes.size() - first);
    Plan step;
    step.changes.assign(
        std::make_move_iterator(plan.changes.begin() + static_cast<std::ptrdiff_t>(first)),
        std::make_move_iterator(plan.changes.begin() + static_cast<std::ptrdiff_t>(first + count)));
    first += count;
    const bool whole = first == plan.changes.size();
    size = carry_out(desk, community, std::move(step), whole, entry, view);
  } while (first < plan.changes.size());
  return size - before->size;
}

}  // namespace

admin::v1::Published publish(Desk& desk, const admin::v1::Publish& request) {
  if (!request.dry_run() && desk.approvals > 1 &&
      (request.approver().empty() || request.approver() == request.operator_()))
    throw PublishRefused(
        "publishing needs two persons: name another than yourself with --approver");
  admin::v1::Published out;
  out.set_dry_run(request.dry_run());
  for (const store::Community& community : desk.members.communities()) {
    if (!request.community().empty() && community.charter.name() != request.community()) continue;
    if (!community.accepted_by(desk.self) || !community.has_member(desk.self)) continue;
    if (!has_secret(desk, community))
      throw PublishRefused("the newest charter of " + community.charter.name() +
                           " came without a secret that this node can open; nothing can be "
                           "published under it");
    *out.add_feeds() = publish_in(desk, community, request);
  }
  if (out.feeds_size() == 0)
    throw PublishRefused(request.community().empty()
                             ? "this node is in no community yet; nothing can be published"
                             : "this node is in no community of that name");
  return out;
}

std::size_t renew_published(Desk& desk) {
  std::size_t records = 0;
  for (const store::Community& community : desk.members.communities())
    if (community.accepted_by(desk.self) && community.has_member(desk.self) &&
        has_secret(desk, community))
      records += renew_in(desk, community);
  return records;
}

}  // namespace bakhita::desk
