// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/audit_marks.h"

#include "node/store/sealing.h"

namespace bakhita::desk {
namespace {

constexpr std::uint64_t made_every = 3'600, kept_every = 600;  // seconds

// Table::meta. "audit-marks/own" → u64 made at ‖ mark; "audit-marks/trail" → 16 random bytes, new
// after a recovery; "audit-marks/kept/" ‖ peer → u64 kept at ‖ two prefixed marks, the newer first;
// "audit-marks/seen/" ‖ peer → our longest mark that it gave back.
constexpr std::string_view own_key = "audit-marks/own", trail_key = "audit-marks/trail";
constexpr std::string_view seen_prefix = "audit-marks/seen/";

Bytes kept_key(const NodeId& peer) {
  return ByteWriter().text("audit-marks/kept/").raw(peer.bytes).take();
}
Bytes seen_key(const NodeId& peer) { return ByteWriter().text(seen_prefix).raw(peer.bytes).take(); }

ByteArray<32> mark_key(const Desk& desk) {
  return to_array<32>(desk.keystore.derive("audit-marks").view()).value();
}

Bytes place(ByteView trail) { return ByteWriter().text("audit-mark").raw(trail).take(); }

std::optional<store::AuditHead> open_mark(const Desk& desk, ByteView mark) {
  const auto trail = desk.database.get(store::Table::meta, as_bytes(trail_key));
  if (!trail) return std::nullopt;
  try {
    const Bytes plain = store::unseal(mark_key(desk), mark, place(*trail));
    ByteReader in(plain);
    const std::uint64_t size = in.u64();
    const auto root = to_array<32>(in.raw(32));
    if (in.finished() && root) return store::AuditHead{size, *root};
  } catch (const store::StorageError&) {
    // Not one of ours, or of a trail that ended: nothing of this database is damaged.
  }
  return std::nullopt;
}

Bytes trail_of(Desk& desk, store::Batch& batch) {
  if (auto trail = desk.database.get(store::Table::meta, as_bytes(trail_key))) return *trail;
  const Bytes trail = to_bytes(desk.random.bytes<16>());
  batch.put(store::Table::meta, as_bytes(trail_key), trail);
  return trail;
}

struct Kept {
  std::uint64_t at = 0;
  Bytes newest, before;
};
Kept kept(const Desk& desk, const NodeId& peer) {
  const auto row = desk.database.get(store::Table::meta, kept_key(peer));
  if (!row) return {};
  ByteReader in(*row);
  Kept out;
  out.at = in.u64();
  out.newest = to_bytes(in.prefixed());
  out.before = to_bytes(in.prefixed());
  if (!in.finished()) throw store::StorageError("a peer's audit mark is malformed");
  return out;
}

}  // namespace

Bytes own_mark(Desk& desk) {
  if (const auto row = desk.database.get(store::Table::meta, as_bytes(own_key))) {
    ByteReader in(*row);
    const std::uint64_t made_at = in.u64();
    if (made_at <= desk.now() && desk.now() - made_at < made_every) return to_bytes(in.rest());
  }
  store::Batch batch;
  const Bytes trail = trail_of(desk, batch);
  const store::AuditHead head = desk.audit.head();
  const Bytes mark =
      store::seal(mark_key(desk), ByteWriter().u64(head.size).raw(head.root).view(), place(trail));
  batch.put(store::Table::meta, as_bytes(own_key), ByteWriter().u64(desk.now()).raw(mark).view());
  desk.database.commit(std::move(batch));
  return mark;
}

void keep_mark(Desk& desk, const NodeId& peer, ByteView mark) {
  const Kept before = kept(desk, peer);
  const bool too_soon = before.at <= desk.now() && desk.now() - before.at < kept_every;
  if (too_soon || as_text(before.newest) == as_text(mark)) return;
  store::Batch batch;
  batch.put(store::Table::meta, kept_key(peer),
            ByteWriter().u64(desk.now()).prefixed(mark).prefixed(before.newest).view());
  desk.database.commit(std::move(batch));
}

std::vector<Bytes> kept_marks(const Desk& desk, const NodeId& peer) {
  Kept held = kept(desk, peer);
  std::vector<Bytes> out;
  for (Bytes* mark : {&held.newest, &held.before})
    if (!mark->empty()) out.push_back(std::move(*mark));
  return out;
}

std::string judge_returned(Desk& desk, const NodeId& peer, ByteView mark) {
  const auto head = open_mark(desk, mark);
  if (!head) return {};
  const auto row = desk.database.get(store::Table::meta, seen_key(peer));
  const auto seen = row ? open_mark(desk, *row) : std::nullopt;
  if (!seen || seen->size < head->size) {
    store::Batch batch;
    batch.put(store::Table::meta, seen_key(peer), mark);
    desk.database.commit(std::move(batch));
  }
  const std::uint64_t size = desk.audit.size();
  if (head->size <= size) return {};
  return "a peer keeps a mark of " + std::to_string(head->size) +
         " audit records, and the trail ends after " + std::to_string(size);
}

std::vector<store::AuditHead> witnessed_heads(const Desk& desk) {
  std::vector<store::AuditHead> out;
  desk.database.scan(store::Table::meta, as_bytes(seen_prefix), {}, [&](ByteView, ByteView mark) {
    if (const auto head = open_mark(desk, mark)) out.push_back(*head);
    return true;
  });
  return out;
}

void begin_trail(Desk& desk) {
  store::Batch batch;
  batch.put(store::Table::meta, as_bytes(trail_key), desk.random.bytes<16>());
  batch.erase(store::Table::meta, as_bytes(own_key));
  desk.database.commit(std::move(batch));
}

}  // namespace bakhita::desk
