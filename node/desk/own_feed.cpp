// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/own_feed.h"

#include "node/desk/withdrawing.h"
#include "protocol/feed/generation.h"

namespace bakhita::desk {

void add_close(Desk& desk, const FeedId& feed, std::vector<Record>& records) {
  if (feed.generation == 1) return;
  const FeedId ended{feed.community, feed.origin, feed.generation - 1};
  const auto before = desk.feeds.find(ended);
  const keys::SecretBytes identity = desk.keystore.get(keys::name::identity);
  const v1::Close close =
      make_close(ended, before ? before->closed_size.value_or(before->note_size) : 0,
                 [&](ByteView message) { return keys::sign(identity, message); });
  const Today now = today(desk);
  constexpr std::uint32_t never = 0xffff'ffff;
  records.push_back(make_record(RecordKind::close, now.hour, never,
                                to_bytes(as_bytes(close.SerializeAsString()))));
}

store::FeedState append_own(Desk& desk, const FeedId& feed, std::span<const Record> records,
                            store::Batch batch, const store::Feeds::Withdrawn& gone) {
  const keys::SecretBytes log_seed = desk.keystore.get(keys::name::log);
  desk.audit.flush_anchor();
  return desk.feeds.append(
      feed, records, keys::ed25519_public(log_seed),
      [&](ByteView message) { return keys::sign(log_seed, message); }, std::move(batch), gone);
}

}  // namespace bakhita::desk
