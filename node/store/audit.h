// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "keys/secret_bytes.h"
#include "node/store/anchor.h"
#include "node/store/database.h"
#include "protocol/feed/merkle.h"

namespace bakhita::store {

/// One line of the audit trail. `object` is a keyed hash or a public id, never an identifier.
struct AuditEntry {
  std::string actor;   ///< operator's name, "node", or the first 16 digits of a peer's node id
  std::string action;  ///< "report.import", "report.read", "lookup.answer", …
  std::string object;
  std::string purpose;     ///< reason, purpose code, case hash
  std::string outcome;     ///< "ok", or the refusal
  std::uint64_t time = 0;  ///< Unix seconds
  Bytes decision{};        ///< of the policy (protocol/policy/record.h); empty: none was asked for
};

/// How long the trail was, and its root then.
struct AuditHead {
  std::uint64_t size = 0;
  Hash root{};
};

/// The private Merkle log. `append` adds the sealed entry to the batch that carries the effect, so
/// both become durable together; when it cannot be written, the effect is not either.
class Audit {
 public:
  Audit(Database& database, Anchor& anchor, ByteView key);
  /// Commits `batch` with the entry in it. One writer at a time: the tree follows commit order.
  void commit(Batch batch, const AuditEntry& entry);
  /// The same with several entries, in order.
  void commit(Batch batch, std::span<const AuditEntry> entries);
  /// Puts the newest head into the anchor: at every stop, and before a signature.
  void flush_anchor();
  std::uint64_t size() const { return head().size; }
  Hash root() const { return head().root; }
  AuditHead head() const;
  /// Walks all records: AEAD, leaves, root against the anchor and against the heads that others
  /// kept. Returns a sentence, empty when sound.
  std::string verify(std::span<const AuditHead> witnessed = {}) const;
  std::vector<AuditEntry> read(std::uint64_t from, std::uint64_t to) const;
  /// Was the newest record sealed under the key? True when there is none.
  bool is_ours() const;
  /// All entries in order, one at a time.
  void for_each(const std::function<void(std::uint64_t index, const AuditEntry&)>& take) const;

 private:
  void visit(std::uint64_t from,
             const std::function<bool(std::uint64_t index, const AuditEntry&)>& take) const;

  mutable std::mutex mutex_;
  Database& database_;
  Anchor& anchor_;
  keys::SecretKey key_;
  Frontier frontier_;
};

}  // namespace bakhita::store
