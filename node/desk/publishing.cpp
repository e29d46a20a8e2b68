// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/publishing.h"

#include <algorithm>
#include <limits>
#include <map>

#include "node/desk/canary_locks.h"
#include "node/desk/deciding.h"
#include "node/desk/duties.h"
#include "node/desk/facts.h"
#include "node/desk/introducing.h"
#include "node/desk/live_locks.h"
#include "node/desk/open_indicators.h"
#include "node/desk/own_feed.h"
#include "node/desk/parallel.h"
#include "node/desk/withdrawing.h"
#include "protocol/community/charter.h"
#include "protocol/feed/open.h"
#include "protocol/policy/withdrawal.h"

namespace bakhita::desk {
namespace {

constexpr std::size_t locks_multiple = 32;
/// A lock that would expire within so many days is renewed.
constexpr std::uint32_t renewal_days = 14;

struct Change {
  store::IdentifierHash hash;
  storage::v1::IdentifierState state;
  bool release = false;
  bool open = false;                    ///< as a record that every member reads
  std::optional<Withdrawal> withdrawn;  ///< the lock that goes
  v1::LockSummary summary;              ///< without ref
  std::uint32_t expires_by = std::numeric_limits<std::uint32_t>::max();  ///< day
  std::string ref;
  Record lock;  ///< or open indicator
  Token token{};
};

struct Plan {
  std::vector<Change> changes;
  std::uint64_t unchanged = 0;
  std::map<policy::RuleId, std::uint64_t> held_back;
  std::uint64_t not_opened = 0;  ///< as many as members keep are open already: they become locks
  std::vector<store::AuditEntry> decisions;
};

/// Decides for each kind of identifier once; there may be a million of them.
Tally release_tally(const Desk& desk, const store::Community& community) {
  return {community, release_question(desk, community, {})};
}

/// Under keys that are over. What every member reads has none.
bool is_rekeyed(const storage::v1::LiveLock& live, const store::Community& community) {
  return !live.open() && live.epoch() != community.charter.key_epoch();
}

/// Is there a record in this very feed that every member reads?
bool is_open_in(const storage::v1::LiveLock* live, const FeedId& feed) {
  return live != nullptr && live->open() && live->generation() == feed.generation;
}

/// Everything that differs from what is published.
Plan make_plan(const Desk& desk, const store::Community& community, const FeedId& feed,
               const std::string& actor) {
  Plan plan;
  Tally release = release_tally(desk, community);
  const Today now = today(desk);
  std::size_t room = open_room(desk, feed);
  desk.identifiers.for_each(
      [&](const store::IdentifierHash& hash, const storage::v1::IdentifierState& stored) {
        const policy::RuleId rule = release.decide(stored);
        Change change;
        change.hash = hash;
        change.state = stored;
        change.release = rule == policy::RuleId::allowed;
        const storage::v1::LiveLock* live = live_lock(change.state, community.id);
        const bool rekeyed = live != nullptr && is_rekeyed(*live, community);
        if (change.release && stored.open()) {
          change.open = is_open_in(live, feed) || room > 0;
          if (!change.open) ++plan.not_opened;
          if (change.open && !is_open_in(live, feed)) --room;
        }
        bool changed = true;
        if (!change.release) {
          ++plan.held_back[rule];
          if (live == nullptr) return true;
        } else {
          change.summary = summarise(desk, stored);
          changed = live == nullptr || live->open() != change.open ||
                    live->summary().SerializeAsString() != change.summary.SerializeAsString();
          if (!changed && !rekeyed && live->generation() == feed.generation &&
              live->expiry_day() > now.day + renewal_days) {
            ++plan.unchanged;
            return true;
          }
        }
        if (live != nullptr)
          change.withdrawn =
              take_back(change.state, *live,
                        rekeyed && !changed ? v1::WITHDRAW_REASON_REKEYED
                                            : policy::withdraw_reason(rule, facts_of(stored)));
        plan.changes.push_back(std::move(change));
        return true;
      });
  plan.decisions = release.entries(desk, actor, "policy.release");
  return plan;
}

/// What is published already, under the keys in force: nothing is said that nobody approved, and no
/// lock lives longer. What must go, goes.
Plan plan_renewal(const Desk& desk, const store::Community& community) {
  Plan plan;
  Tally release = release_tally(desk, community);
  const std::uint32_t day = today(desk).day;
  desk.identifiers.for_each([&](const store::IdentifierHash& hash,
                                const storage::v1::IdentifierState& stored) {
    Change change;
    change.state = stored;
    const storage::v1::LiveLock* live = live_lock(change.state, community.id);
    if (live == nullptr || live->expiry_day() < day) return true;
    const auto due = due_reason(desk, release.decide(stored), stored, *live);
    if (!due && !is_rekeyed(*live, community)) return true;
    change.hash = hash;
    change.release = !due;
    change.open = live->open();  // that it shall be is a publication's to say
    change.withdrawn = take_back(change.state, *live, due.value_or(v1::WITHDRAW_REASON_REKEYED));
    change.summary = live->summary();
    change.expires_by = live->expiry_day();
    plan.changes.push_back(std::move(change));
    return true;
  });
  plan.decisions = release.entries(desk, "node", "policy.release");
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
    // A lock that takes the place of another keeps its ref: peers may ask by it already.
    const storage::v1::LiveLock* live = live_lock(change.state, community.id);
    change.ref = live != nullptr ? live->ref() : std::string(as_text(desk.random.bytes<16>()));
    v1::LockSummary summary = change.summary;
    summary.set_ref(change.ref);
    const std::uint32_t expiry_day = std::min(change.expires_by, now.day + retention);
    if (change.open) {
      change.lock = make_open(type, change.state.canonical(), summary, desk.random.bytes<32>(),
                              now.hour, expiry_day);
      change.token = open_token(type, change.state.canonical());
      return;
    }
    const std::uint8_t group = group_of(type);
    const Prk prk = make_prk(secret, evaluate_directly(keys[group - 1].secret,
                                                       id_input(type, change.state.canonical())));
    const Scope scope = scope_of(community, desk.self, group);
    change.lock =
        make_lock(prk, scope, now.period, desk.random.bytes<32>(), summary, now.hour, expiry_day);
    change.token = make_token(prk, scope, now.period);
  });
}

/// Members refuse the token of what was taken back for good: it waits for next month's.
void hold_back_buried(const Desk& desk, const store::Community& community, Plan& plan,
                      admin::v1::PublishFeed& view) {
  std::uint64_t count = 0;
  for (Change& change : plan.changes) {
    if (!change.release || !is_buried(desk, community.id, desk.self, change.token)) continue;
    change.release = false;
    ++count;
  }
  if (count == 0) return;
  std::erase_if(plan.changes,
                [](const Change& change) { return !change.release && !change.withdrawn; });
  view.set_locks(view.locks() - std::min(view.locks(), count));
  auto* row = view.add_held_back();
  row->set_rule(std::string(policy::name_of(policy::RuleId::recalled)));
  row->set_identifiers(count);
  row->set_explanation("members refuse it until next month, as it was taken back for good");
}

/// The identifier's state says from now on which record stands for it.
void note_live(Change& change, const store::Community& community, const FeedId& feed,
               std::uint64_t index, std::uint32_t period) {
  auto* live = live_lock(change.state, community.id);
  if (live == nullptr) live = change.state.add_locks();
  live->set_community(std::string(as_text(community.id.bytes)));
  live->set_generation(feed.generation);
  live->set_index(index);
  live->set_expiry_day(change.lock.header.expiry_day);
  live->set_period(period);
  live->set_epoch(community.charter.key_epoch());
  live->set_open(change.open);
  *live->mutable_summary() = change.summary;
  live->set_ref(change.ref);
}

std::vector<Record> make_records(Desk& desk, const store::Community& community, const FeedId& feed,
                                 std::uint64_t size, Plan& plan, store::Batch& extra,
                                 admin::v1::PublishFeed& view) {
  const Today now = today(desk);
  std::vector<Record> records;
  if (size == 0) add_close(desk, feed, records);
  introduce(desk, community, feed, records, extra);
  std::vector<Withdrawal> withdrawals;
  for (const Change& change : plan.changes)
    if (change.withdrawn) withdrawals.push_back(*change.withdrawn);
  for (Record& record :
       make_withdrawals(desk, feed, std::move(withdrawals), size + records.size(), extra))
    records.push_back(std::move(record));
  // Sorted by token, canaries and dummies among them: the order says nothing.
  std::vector<std::pair<Token, Change*>> order, open;
  for (Change& change : plan.changes)
    if (change.release) (change.open ? open : order).emplace_back(change.token, &change);
  std::map<Token, Record> canaries = make_missing_canaries(desk, community, feed, extra), dummies;
  for (const auto& [token, canary] : canaries) order.emplace_back(token, nullptr);
  const std::size_t missing = (locks_multiple - order.size() % locks_multiple) % locks_multiple;
  while (dummies.size() < missing) {
    const std::uint8_t group = desk.random.bytes<1>()[0] % 2 == 0 ? 1 : 2;
    Record dummy = make_dummy(
        scope_of(community, desk.self, group), now.period, desk.random.bytes<208>(), now.hour,
        now.day + std::min(desk.retention_days, community.charter.retention_days()));
    const Token token = token_of(dummy.body).value();
    order.emplace_back(token, nullptr);
    dummies.emplace(token, std::move(dummy));
  }
  const auto by_token = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::sort(order.begin(), order.end(), by_token);
  std::sort(open.begin(), open.end(), by_token);
  view.set_dummies(dummies.size());
  for (auto& [token, change] : order) {
    const std::uint64_t index = size + records.size();
    if (const auto dummy = dummies.find(token); dummy != dummies.end()) {
      note_dummy(extra, feed, index, dummy->second.header.expiry_day);
      records.push_back(std::move(dummy->second));
      continue;
    }
    if (change == nullptr) {
      records.push_back(std::move(canaries.at(token)));
      continue;
    }
    note_live(*change, community, feed, index, now.period);
    records.push_back(std::move(change->lock));
  }
  const std::uint32_t number = desk.feeds.open(feed).number;
  for (auto& [token, change] : open) {
    const std::uint64_t index = size + records.size();
    note_live(*change, community, feed, index, now.period);
    note_own_open(extra, {number, index}, change->hash, change->lock.header.expiry_day);
    records.push_back(std::move(change->lock));
  }
  return records;
}

/// Writes what the plan says; its changes become durable with the records. `whole`: then all that
/// is published is up to date. Returns the feed's size.
std::uint64_t carry_out(Desk& desk, const store::Community& community, const FeedId& feed,
                        Plan plan, bool whole, const store::AuditEntry& entry,
                        admin::v1::PublishFeed& view) {
  ensure_oprf_seed(desk, community);
  make_locks(desk, community, plan);
  hold_back_buried(desk, community, plan, view);
  store::Batch extra;
  const std::vector<Record> records =
      make_records(desk, community, feed, desk.feeds.open(feed).size, plan, extra, view);
  note_keys(community, feed, whole, extra);
  store::Feeds::Withdrawn gone;
  for (Change& change : plan.changes) {
    if (change.withdrawn) gone[change.withdrawn->generation].push_back(change.withdrawn->index);
    if (!change.release) forget_lock(change.state, community.id);
    desk.identifiers.put(extra, change.hash, change.state);
  }
  store::AuditEntry counted = entry;
  counted.outcome = std::to_string(records.size()) + " records";
  plan.decisions.push_back(std::move(counted));
  desk.audit.commit({}, plan.decisions);
  return append_own(desk, feed, records, std::move(extra), gone).size;
}

/// May this node publish there at all, with who approves it? How much it would be is not known yet.
policy::Question publication(const Desk& desk, const store::Community& community,
                             const admin::v1::Publish& request) {
  policy::Question out = publication_question(desk, community);
  const bool second = !request.approver().empty() && request.approver() != request.operator_();
  out.persons = second ? 2 : 1;
  out.persons_needed = request.dry_run() || desk.approvals < 2 ? 1 : 2;
  return out;
}

/// The publication itself, with its size; refused, it stands in the audit trail.
store::AuditEntry decide_publication(Desk& desk, const store::Community& community,
                                     const admin::v1::Publish& request, const Plan& plan) {
  policy::Question question = publication(desk, community, request);
  question.live_locks = plan.unchanged;
  for (const Change& change : plan.changes) question.live_locks += change.release ? 1 : 0;
  const policy::RuleId decided = decide(question, community);
  store::AuditEntry entry =
      with_decision(desk.entry(request.operator_(), "publish", to_hex(community.id.bytes),
                               "approved by " + request.approver()),
                    question, &community, decided);
  if (decided == policy::RuleId::allowed) return entry;
  const policy::Explanation why = explain(question, community, decided);
  entry.outcome = why.text;
  desk.audit.commit({}, entry);
  throw PublishRefused(why.text + "; there would be " + std::to_string(question.live_locks) +
                       " live indicators");
}

std::vector<std::string> recipients_of(const Desk& desk, const store::Community& community) {
  std::vector<std::string> out;
  for (const v1::Member& member : community.charter.members()) {
    const NodeId node = node_of(member);
    if (node != desk.self && decide(holding_question(desk, community, desk.self, node),
                                    community) == policy::RuleId::allowed)
      out.push_back(member.country());
  }
  return out;
}

admin::v1::PublishFeed publish_in(Desk& desk, const store::Community& community,
                                  const admin::v1::Publish& request) {
  const auto exclusive = desk.identifiers.exclusive();
  claim_locks(desk, community);
  const FeedId feed = feed_of(desk, community, desk.self);
  Plan plan = make_plan(desk, community, feed, request.operator_());
  admin::v1::PublishFeed view;
  view.set_community(community.charter.name());
  for (const std::string& country : recipients_of(desk, community)) view.add_recipients(country);
  for (const auto& [rule, count] : plan.held_back) {
    auto* row = view.add_held_back();
    row->set_rule(std::string(policy::name_of(rule)));
    row->set_identifiers(count);
    row->set_explanation(std::string(policy::rule_of(rule).sentence));
  }
  if (plan.not_opened > 0) {
    auto* row = view.add_held_back();
    row->set_rule("open-indicators-full");
    row->set_identifiers(plan.not_opened);
    row->set_explanation("published as locks: members keep no more than " +
                         std::to_string(open_indicators_max) +
                         " open indicators of one member, see `indicator close`");
  }
  view.set_unchanged(plan.unchanged);
  for (const Change& change : plan.changes) {
    if (change.release && change.withdrawn)
      view.set_replaced(view.replaced() + 1);
    else if (change.release)
      view.set_locks(view.locks() + 1);
    else
      view.set_withdrawn(view.withdrawn() + 1);
    if (change.release && change.open) view.set_open(view.open() + 1);
  }
  const std::uint64_t size = desk.feeds.open(feed).size;
  view.set_size(size);
  if (request.dry_run() || (plan.changes.empty() && is_introduced(desk, community, feed)))
    return view;
  const store::AuditEntry entry = decide_publication(desk, community, request, plan);
  view.set_size(carry_out(desk, community, feed, std::move(plan), true, entry, view));
  return view;
}

/// Changes that one batch of a renewal takes along.
constexpr std::size_t renewal_step = 8'192;

std::size_t renew_in(Desk& desk, const store::Community& community) {
  const FeedId feed = feed_of(desk, community, desk.self);
  const auto before = desk.feeds.find(feed);
  if (!before || before->size == 0) return 0;
  const bool renewed = is_renewed(desk, community, feed);
  const bool canaries = canaries_are_due(desk, community, feed);
  if (renewed && !canaries) return 0;
  const auto exclusive = desk.identifiers.exclusive();
  Plan plan;
  if (!renewed) plan = plan_renewal(desk, community);
  if (plan.changes.empty() && !canaries && is_introduced(desk, community, feed)) {
    store::Batch done;
    note_keys(community, feed, true, done);
    desk.database.commit(std::move(done));
    return 0;
  }
  const std::string epoch = "key epoch " + std::to_string(community.charter.key_epoch());
  auto entry = desk.entry("node", "publish.renew", to_hex(community.id.bytes), epoch);
  if (renewed) {
    entry.action = "publish.canary";
    entry = with_decision(std::move(entry), publication_question(desk, community), &community,
                          policy::RuleId::allowed);
  }
  admin::v1::PublishFeed view;
  std::uint64_t size = before->size;
  // The keys go with the first batch. A crash in between leaves the rest to the next start.
  std::size_t first = 0;
  do {
    const std::size_t count = std::min(renewal_step, plan.changes.size() - first);
    Plan step;
    step.decisions = std::exchange(plan.decisions, {});
    step.changes.assign(
        std::make_move_iterator(plan.changes.begin() + static_cast<std::ptrdiff_t>(first)),
        std::make_move_iterator(plan.changes.begin() + static_cast<std::ptrdiff_t>(first + count)));
    first += count;
    const bool whole = first == plan.changes.size();
    size = carry_out(desk, community, feed, std::move(step), whole, entry, view);
  } while (first < plan.changes.size());
  return size - before->size;
}

}  // namespace

admin::v1::Published publish(Desk& desk, const admin::v1::Publish& request) {
  if (const auto dropped = desk.reports.dropped(); !request.dry_run() && dropped.count > 0)
    throw PublishRefused(
        std::to_string(dropped.count) +
        " reports of the old copy that was put back could not be opened, and some may shield "
        "identifiers of victims: import them again, then say `bakhita recover settle`");
  admin::v1::Published out;
  out.set_dry_run(request.dry_run());
  std::string refused;
  for (const store::Community& community : desk.members.communities()) {
    if (!request.community().empty() && community.charter.name() != request.community()) continue;
    const policy::Question question = publication(desk, community, request);
    const policy::RuleId decided = decide(question, community);
    if (decided != policy::RuleId::allowed) {
      if (refused.empty()) refused = explain(question, community, decided).text;
      continue;
    }
    if (!has_secret(desk, community))
      throw PublishRefused("the newest charter of " + community.charter.name() +
                           " came without a secret that this node can open; nothing can be "
                           "published under it");
    *out.add_feeds() = publish_in(desk, community, request);
  }
  if (out.feeds_size() == 0)
    throw PublishRefused(
        !refused.empty() ? refused
        : request.community().empty()
            ? "this node is in no community yet, so nothing can be published; found one with "
              "`bakhita community create`, or enter one with `bakhita community "
              "join FILE`"
            : "this node is in no community of that name; see `bakhita community "
              "show`");
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
