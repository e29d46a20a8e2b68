// SPDX-License-Identifier: EUPL-1.2
#include "node/store/audit.h"

#include "node/store/sealing.h"
#include "protocol/characters.h"
#include "protocol/feed/record.h"

namespace bakhita::store {
namespace {

constexpr std::string_view head_key = "audit-head";
/// Commits after which the head goes into the anchor: bounds what an old copy could hide.
constexpr std::uint64_t anchor_every = 64;
constexpr std::size_t field_size_max = 1'024;

/// Well-formed UTF-8 of bounded size: one field must not hinder the reading of others.
std::string_view kept_part(std::string_view field) {
  field = field.substr(0, field_size_max);
  return field.substr(0, first_invalid_utf8(field).value_or(field.size()));
}

Bytes encode(const AuditEntry& entry) {
  ByteWriter out;
  out.u64(entry.time);
  for (const std::string* field :
       {&entry.actor, &entry.action, &entry.object, &entry.purpose, &entry.outcome})
    out.prefixed(as_bytes(kept_part(*field)));
  return out.prefixed(entry.decision).take();
}

AuditEntry decode(ByteView bytes) {
  ByteReader in(bytes);
  AuditEntry out;
  out.time = in.u64();
  for (std::string* field : {&out.actor, &out.action, &out.object, &out.purpose, &out.outcome})
    *field = as_text(in.prefixed());
  out.decision = to_bytes(in.prefixed());
  if (!in.finished()) throw StorageError("an audit record is malformed");
  return out;
}

Bytes encode(const Frontier& frontier) {
  ByteWriter out;
  out.u64(frontier.size());
  for (const Hash& peak : frontier.peaks()) out.raw(peak);
  return out.take();
}

Frontier decode_frontier(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint64_t size = in.u64();
  std::vector<Hash> peaks;
  while (in.ok() && !in.rest().empty()) peaks.push_back(to_array<32>(in.raw(32)).value_or(Hash{}));
  auto out = Frontier::restore(size, std::move(peaks));
  if (!in.ok() || !out) throw StorageError("the audit trail's head is malformed");
  return *out;
}

Bytes place(std::uint64_t index) { return ByteWriter().text("audit").u64(index).take(); }

}  // namespace

Audit::Audit(Database& database, Anchor& anchor, ByteView key)
    : database_(database), anchor_(anchor), key_(key) {
  if (const auto head = database.get(Table::meta, as_bytes(head_key)))
    frontier_ = decode_frontier(*head);
  const AnchorState known = anchor.state();
  if (frontier_.size() < known.audit_size ||
      (frontier_.size() == known.audit_size && known.audit_size > 0 &&
       frontier_.root() != known.audit_root))
    anchor_.suspend(
        "the audit trail ends before the head anchor: this database is an old copy, or lost its "
        "log");
}

void Audit::commit(Batch batch, const AuditEntry& entry) {
  commit(std::move(batch), std::span(&entry, 1));
}

void Audit::commit(Batch batch, std::span<const AuditEntry> entries) {
  const std::lock_guard lock(mutex_);
  Frontier next = frontier_;
  for (const AuditEntry& entry : entries) {
    const std::uint64_t index = next.size();
    const Bytes sealed = seal(key_, encode(entry), place(index));
    next.append(leaf_hash(sealed));
    batch.put(Table::audit, number_key(index), sealed);
  }
  batch.put(Table::meta, as_bytes(head_key), encode(next));
  database_.commit(std::move(batch));
  const bool anchor_due = frontier_.size() / anchor_every != next.size() / anchor_every;
  frontier_ = std::move(next);
  if (anchor_due) anchor_.advance_audit(frontier_.size(), frontier_.root());
}

void Audit::flush_anchor() {
  const std::lock_guard lock(mutex_);
  if (frontier_.size() == 0) return;  // a node that nobody used yet
  anchor_.advance_audit(frontier_.size(), frontier_.root());
}

AuditHead Audit::head() const {
  const std::lock_guard lock(mutex_);
  return {frontier_.size(), frontier_.root()};
}

std::string Audit::verify(std::span<const AuditHead> witnessed) const {
  const std::lock_guard lock(mutex_);
  Frontier rebuilt;
  std::string problem;
  const AnchorState known = anchor_.state();
  database_.scan(Table::audit, {}, {}, [&](ByteView key, ByteView sealed) {
    const std::uint64_t index = rebuilt.size();
    const std::string at = "record " + std::to_string(index);
    if (as_text(key) != as_text(number_key(index)))
      problem = at + " is missing";
    else
      try {
        decode(unseal(key_, sealed, place(index)));
      } catch (const StorageError& error) {
        problem = at + ": " + error.what();
      }
    rebuilt.append(leaf_hash(sealed));
    if (rebuilt.size() == known.audit_size && rebuilt.root() != known.audit_root)
      problem = at + ": the trail up to here is not the one that the head anchor names";
    for (const AuditHead& head : witnessed)
      if (head.size == rebuilt.size() && head.root != rebuilt.root())
        problem = at + ": the trail up to here is not the one that peers keep a mark of";
    return problem.empty();
  });
  if (!problem.empty()) return problem;
  if (rebuilt.size() < frontier_.size())
    return "the trail ends at record " + std::to_string(rebuilt.size());
  if (rebuilt.root() != frontier_.root()) return "the trail's root is not the stored one";
  for (const AuditHead& head : witnessed)
    if (head.size > rebuilt.size())
      return "the trail ends at record " + std::to_string(rebuilt.size()) +
             "; a peer keeps a mark of " + std::to_string(head.size);
  return {};
}

bool Audit::is_ours() const {
  const std::uint64_t count = size();
  try {
    return count == 0 || read(count - 1, count).size() == 1;
  } catch (const StorageError&) {
    return false;
  }
}

std::vector<AuditEntry> Audit::read(std::uint64_t from, std::uint64_t to) const {
  std::vector<AuditEntry> out;
  visit(from, [&](std::uint64_t index, const AuditEntry& entry) {
    if (index >= to || index != from + out.size()) return false;
    out.push_back(entry);
    return true;
  });
  if (from + out.size() < to)
    throw StorageError("record " + std::to_string(from + out.size()) +
                       " of the audit trail is missing");
  return out;
}

void Audit::for_each(
    const std::function<void(std::uint64_t index, const AuditEntry&)>& take) const {
  visit(0, [&](std::uint64_t index, const AuditEntry& entry) {
    take(index, entry);
    return true;
  });
}

void Audit::visit(std::uint64_t from,
                  const std::function<bool(std::uint64_t index, const AuditEntry&)>& take) const {
  database_.scan(Table::audit, {}, number_key(from), [&](ByteView key, ByteView sealed) {
    const std::uint64_t index = ByteReader(key).u64();
    return take(index, decode(unseal(key_, sealed, place(index))));
  });
}

}  // namespace bakhita::store
