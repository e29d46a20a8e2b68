// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/canary_watch.h"

#include "node/desk/canary_locks.h"
#include "node/desk/deciding.h"
#include "node/desk/facts.h"
#include "node/desk/lookup_rows.h"
#include "protocol/feed/canary.h"

namespace bakhita::desk {
namespace {

using store::Table;

constexpr std::uint64_t again_with_others = 3'600;
constexpr std::uint64_t again_alone = 86'400;

/// Table::meta: u32 epoch ‖ u32 period ‖ for each group u8 stage ‖ u64 since ‖ u64 asked ‖ u64
/// found.
struct Row {
  std::uint32_t epoch = 0, period = 0;
  Canary groups[2];

  bool is_of(std::uint32_t epoch_, std::uint32_t period_) const {
    return epoch == epoch_ && period == period_;
  }
};

Bytes row_key(std::uint32_t feed) { return ByteWriter().text("canary/").u32(feed).take(); }

std::optional<Row> load(const Desk& desk, std::uint32_t feed) {
  const auto bytes = desk.database.get(Table::meta, row_key(feed));
  if (!bytes) return std::nullopt;
  ByteReader in(*bytes);
  Row out{in.u32(), in.u32(), {}};
  for (Canary& canary : out.groups) {
    canary.stage = static_cast<CanaryStage>(in.u8());
    canary.since = in.u64();
    canary.asked_at = in.u64();
    canary.found_at = in.u64();
    if (canary.stage > CanaryStage::found) throw store::StorageError("a canary's row is malformed");
  }
  if (!in.finished()) throw store::StorageError("a canary's row is malformed");
  return out;
}

void keep(Desk& desk, std::uint32_t feed, const Row& row) {
  ByteWriter out;
  out.u32(row.epoch).u32(row.period);
  for (const Canary& canary : row.groups)
    out.u8(static_cast<std::uint8_t>(canary.stage))
        .u64(canary.since)
        .u64(canary.asked_at)
        .u64(canary.found_at);
  store::Batch batch;
  batch.put(Table::meta, row_key(feed), out.view());
  desk.database.commit(std::move(batch));
}

/// As for an identifier that is nobody's.
policy::Question policy_question(const Desk& desk, const store::Community& community,
                                 const NodeId& origin, std::uint8_t group) {
  policy::Question out = scheduled_question(desk, community, origin);
  out.facts.type = static_cast<std::uint32_t>(canary_summary(group, {}).type());
  out.facts.releasable_role = true;
  return out;
}

}  // namespace

std::string_view name_of(CanaryStage stage) {
  static constexpr std::string_view names[] = {"unpublished", "unasked",  "unanswered", "unproven",
                                               "absent",      "unopened", "found"};
  return names[static_cast<std::size_t>(stage)];
}

std::string_view explain(CanaryStage stage) {
  static constexpr std::string_view sentences[] = {
      "its feed holds nothing of this month under the keys in force",
      "it has not been asked yet",
      "it was asked, and did not answer",
      "it did not answer with the key that its feed names",
      "it answered, but the lock is not in its feed",
      "the lock in its feed does not open",
      "found"};
  return sentences[static_cast<std::size_t>(stage)];
}

void CanaryWatch::begin(const store::Community& community, std::uint32_t feed) {
  const std::uint32_t epoch = community.charter.key_epoch(), period = period_of(desk_.now());
  const std::lock_guard lock(mutex_);
  const auto before = load(desk_, feed);
  if (before && before->is_of(epoch, period)) return;
  Row row{epoch, period, {}};
  for (std::size_t i : {0u, 1u}) {
    const Canary last = before ? before->groups[i] : Canary{};
    const bool failed = before && last.stage != CanaryStage::found;
    row.groups[i] = {CanaryStage::unasked, failed ? last.since : desk_.now(), 0, last.found_at};
  }
  keep(desk_, feed, row);
}

bool CanaryWatch::is_published(const store::Community& community, const store::FeedState& feed,
                               std::uint8_t group) const {
  // A feed held in part may lack the end of the very batch that the canary is in.
  return feed.caught_up() &&
         desk_.database.get(Table::meta, period_key(feed.number, period_of(desk_.now()))) &&
         desk_.database.get(Table::meta,
                            origin_key_key(feed.number, community.charter.key_epoch(), group));
}

std::optional<CanaryQuestion> CanaryWatch::question(const store::Community& community,
                                                    const store::FeedState& feed,
                                                    std::uint8_t group, bool alone) const {
  const std::uint32_t epoch = community.charter.key_epoch();
  const std::uint64_t now = desk_.now();
  const auto row = load(desk_, feed.number);
  if (!row || !row->is_of(epoch, period_of(now))) return std::nullopt;
  const Canary& canary = row->groups[group - 1];
  if (canary.stage == CanaryStage::found || !is_published(community, feed, group))
    return std::nullopt;
  const std::uint64_t pause = alone ? again_alone : again_with_others;
  if (canary.asked_at != 0 && now < canary.asked_at + pause) return std::nullopt;
  if (alone) {
    const Bytes purpose =
        ByteWriter().raw(row_key(feed.number)).u8(group).u32(epoch).u32(row->period).take();
    if (now < canary.since + draw_canary_time(desk_, purpose)) return std::nullopt;
  }
  const policy::Question asking = policy_question(desk_, community, feed.id.origin, group);
  if (decide(asking, community) != policy::RuleId::allowed) return std::nullopt;
  return CanaryQuestion{
      canary_input(community_secret(desk_, community.id, epoch),
                   scope_of(community, feed.id.origin, group), row->period),
      row->period,
      with_decision(desk_.entry("node", "policy.lookup", to_hex(community.id.bytes), asking.purpose,
                                "allowed: 1 canary"),
                    asking, &community, policy::RuleId::allowed)};
}

void CanaryWatch::asked(const Scope& scope, std::uint32_t feed, std::uint32_t period) {
  const std::lock_guard lock(mutex_);
  auto row = load(desk_, feed);
  if (!row || !row->is_of(scope.epoch, period)) return;
  Canary& canary = row->groups[scope.group - 1];
  if (canary.stage == CanaryStage::unasked) canary.stage = CanaryStage::unanswered;
  canary.asked_at = desk_.now();
  keep(desk_, feed, *row);
}

void CanaryWatch::answered(const Scope& scope, std::uint32_t feed, std::uint32_t period,
                           CanaryStage stage) {
  const std::lock_guard lock(mutex_);
  auto row = load(desk_, feed);
  if (!row || !row->is_of(scope.epoch, period)) return;
  Canary& canary = row->groups[scope.group - 1];
  canary.stage = stage;
  if (stage == CanaryStage::found) canary.found_at = desk_.now();
  keep(desk_, feed, *row);
}

Canary CanaryWatch::look(const store::Community& community, const store::FeedState& feed,
                         std::uint8_t group) const {
  const auto row = load(desk_, feed.number);
  if (!row) return {};
  Canary out = row->groups[group - 1];
  const bool is_new = !row->is_of(community.charter.key_epoch(), period_of(desk_.now()));
  if (is_new && out.stage == CanaryStage::found) out.since = desk_.now();
  if (is_new) out.stage = CanaryStage::unasked;
  if (out.stage == CanaryStage::unasked && !is_published(community, feed, group))
    out.stage = CanaryStage::unpublished;
  return out;
}

}  // namespace bakhita::desk
