// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/introducing.h"

#include "node/desk/answering.h"
#include "node/desk/facts.h"
#include "node/desk/withdrawing.h"

namespace bakhita::desk {
namespace {

using store::Table;

constexpr std::uint32_t oprf_key_days = 395;  // 12 months and 30 days of overlap

Bytes body(const google::protobuf::Message& message) {
  return to_bytes(as_bytes(message.SerializeAsString()));
}

/// Table::meta: our feed of this generation names its keys of this key epoch. The value is empty,
/// or says under which charter all that is published was brought up to date last.
Bytes own_keys_key(const store::Community& community, const FeedId& feed) {
  return ByteWriter()
      .text("own-keys/")
      .raw(community.id.bytes)
      .u32(feed.generation)
      .u32(community.charter.key_epoch())
      .take();
}
bool names_keys(const Desk& desk, const store::Community& community, const FeedId& feed) {
  return desk.database.get(Table::meta, own_keys_key(community, feed)).has_value();
}
Bytes whole_under(const store::Community& community) {
  return ByteWriter().raw(community.charter_hash).u32(community.accepted.epoch()).take();
}

/// Table::meta: the quotas that our feed of this generation told last.
Bytes own_quotas_key(const FeedId& feed) {
  return ByteWriter().text("own-quotas/").raw(feed.community.bytes).u32(feed.generation).take();
}

void add_keys(Desk& desk, const store::Community& community, std::vector<Record>& records) {
  const Today now = today(desk);
  for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
    v1::OprfKey key;
    key.set_epoch(community.charter.key_epoch());
    key.set_group(group);
    key.set_public_key(std::string(as_text(own_oprf_key(desk, community, group).public_key)));
    key.set_from_day(now.day);
    key.set_until_day(now.day + oprf_key_days);
    records.push_back(
        make_record(RecordKind::oprf_key, now.hour, now.day + oprf_key_days, body(key)));
  }
}

Bytes quotas_in_force(const Desk& desk, const store::Community& community) {
  v1::OriginPolicy policy;
  for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
    const QuotaLimits limits = quota_limits(desk, community.id, group);
    auto* quota = policy.add_quotas();
    quota->set_group(group);
    quota->set_per_day(limits.per_day);
    quota->set_burst(limits.burst);
    quota->set_per_epoch(limits.per_epoch);
  }
  return body(policy);
}

void add_quotas(const Desk& desk, Bytes quotas, std::vector<Record>& records) {
  const Today now = today(desk);
  records.push_back(
      make_record(RecordKind::policy, now.hour, now.day + oprf_key_days, std::move(quotas)));
}

}  // namespace

bool is_introduced(const Desk& desk, const store::Community& community, const FeedId& feed) {
  return names_keys(desk, community, feed) &&
         desk.database.get(Table::meta, own_quotas_key(feed)) == quotas_in_force(desk, community);
}

bool is_renewed(const Desk& desk, const store::Community& community, const FeedId& feed) {
  return is_introduced(desk, community, feed) &&
         desk.database.get(Table::meta, own_keys_key(community, feed)) == whole_under(community);
}

void note_keys(const store::Community& community, const FeedId& feed, bool whole,
               store::Batch& batch) {
  batch.put(Table::meta, own_keys_key(community, feed), whole ? whole_under(community) : Bytes());
}

void introduce(Desk& desk, const store::Community& community, const FeedId& feed,
               std::vector<Record>& records, store::Batch& extra) {
  if (is_introduced(desk, community, feed)) return;
  if (!names_keys(desk, community, feed)) add_keys(desk, community, records);
  const Bytes quotas = quotas_in_force(desk, community);
  extra.put(Table::meta, own_quotas_key(feed), quotas);
  add_quotas(desk, quotas, records);
}

void introduce_again(Desk& desk, const store::Community& community, std::vector<Record>& records) {
  add_keys(desk, community, records);
  add_quotas(desk, quotas_in_force(desk, community), records);
}

}  // namespace bakhita::desk
