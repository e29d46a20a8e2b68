// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <mutex>

#include "node/store/identifiers.h"

namespace bakhita::desk {

/// u32 feed ‖ u8 group ‖ u8 priority ‖ identifier[16]: rows sort in the order in which they are
/// asked.
enum class Priority : std::uint8_t { interactive = 0, scheduled = 1 };
Bytes queue_key(std::uint32_t feed, std::uint8_t group, Priority priority,
                const store::IdentifierHash& identifier);
/// All of a feed's group.
Bytes queue_prefix(std::uint32_t feed, std::uint8_t group);
Priority priority_of(ByteView key);
store::IdentifierHash identifier_of(ByteView key);

/// The lookups that wait, counted with the rows themselves: how many there are is known without
/// looking, after a crash too. Thread-safe.
class LookupQueue {
 public:
  explicit LookupQueue(store::Database& database);
  std::uint64_t waiting() const;
  std::uint64_t waiting(std::uint32_t feed) const;

  /// Changes that become durable together. While it lives nobody else changes the queue.
  class Edit {
   public:
    explicit Edit(LookupQueue& queue) : queue_(queue), lock_(queue.edit_mutex_) {}
    /// False when the row is there already.
    bool add(ByteView key, ByteView value);
    /// False when there is no such row.
    bool remove(ByteView key);
    /// Rows and counts, to be committed before the edit ends.
    store::Batch take();

   private:
    bool holds(const Bytes& key) const;
    LookupQueue& queue_;
    std::unique_lock<std::mutex> lock_;
    store::Batch batch_;
    std::map<Bytes, bool> changed_;  ///< is it there afterwards?
    std::map<std::uint32_t, std::int64_t> difference_;
  };

 private:
  store::Database& database_;
  std::mutex edit_mutex_;
  mutable std::mutex mutex_;  ///< of counts_
  std::map<std::uint32_t, std::uint64_t> counts_;
};

}  // namespace bakhita::desk
