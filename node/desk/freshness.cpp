// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/freshness.h"

#include "protocol/feed/cosignature.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

using store::Table;

constexpr std::uint64_t cosign_every = 3'600;
constexpr std::uint64_t stale_after = 3 * 3'600;
constexpr std::uint64_t withheld_after = 24 * 3'600;

struct Cosigned {
  std::uint64_t time = 0;
  std::uint64_t size = 0;  ///< of the checkpoint
  std::string line;
};

// Table::meta: u64 time ‖ u64 size ‖ signature line.
Bytes row_key(std::uint32_t feed) { return ByteWriter().text("cosigned/").u32(feed).take(); }

Cosigned load(const Desk& desk, std::uint32_t feed) {
  const auto row = desk.database.get(Table::meta, row_key(feed));
  if (!row) return {};
  ByteReader in(*row);
  Cosigned out{in.u64(), in.u64(), {}};
  out.line = as_text(in.rest());
  if (!in.ok()) throw store::StorageError("a cosignature's row is malformed");
  return out;
}

void keep(const Desk& desk, std::uint32_t feed, const Cosigned& cosigned) {
  store::Batch batch;
  batch.put(Table::meta, row_key(feed),
            ByteWriter().u64(cosigned.time).u64(cosigned.size).text(cosigned.line).view());
  desk.database.commit(std::move(batch));
}

}  // namespace

std::size_t cosign_own_feeds(Desk& desk) {
  const std::uint64_t now = desk.now();
  std::size_t count = 0;
  for (const store::FeedState& feed : desk.feeds.all()) {
    if (feed.id.origin != desk.self || feed.note.empty() || !feed.caught_up()) continue;
    const keys::SecretBytes seed = desk.keystore.get(keys::name::log);
    const PublicKey key = keys::ed25519_public(seed);
    const std::string name = origin_line(feed.id);
    const Cosigned last = load(desk, feed.number);
    const bool is_due = last.size != feed.note_size || now - last.time >= cosign_every ||
                        !open_cosignature(last.line, feed.note, name, key);
    if (now <= last.time || !is_due) continue;
    const std::string text = checkpoint_text({feed.id, feed.note_size, feed.note_root});
    const Signature signature = keys::sign(seed, as_bytes(cosigned_message(text, now)));
    // Durable before anybody is told: the time never runs back.
    keep(desk, feed.number, {now, feed.note_size, make_cosignature(name, key, now, signature)});
    ++count;
  }
  return count;
}

bool clock_ran_back(const Desk& desk) {
  for (const store::FeedState& feed : desk.feeds.all())
    if (feed.id.origin == desk.self && load(desk, feed.number).time > desk.now()) return true;
  return false;
}

std::string cosignature_of(const Desk& desk, const store::FeedState& feed) {
  Cosigned last = load(desk, feed.number);
  return last.size == feed.note_size ? std::move(last.line) : std::string();
}

bool learn_cosignature(Desk& desk, const store::FeedState& feed, const v1::FeedHead& head,
                       const PublicKey& log_key) {
  if (head.cosignature().empty() || head.size() < feed.note_size) return false;
  const Cosigned last = load(desk, feed.number);
  if (head.cosignature() == last.line) return false;
  const auto time =
      open_cosignature(head.cosignature(), head.note(), origin_line(feed.id), log_key);
  if (!time || *time <= last.time || *time > desk.now() + clock_tolerance) return false;
  keep(desk, feed.number, {*time, head.size(), head.cosignature()});
  return true;
}

std::uint64_t confirmed_at(const Desk& desk, const store::FeedState& feed) {
  std::uint64_t out = load(desk, feed.number).time;
  if (feed.size > 0)
    if (const auto newest = desk.feeds.read_held(feed.id, feed.size - 1, 1); !newest.empty())
      out = std::max(out, std::uint64_t{newest[0].header.issued_hour} * 3'600);
  return out;
}

Freshness freshness_of(const Desk& desk, const store::FeedState& feed) {
  if (feed.closed_size) return Freshness::current;  // nothing more is to come
  const std::uint64_t confirmed = confirmed_at(desk, feed), now = desk.now();
  if (confirmed == 0 || now < confirmed + stale_after) return Freshness::current;
  return now < confirmed + withheld_after ? Freshness::stale : Freshness::withheld;
}

}  // namespace bakhita::desk
